package io.carillon.s3;

import io.carillon.aws.Caller;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.OwnerId;
import io.carillon.s3.model.S3Error;
import io.carillon.store.Database;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import software.amazon.awssdk.services.s3.model.GetBucketAclRequest;
import software.amazon.awssdk.services.s3.model.GetBucketAclResponse;
import software.amazon.awssdk.services.s3.model.GetBucketLocationRequest;
import software.amazon.awssdk.services.s3.model.GetBucketLocationResponse;
import software.amazon.awssdk.services.s3.model.HeadBucketRequest;
import software.amazon.awssdk.services.s3.model.HeadBucketResponse;
import software.amazon.awssdk.services.s3.model.ListBucketsRequest;
import software.amazon.awssdk.services.s3.model.ListBucketsResponse;
import software.amazon.awssdk.services.s3.model.PutBucketAclRequest;
import software.amazon.awssdk.services.s3.model.PutBucketAclResponse;

/// ListBuckets, HeadBucket, GetBucketLocation and the ACL operations of buckets.
final class ListBuckets {
  private static final int MAX_BUCKETS = 10_000;

  private final Database database;
  private final Buckets buckets;

  ListBuckets(Database database, Buckets buckets) {
    this.database = database;
    this.buckets = buckets;
  }

  HeadBucketResponse head(Caller caller, HeadBucketRequest input) {
    Bucket bucket =
        database.read(s -> buckets.require(s, caller, input.bucket(), input.expectedBucketOwner()));
    return HeadBucketResponse.builder()
        .bucketRegion(bucket.region())
        .bucketArn(bucket.arn().toString())
        .accessPointAlias(false)
        .build();
  }

  /// Works for buckets of all regions, since clients find the region of a bucket with it. Buckets
  /// in us-east-1 have an empty constraint.
  GetBucketLocationResponse location(Caller caller, GetBucketLocationRequest input) {
    Bucket bucket =
        database.read(s -> buckets.requireAnywhere(s, input.bucket(), input.expectedBucketOwner()));
    return GetBucketLocationResponse.builder()
        .locationConstraint(bucket.locationConstraint())
        .build();
  }

  ListBucketsResponse list(Caller caller, ListBucketsRequest input) {
    int limit = input.maxBuckets() == null ? MAX_BUCKETS : input.maxBuckets();
    if (limit < 1 || limit > MAX_BUCKETS) {
      throw S3Error.INVALID_ARGUMENT
          .because("max-buckets must be between 1 and " + MAX_BUCKETS)
          .with("ArgumentName", "max-buckets")
          .with("ArgumentValue", String.valueOf(limit));
    }
    String after = input.continuationToken() == null ? "" : nameIn(input.continuationToken());
    String prefix = input.prefix() == null ? "" : input.prefix();
    List<Bucket> found =
        database.read(
            snapshot ->
                buckets.list(
                    snapshot,
                    caller.account().value(),
                    prefix,
                    after,
                    input.bucketRegion(),
                    limit + 1));
    boolean more = found.size() > limit;
    List<software.amazon.awssdk.services.s3.model.Bucket> shown = new ArrayList<>();
    for (Bucket bucket : more ? found.subList(0, limit) : found) {
      shown.add(
          software.amazon.awssdk.services.s3.model.Bucket.builder()
              .name(bucket.name())
              .creationDate(bucket.created())
              .bucketRegion(bucket.region())
              .bucketArn(bucket.arn().toString())
              .build());
    }
    ListBucketsResponse.Builder response =
        ListBucketsResponse.builder()
            .buckets(shown)
            .owner(o -> o.id(OwnerId.canonical(caller.account())))
            .prefix(input.prefix());
    if (more) {
      response.continuationToken(token(shown.getLast().name()));
    }
    return response.build();
  }

  /// Every bucket has the same ACL: full control for its owner.
  GetBucketAclResponse acl(Caller caller, GetBucketAclRequest input) {
    Bucket bucket =
        database.read(s -> buckets.require(s, caller, input.bucket(), input.expectedBucketOwner()));
    return GetBucketAclResponse.builder()
        .owner(o -> o.id(OwnerId.canonical(bucket.owner())))
        .grants(AccessControlLists.fullControl(bucket))
        .build();
  }

  /// Accepts only the ACL that the bucket already has.
  PutBucketAclResponse putAcl(Caller caller, PutBucketAclRequest input) {
    Bucket bucket =
        database.read(s -> buckets.require(s, caller, input.bucket(), input.expectedBucketOwner()));
    AccessControlLists.requireForAcl(
        caller, bucket, bucket.arn(), "s3:PutBucketAcl", input, input.accessControlPolicy());
    return PutBucketAclResponse.builder().build();
  }

  private static String token(String name) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(name.getBytes(StandardCharsets.UTF_8));
  }

  private static String nameIn(String token) {
    try {
      return new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException notOurs) {
      throw S3Error.INVALID_ARGUMENT
          .because("The continuation token provided is incorrect")
          .with("ArgumentName", "continuation-token");
    }
  }
}
