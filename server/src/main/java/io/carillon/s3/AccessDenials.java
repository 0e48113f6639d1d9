package io.carillon.s3;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.aws.Principal;
import io.carillon.base.Arn;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.S3Error;
import io.carillon.store.Snapshot;
import java.util.List;
import java.util.Optional;

/// The error for a denied caller. If the bucket does not exist, an anonymous caller gets
/// NoSuchBucket, since bucket names are not secret.
final class AccessDenials {
  private final Buckets buckets;

  AccessDenials(Buckets buckets) {
    this.buckets = buckets;
  }

  AwsException explain(Snapshot snapshot, Caller caller, List<Need> needs, AwsException denial) {
    if (!(caller.principal() instanceof Principal.Anonymous)) {
      return denial;
    }
    return needs.stream()
        .filter(need -> !need.action().equals("s3:CreateBucket"))
        .map(need -> Arn.tryParse(need.resource()).map(AccessDenials::bucketOf))
        .flatMap(Optional::stream)
        .filter(bucket -> buckets.find(snapshot, bucket).isEmpty())
        .findFirst()
        .map(bucket -> S3Error.NO_SUCH_BUCKET.with("BucketName", bucket))
        .orElse(denial);
  }

  private static String bucketOf(Arn arn) {
    String path = arn.resource();
    int slash = path.indexOf('/');
    return slash < 0 ? path : path.substring(0, slash);
  }
}
