package io.carillon.s3;

import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.s3.ReadObject.OnDeleteMarker;
import io.carillon.s3.event.EventType;
import io.carillon.s3.event.Notifications;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.ObjectKey;
import io.carillon.s3.model.ObjectVersion;
import io.carillon.s3.model.S3Error;
import io.carillon.s3.model.Versions;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.DeleteObjectTaggingRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectTaggingResponse;
import software.amazon.awssdk.services.s3.model.GetObjectTaggingRequest;
import software.amazon.awssdk.services.s3.model.GetObjectTaggingResponse;
import software.amazon.awssdk.services.s3.model.PutObjectTaggingRequest;
import software.amazon.awssdk.services.s3.model.PutObjectTaggingResponse;

/// The tags of objects. Changing them does not create a version.
final class ObjectTags {
  private final Database database;
  private final Buckets buckets;
  private final Versions versions;
  private final ReadObject objects;
  private final Notifications notifications;

  ObjectTags(
      Database database,
      Buckets buckets,
      Versions versions,
      ReadObject objects,
      Notifications notifications) {
    this.database = database;
    this.buckets = buckets;
    this.versions = versions;
    this.objects = objects;
    this.notifications = notifications;
  }

  /// A version with its bucket.
  private record Tagged(Bucket bucket, ObjectVersion version) {
    @Nullable String shownVersionId() {
      return bucket.everVersioned() ? version.versionId() : null;
    }
  }

  static List<Need> needs(PutObjectTaggingRequest r) {
    Need put = Permissions.versioned("s3:PutObjectTagging", r.bucket(), r.key(), r.versionId());
    return List.of(
        r.tagging() == null
            ? put
            : Permissions.tagging(put, TagSets.ofObject(r.tagging().tagSet())));
  }

  PutObjectTaggingResponse put(Caller caller, PutObjectTaggingRequest input) {
    if (input.tagging() == null) {
      throw S3Error.MALFORMED_XML.exception();
    }
    Tagged tagged =
        change(
            caller,
            input.bucket(),
            input.expectedBucketOwner(),
            new ObjectKey(input.key()),
            input.versionId(),
            TagSets.ofObject(input.tagging().tagSet()),
            EventType.TAGGING_PUT);
    return PutObjectTaggingResponse.builder().versionId(tagged.shownVersionId()).build();
  }

  DeleteObjectTaggingResponse delete(Caller caller, DeleteObjectTaggingRequest input) {
    Tagged tagged =
        change(
            caller,
            input.bucket(),
            input.expectedBucketOwner(),
            new ObjectKey(input.key()),
            input.versionId(),
            Map.of(),
            EventType.TAGGING_DELETE);
    return DeleteObjectTaggingResponse.builder().versionId(tagged.shownVersionId()).build();
  }

  GetObjectTaggingResponse get(Caller caller, GetObjectTaggingRequest input) {
    ObjectKey key = new ObjectKey(input.key());
    Tagged tagged =
        database.read(
            snapshot ->
                find(
                    snapshot,
                    buckets.require(snapshot, caller, input.bucket(), input.expectedBucketOwner()),
                    key,
                    input.versionId(),
                    OnDeleteMarker.hasNoTags("GET")));
    return GetObjectTaggingResponse.builder()
        .versionId(tagged.shownVersionId())
        .tagSet(TagSets.toModel(tagged.version().description().tags()))
        .build();
  }

  private Tagged change(
      Caller caller,
      String bucketName,
      @Nullable String expectedOwner,
      ObjectKey key,
      @Nullable String versionId,
      Map<String, String> tags,
      EventType type) {
    return database.change(
        snapshot -> {
          Bucket bucket = buckets.require(snapshot, caller, bucketName, expectedOwner);
          String method = type == EventType.TAGGING_PUT ? "PUT" : "DELETE";
          Tagged found = find(snapshot, bucket, key, versionId, OnDeleteMarker.hasNoTags(method));
          ObjectVersion tagged = found.version().withTags(tags);
          return new Retagging(
              new Tagged(bucket, tagged),
              notifications.objectTagged(snapshot, bucket, key, tagged, type, caller));
        },
        (tx, retagging) -> {
          versions.replace(tx, retagging.tagged.bucket(), key, retagging.tagged.version());
          retagging.events.accept(tx);
          return retagging.tagged;
        });
  }

  /// @param events the effect that stores or delivers what the tagging causes
  private record Retagging(Tagged tagged, Consumer<Tx> events) {}

  /// A delete marker has no tags, whether it is addressed by its id or as the current version.
  private Tagged find(
      Snapshot snapshot,
      Bucket bucket,
      ObjectKey key,
      @Nullable String versionId,
      OnDeleteMarker onDeleteMarker) {
    return new Tagged(
        bucket,
        objects
            .version(snapshot, bucket, key, versionId, onDeleteMarker)
            .orElseThrow(() -> S3Error.NO_SUCH_KEY.with("Key", key.value())));
  }
}
