package io.carillon.s3;

import io.carillon.aws.Authorizer;
import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
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
import io.carillon.s3.model.Versions.Removal;
import io.carillon.store.Database;
import io.carillon.store.Tx;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
    return database.write(
        tx -> {
          Bucket bucket = buckets.require(tx, caller, input.bucket(), input.expectedBucketOwner());
          Removal removal = remove(tx, bucket, target, caller);
          DeleteObjectResponse.Builder response = DeleteObjectResponse.builder();
          switch (removal) {
            case Removal.Nothing _ -> response.versionId(target.versionId());
            case Removal.Hidden(ObjectVersion marker) ->
                response.deleteMarker(true).versionId(marker.versionId());
            case Removal.Gone(ObjectVersion version, _) -> {
              if (target.versionId() != null) {
                response.versionId(version.versionId());
                if (version.deleteMarker()) {
                  response.deleteMarker(true);
                }
              }
            }
          }
          return response.build();
        });
  }

  /// Each object is authorized, checked and reported individually.
  DeleteObjectsResponse many(Caller caller, DeleteObjectsRequest input) {
    List<ObjectIdentifier> objects = input.delete() == null ? List.of() : input.delete().objects();
    if (objects.isEmpty() || objects.size() > MAX_OBJECTS) {
      throw S3Error.MALFORMED_XML.exception();
    }
    database.read(s -> buckets.require(s, caller, input.bucket(), input.expectedBucketOwner()));
    boolean quiet = Boolean.TRUE.equals(input.delete().quiet());
    List<DeletedObject> deleted = new ArrayList<>();
    List<software.amazon.awssdk.services.s3.model.S3Error> errors = new ArrayList<>();
    for (int from = 0; from < objects.size(); from += OBJECTS_PER_TRANSACTION) {
      List<ObjectIdentifier> chunk =
          objects.subList(from, Math.min(objects.size(), from + OBJECTS_PER_TRANSACTION));
      List<Outcome> outcomes = removeAll(caller, input, chunk);
      for (Outcome outcome : outcomes) {
        switch (outcome) {
          case Outcome.Deleted(DeletedObject object) -> deleted.add(object);
          case Outcome.Failed(var error) -> errors.add(error);
        }
      }
    }
    return DeleteObjectsResponse.builder()
        .deleted(quiet ? List.of() : deleted)
        .errors(errors)
        .build();
  }

  /// The result for one object of DeleteObjects.
  private sealed interface Outcome {
    record Deleted(DeletedObject object) implements Outcome {}

    record Failed(software.amazon.awssdk.services.s3.model.S3Error error) implements Outcome {}
  }

  private List<Outcome> removeAll(
      Caller caller, DeleteObjectsRequest input, List<ObjectIdentifier> objects) {
    List<Optional<AwsException>> denials =
        objects.stream().map(object -> denial(caller, input.bucket(), object)).toList();
    return database.write(
        tx -> {
          Bucket bucket = buckets.require(tx, caller, input.bucket(), input.expectedBucketOwner());
          List<Outcome> outcomes = new ArrayList<>();
          for (int i = 0; i < objects.size(); i++) {
            Optional<AwsException> denial = denials.get(i);
            outcomes.add(
                denial.isPresent()
                    ? failed(objects.get(i), denial.get())
                    : removeOne(tx, bucket, objects.get(i), caller));
          }
          return outcomes;
        });
  }

  private Optional<AwsException> denial(Caller caller, String bucket, ObjectIdentifier object) {
    if (object.key() == null) {
      throw S3Error.MALFORMED_XML.exception();
    }
    try {
      authorizer.require(caller, needs(bucket, object.key(), object.versionId(), object.eTag()));
      return Optional.empty();
    } catch (AwsException denied) {
      return Optional.of(denied);
    }
  }

  private Outcome removeOne(Tx tx, Bucket bucket, ObjectIdentifier object, Caller caller) {
    try {
      Target target =
          new Target(
              new ObjectKey(object.key()),
              object.versionId(),
              object.eTag(),
              object.lastModifiedTime(),
              object.size());
      DeletedObject.Builder deleted =
          DeletedObject.builder().key(object.key()).versionId(object.versionId());
      switch (remove(tx, bucket, target, caller)) {
        case Removal.Nothing(long sequence) -> {
          if (target.versionId() == null) {
            notifications.missingObjectRemoved(tx, bucket, target.key(), sequence, caller);
          }
        }
        case Removal.Hidden(ObjectVersion marker) ->
            deleted.deleteMarker(true).deleteMarkerVersionId(marker.versionId());
        case Removal.Gone(ObjectVersion version, _) -> {
          if (version.deleteMarker()) {
            deleted.deleteMarker(true).deleteMarkerVersionId(version.versionId());
          }
        }
      }
      return new Outcome.Deleted(deleted.build());
    } catch (AwsException refused) {
      // Conditions are checked before anything is changed. A version id that was never issued is
      // InvalidArgument elsewhere, but NoSuchVersion for an object of DeleteObjects.
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

  private Removal remove(Tx tx, Bucket bucket, Target target, Caller caller) {
    check(tx, bucket, target);
    Removal removal =
        target.versionId() == null
            ? versions.delete(tx, bucket, target.key())
            : versions.delete(tx, bucket, target.key(), target.versionId());
    notifications.objectRemoved(tx, bucket, target.key(), removal, caller);
    return removal;
  }

  private void check(Tx tx, Bucket bucket, Target target) {
    if (target.etag() == null && target.modified() == null && target.sizeBytes() == null) {
      return;
    }
    Optional<ObjectVersion> found =
        target.versionId() == null
            ? versions.head(tx, bucket, target.key())
            : versions.find(tx, bucket, target.key(), target.versionId());
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
