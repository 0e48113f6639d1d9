package io.carillon.s3;

import io.carillon.aws.Caller;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.S3Error;
import io.carillon.store.Database;
import io.carillon.store.KeyCodec;
import io.carillon.store.Table;
import io.carillon.store.Tx;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.services.s3.model.DeleteBucketTaggingRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketTaggingResponse;
import software.amazon.awssdk.services.s3.model.GetBucketTaggingRequest;
import software.amazon.awssdk.services.s3.model.GetBucketTaggingResponse;
import software.amazon.awssdk.services.s3.model.PutBucketTaggingRequest;
import software.amazon.awssdk.services.s3.model.PutBucketTaggingResponse;

/// The tags of buckets.
final class BucketTags {
  private record Row(Map<String, String> tags) {}

  private final Table<String, Row> table =
      Table.of("s3.bucketTags", KeyCodec.STRING, Row.class).guardedBy(Buckets.GUARD, 1);
  private final Database database;
  private final Buckets buckets;

  BucketTags(Database database, Buckets buckets) {
    this.database = database;
    this.buckets = buckets;
  }

  PutBucketTaggingResponse put(Caller caller, PutBucketTaggingRequest input) {
    if (input.tagging() == null) {
      throw S3Error.MALFORMED_XML.exception();
    }
    Map<String, String> tags = TagSets.ofBucket(input.tagging().tagSet());
    return database.write(
        tx -> {
          put(tx, buckets.require(tx, caller, input.bucket(), input.expectedBucketOwner()), tags);
          return PutBucketTaggingResponse.builder().build();
        });
  }

  GetBucketTaggingResponse get(Caller caller, GetBucketTaggingRequest input) {
    Optional<Row> row =
        database.read(
            snapshot -> {
              buckets.require(snapshot, caller, input.bucket(), input.expectedBucketOwner());
              return table.get(snapshot, input.bucket());
            });
    return GetBucketTaggingResponse.builder()
        .tagSet(
            TagSets.toModel(
                row.orElseThrow(() -> S3Error.NO_SUCH_TAG_SET.with("BucketName", input.bucket()))
                    .tags()))
        .build();
  }

  DeleteBucketTaggingResponse delete(Caller caller, DeleteBucketTaggingRequest input) {
    return database.write(
        tx -> {
          put(
              tx,
              buckets.require(tx, caller, input.bucket(), input.expectedBucketOwner()),
              Map.of());
          return DeleteBucketTaggingResponse.builder().build();
        });
  }

  void put(Tx tx, Bucket bucket, Map<String, String> tags) {
    if (tags.isEmpty()) {
      table.delete(tx, bucket.name());
    } else {
      table.put(tx, bucket.name(), new Row(tags));
    }
  }
}
