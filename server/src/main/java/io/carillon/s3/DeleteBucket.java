package io.carillon.s3;

import io.carillon.aws.Caller;
import io.carillon.s3.event.Notifications;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.S3Error;
import io.carillon.s3.model.Uploads;
import io.carillon.s3.model.Versions;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.s3.model.DeleteBucketRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketResponse;

/// DeleteBucket: deletes an empty bucket and frees its name. Delete markers and older versions
/// count as content; multipart uploads in progress do not and are aborted.
final class DeleteBucket {
  private static final int UPLOADS_PER_READ = 100;

  private final Database database;
  private final Buckets buckets;
  private final Versions versions;
  private final Uploads uploads;
  private final BucketTags tags;
  private final BucketPolicies policies;
  private final Notifications notifications;

  DeleteBucket(
      Database database,
      Buckets buckets,
      Versions versions,
      Uploads uploads,
      BucketTags tags,
      BucketPolicies policies,
      Notifications notifications) {
    this.database = database;
    this.buckets = buckets;
    this.versions = versions;
    this.uploads = uploads;
    this.tags = tags;
    this.policies = policies;
    this.notifications = notifications;
  }

  DeleteBucketResponse run(Caller caller, DeleteBucketRequest input) {
    while (true) {
      List<Uploads.Name> open =
          database.read(
              snapshot ->
                  uploads.list(snapshot, requireEmpty(snapshot, caller, input), UPLOADS_PER_READ));
      abort(open);
      if (open.isEmpty() && deleteUnlessBusy(caller, input)) {
        return DeleteBucketResponse.builder().build();
      }
    }
  }

  private void abort(List<Uploads.Name> open) {
    if (!open.isEmpty()) {
      database.write(
          tx -> {
            open.forEach(name -> uploads.abort(tx, name));
            return open;
          });
    }
  }

  /// @return false if another upload was created since the last abort
  private boolean deleteUnlessBusy(Caller caller, DeleteBucketRequest input) {
    return database.write(
        tx -> {
          Bucket bucket = requireEmpty(tx, caller, input);
          if (!uploads.list(tx, bucket, 1).isEmpty()) {
            return false;
          }
          tags.put(tx, bucket, Map.of());
          policies.delete(tx, bucket);
          notifications.delete(tx, bucket);
          buckets.delete(tx, bucket);
          return true;
        });
  }

  private Bucket requireEmpty(Snapshot snapshot, Caller caller, DeleteBucketRequest input) {
    Bucket bucket = buckets.require(snapshot, caller, input.bucket(), input.expectedBucketOwner());
    if (!versions.isEmpty(snapshot, bucket)) {
      throw S3Error.BUCKET_NOT_EMPTY
          .because(
              S3Error.BUCKET_NOT_EMPTY.message()
                  + (bucket.everVersioned() ? ". You must delete all versions in the bucket." : ""))
          .with("BucketName", bucket.name());
    }
    return bucket;
  }
}
