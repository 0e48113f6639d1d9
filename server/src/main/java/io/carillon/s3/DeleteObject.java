package io.carillon.s3;

import io.carillon.aws.Authorizer;
import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import io.carillon.aws.Need;
import io.carillon.base.Arn;
import io.carillon.s3.event.Notifications;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.Etags;
import io.carillon.s3.model.ObjectKey;
import io.carillon.s3.model.ObjectVersion;
import io.carillon.s3.model.S3Error;
import io.carillon.s3.model.Versions;
import io.carillon.s3.model.Versions.NewVersion;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectResponse;
import software.amazon.awssdk.services.s3.model.DeleteObjectsRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.DeletedObject;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;

/// DeleteObject and DeleteObjects: delete versions or add delete markers and, in the same
/// transaction, store the events this causes.
final class DeleteObject {
  private static final int MAX_OBJECTS = 1000;

  /// How many objects one transaction deletes; a longer one would block all other writers.
  private static final int OBJECTS_PER_TRANSACTION = 100;

  private final Database database;
  private final Buckets buckets;
  private final Versions versions;
  private final Notifications notifications;
  private final Authorizer authorizer;

  DeleteObject(
      Database database,
      Buckets buckets,
      Versions versions,
      Notifications notifications,
      Authorizer authorizer) {
    this.database = database;
    this.buckets = buckets;
    this.versions = versions;
    this.notifications = notifications;
    this.authorizer = authorizer;
  }

  /// One object to delete.
  ///
  /// @param etag delete only if the version has this ETag; `*` only if there is a version
  /// @param modified delete only if the version was written at this time
  /// @param sizeBytes delete only if the version has this size
  private record Target(
      ObjectKey key,
      @Nullable String versionId,
      @Nullable String etag,
      @Nullable Instant modified,
      @Nullable Long sizeBytes) {}

  static List<Need> needs(DeleteObjectRequest r) {
    return needs(r.bucket(), r.key(), r.versionId(), r.ifMatch());
  }

  DeleteObjectResponse one(Caller caller, DeleteObjectRequest input) {
    Target target =
        new Target(
            new ObjectKey(input.key()),
            input.versionId(),
            input.ifMatch(),
            input.ifMatchLastModifiedTime(),
            input.ifMatchSize());
    return database.change(
        snapshot -> {
          Bucket bucket =
              buckets.require(snapshot, caller, input.bucket(), input.expectedBucketOwner());
          return plan(snapshot, bucket, target, caller);
        },
        (tx, deletion) -> {
          apply(tx, deletion);
          return response(target, deletion.removal);
        });
  }

  private static DeleteObjectResponse response(Target target, Versions.Removal removal) {
    DeleteObjectResponse.Builder response = DeleteObjectResponse.builder();
    switch (removal) {
      case Versions.Removal.Nothing _ -> response.versionId(target.versionId());
      case Versions.Removal.Hidden(NewVersion marker) ->
          response.deleteMarker(true).versionId(marker.version().versionId());
      case Versions.Removal.Gone(ObjectVersion version, _) -> {
        if (target.versionId() != null) {
          response.versionId(version.versionId());
          if (version.deleteMarker()) {
            response.deleteMarker(true);
          }
        }
      }
    }
    return response.build();
  }

  /// Each object is authorized, checked and reported individually.
  DeleteObjectsResponse many(Caller caller, DeleteObjectsRequest input) {
    List<ObjectIdentifier> objects = input.delete() == null ? List.of() : input.delete().objects();
    if (objects.isEmpty()
        || objects.size() > MAX_OBJECTS
        || objects.stream().anyMatch(object -> object.key() == null)) {
      throw S3Error.MALFORMED_XML.exception();
    }
    database.read(s -> buckets.require(s, caller, input.bucket(), input.expectedBucketOwner()));
    boolean quiet = Boolean.TRUE.equals(input.delete().quiet());
    List<DeletedObject> deleted = new ArrayList<>();
    List<software.amazon.awssdk.services.s3.model.S3Error> errors = new ArrayList<>();
    boolean first = true;
    for (List<ObjectIdentifier> chunk : chunks(objects)) {
      List<Outcome> outcomes =
          first ? removeAll(caller, input, chunk) : removeMore(caller, input, chunk);
      first = false;
      for (Outcome outcome : outcomes) {
        switch (outcome) {
          case Outcome.Deleted(DeletedObject object, _) -> deleted.add(object);
          case Outcome.Failed(var error) -> errors.add(error);
        }
      }
    }
    return DeleteObjectsResponse.builder()
        .deleted(quiet ? List.of() : deleted)
        .errors(errors)
        .build();
  }

  /// The objects of each transaction. A key that is named twice is deleted by two, since the second
  /// deletion is planned on what the first one leaves.
  private static List<List<ObjectIdentifier>> chunks(List<ObjectIdentifier> objects) {
    List<List<ObjectIdentifier>> chunks = new ArrayList<>();
    Set<String> keys = new HashSet<>();
    int from = 0;
    for (int i = 0; i < objects.size(); i++) {
      if (i - from == OBJECTS_PER_TRANSACTION || !keys.add(objects.get(i).key())) {
        chunks.add(objects.subList(from, i));
        keys.clear();
        keys.add(objects.get(i).key());
        from = i;
      }
    }
    chunks.add(objects.subList(from, objects.size()));
    return chunks;
  }

  /// The result for one object of DeleteObjects.
  private sealed interface Outcome {
    record Deleted(DeletedObject object, Deletion deletion) implements Outcome {}

    record Failed(software.amazon.awssdk.services.s3.model.S3Error error) implements Outcome {}
  }

  private List<Outcome> removeAll(
      Caller caller, DeleteObjectsRequest input, List<ObjectIdentifier> objects) {
    return database.change(
        snapshot -> {
          Bucket bucket =
              buckets.require(snapshot, caller, input.bucket(), input.expectedBucketOwner());
          return objects.stream().map(object -> planOne(snapshot, bucket, object, caller)).toList();
        },
        (tx, outcomes) -> {
          for (Outcome outcome : outcomes) {
            if (outcome instanceof Outcome.Deleted(_, Deletion deletion)) {
              apply(tx, deletion);
            }
          }
          return outcomes;
        });
  }

  /// As [#removeAll], after a transaction has deleted others: an error of the whole request, such
  /// as that the access key was deleted in between, fails these objects only, since the caller has
  /// to learn what was deleted.
  private List<Outcome> removeMore(
      Caller caller, DeleteObjectsRequest input, List<ObjectIdentifier> objects) {
    try {
      return removeAll(caller, input, objects);
    } catch (AwsException refused) {
      AwsException why =
          refused.error() == CommonError.INVALID_CLIENT_TOKEN_ID
              ? CommonError.ACCESS_DENIED.because(
                  "The access key of this request was deleted or deactivated.")
              : refused;
      return objects.stream().map(object -> failed(object, why)).toList();
    }
  }

  private Outcome planOne(
      Snapshot snapshot, Bucket bucket, ObjectIdentifier object, Caller caller) {
    try {
      authorizer.require(
          snapshot, caller, needs(bucket.name(), object.key(), object.versionId(), object.eTag()));
      Target target =
          new Target(
              new ObjectKey(object.key()),
              object.versionId(),
              object.eTag(),
              object.lastModifiedTime(),
              object.size());
      Deletion deletion = plan(snapshot, bucket, target, caller);
      DeletedObject.Builder deleted =
          DeletedObject.builder().key(object.key()).versionId(object.versionId());
      switch (deletion.removal) {
        case Versions.Removal.Nothing(long sequence) -> {
          if (target.versionId() == null) {
            deletion =
                deletion.withEvents(
                    notifications.missingObjectRemoved(
                        snapshot, bucket, target.key(), sequence, caller));
          }
        }
        case Versions.Removal.Hidden(NewVersion marker) ->
            deleted.deleteMarker(true).deleteMarkerVersionId(marker.version().versionId());
        case Versions.Removal.Gone(ObjectVersion version, _) -> {
          if (version.deleteMarker()) {
            deleted.deleteMarker(true).deleteMarkerVersionId(version.versionId());
          }
        }
      }
      return new Outcome.Deleted(deleted.build(), deletion);
    } catch (AwsException refused) {
      if (refused.error() == CommonError.INVALID_CLIENT_TOKEN_ID) {
        throw refused; // the caller is gone, whatever the object
      }
      // A version id that was never issued is InvalidArgument elsewhere, but NoSuchVersion for an
      // object of DeleteObjects.
      return failed(
          object,
          Versions.VERSION_ID.equals(refused.members().get("ArgumentName"))
              ? S3Error.NO_SUCH_VERSION.exception()
              : refused);
    }
  }

  private static Outcome failed(ObjectIdentifier object, AwsException why) {
    return new Outcome.Failed(
        software.amazon.awssdk.services.s3.model.S3Error.builder()
            .key(object.key())
            .versionId(object.versionId())
            .code(why.error().code())
            .message(why.getMessage())
            .build());
  }

  /// @param events the effect that stores or delivers what the deletion causes
  private record Deletion(
      Bucket bucket, ObjectKey key, Versions.Removal removal, Consumer<Tx> events) {
    Deletion withEvents(Consumer<Tx> other) {
      return new Deletion(bucket, key, removal, other);
    }
  }

  private Deletion plan(Snapshot snapshot, Bucket bucket, Target target, Caller caller) {
    check(snapshot, bucket, target);
    Versions.Removal removal =
        versions.planRemoval(snapshot, bucket, target.key(), target.versionId());
    return new Deletion(
        bucket,
        target.key(),
        removal,
        notifications.objectRemoved(snapshot, bucket, target.key(), removal, caller));
  }

  private void apply(Tx tx, Deletion deletion) {
    versions.remove(tx, deletion.bucket, deletion.key, deletion.removal);
    deletion.events.accept(tx);
  }

  private void check(Snapshot snapshot, Bucket bucket, Target target) {
    if (target.etag() == null && target.modified() == null && target.sizeBytes() == null) {
      return;
    }
    Optional<ObjectVersion> found =
        target.versionId() == null
            ? versions.head(snapshot, bucket, target.key())
            : versions.find(snapshot, bucket, target.key(), target.versionId());
    ObjectVersion version =
        found.orElseThrow(() -> S3Error.NO_SUCH_KEY.with("Key", target.key().value()));
    boolean holds =
        !version.deleteMarker()
            && (target.etag() == null || Etags.matches(target.etag(), version.etag()))
            && (target.modified() == null || target.modified().equals(version.modified()))
            && (target.sizeBytes() == null || target.sizeBytes() == version.sizeBytes());
    if (!holds) {
      throw S3Error.PRECONDITION_FAILED.with("Condition", "If-Match");
    }
  }

  /// Deleting by ETag reveals whether the object has it, so it needs s3:GetObject as well.
  private static List<Need> needs(
      String bucket, String key, @Nullable String versionId, @Nullable String etag) {
    List<Need> needs = new ArrayList<>(1);
    needs.add(Permissions.versioned("s3:DeleteObject", bucket, key, versionId));
    if (etag != null && !etag.equals("*")) {
      needs.add(Need.of("s3:GetObject", Arn.object(bucket, key)));
    }
    return needs;
  }
}
