package io.carillon.s3;

import io.carillon.aws.Authorizer;
import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.ContentRef;
import io.carillon.s3.model.ContentStore;
import io.carillon.s3.model.ObjectKey;
import io.carillon.s3.model.ObjectVersion;
import io.carillon.s3.model.Part;
import io.carillon.s3.model.ReadableContent;
import io.carillon.s3.model.S3Error;
import io.carillon.s3.model.StorageClass;
import io.carillon.s3.model.Versions;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Finds the object version of a request, for all operations that read objects.
final class ReadObject {
  private final Database database;
  private final Buckets buckets;
  private final ContentStore contents;
  private final Versions versions;
  private final Authorizer authorizer;
  private final DamagedObjects damage;

  ReadObject(
      Database database,
      Buckets buckets,
      ContentStore contents,
      Versions versions,
      Authorizer authorizer,
      DamagedObjects damage) {
    this.database = database;
    this.buckets = buckets;
    this.contents = contents;
    this.versions = versions;
    this.authorizer = authorizer;
    this.damage = damage;
  }

  /// An object in one snapshot.
  ///
  /// @param parts none if the object was not uploaded in parts
  record Found(
      Bucket bucket,
      ObjectKey key,
      ObjectVersion version,
      List<Part> parts,
      ReadableContent content) {}

  /// Opens the bytes of an object. Damaged bytes are reported and not returned.
  InputStream open(Found found, long offset, long lengthBytes) throws IOException {
    return open(found.bucket().name(), found.key(), found.content(), offset, lengthBytes);
  }

  InputStream open(
      String bucket, ObjectKey key, ReadableContent content, long offset, long lengthBytes)
      throws IOException {
    return damage.open(bucket, key, () -> content.open(offset, lengthBytes));
  }

  /// @param withBytes whether to load the content
  /// @throws AwsException NoSuchKey, NoSuchVersion, and MethodNotAllowed for a delete marker;
  ///   AccessDenied instead of NoSuchKey for callers who may not list the bucket
  Found find(
      Caller caller,
      String bucketName,
      ObjectKey key,
      @Nullable String versionId,
      @Nullable String expectedOwner,
      boolean withBytes) {
    return find(
        caller,
        bucketName,
        key,
        versionId,
        expectedOwner,
        OnDeleteMarker.notAllowed("GET"),
        withBytes);
  }

  /// The same for the source of a copy, which may be in any region.
  Found findSource(Caller caller, CopySource source, @Nullable String expectedOwner) {
    try {
      return database
          .read(
              snapshot ->
                  find(
                      snapshot,
                      buckets.requireAnywhere(snapshot, source.bucket(), expectedOwner),
                      source.key(),
                      source.versionId(),
                      OnDeleteMarker.notACopySource(),
                      true))
          .orElseThrow(() -> missing(caller, source.bucket(), source.key()));
    } catch (AwsException e) {
      throw source.forCopySource(e);
    }
  }

  /// The object whose ACL is to be set.
  Found findForAcl(
      Caller caller,
      String bucketName,
      ObjectKey key,
      @Nullable String versionId,
      @Nullable String expectedOwner) {
    return find(
        caller, bucketName, key, versionId, expectedOwner, OnDeleteMarker.hasNoAcl("PUT"), false);
  }

  private Found find(
      Caller caller,
      String bucketName,
      ObjectKey key,
      @Nullable String versionId,
      @Nullable String expectedOwner,
      OnDeleteMarker onDeleteMarker,
      boolean withBytes) {
    return database
        .read(
            snapshot ->
                find(
                    snapshot,
                    buckets.require(snapshot, caller, bucketName, expectedOwner),
                    key,
                    versionId,
                    onDeleteMarker,
                    withBytes))
        .orElseThrow(() -> missing(caller, bucketName, key));
  }

  private Optional<Found> find(
      Snapshot snapshot,
      Bucket bucket,
      ObjectKey key,
      @Nullable String versionId,
      OnDeleteMarker onDeleteMarker,
      boolean withBytes) {
    return version(snapshot, bucket, key, versionId, onDeleteMarker)
        .map(
            version ->
                new Found(
                    bucket,
                    key,
                    version,
                    contents.partsOf(snapshot, version.content()),
                    contents.load(snapshot, withBytes ? version.content() : ContentRef.NONE)));
  }

  /// The errors of an operation for a delete marker, addressed by its id or as the current version.
  @FunctionalInterface
  interface OnDeleteMarker {
    AwsException named(ObjectVersion marker);

    default AwsException current(ObjectKey key, ObjectVersion marker) {
      return S3Error.NO_SUCH_KEY
          .with("Key", key.value())
          .withHeader("x-amz-delete-marker", "true")
          .withHeader("x-amz-version-id", marker.versionId());
    }

    static OnDeleteMarker notAllowed(String method) {
      return marker -> notAllowed(method, marker);
    }

    static OnDeleteMarker hasNoTags(String method) {
      return new OnDeleteMarker() {
        @Override
        public AwsException named(ObjectVersion marker) {
          return notAllowed(method, marker);
        }

        @Override
        public AwsException current(ObjectKey key, ObjectVersion marker) {
          return notAllowed(method, marker);
        }
      };
    }

    /// For a request without a version id, the error does not reveal the marker's.
    static OnDeleteMarker hasNoAcl(String method) {
      return new OnDeleteMarker() {
        @Override
        public AwsException named(ObjectVersion marker) {
          return notAllowed(method, marker);
        }

        @Override
        public AwsException current(ObjectKey key, ObjectVersion marker) {
          return methodNotAllowed(method);
        }
      };
    }

    static OnDeleteMarker notACopySource() {
      return _ ->
          S3Error.INVALID_REQUEST.because(
              "The source of a copy request may not specifically refer to a delete marker by"
                  + " version id.");
    }

    private static AwsException notAllowed(String method, ObjectVersion marker) {
      return methodNotAllowed(method)
          .withHeader("x-amz-delete-marker", "true")
          .withHeader("x-amz-version-id", marker.versionId())
          .withHeader("Last-Modified", RequestMetadata.httpDate(marker.modified()));
    }

    private static AwsException methodNotAllowed(String method) {
      return S3Error.METHOD_NOT_ALLOWED
          .with("Method", method)
          .with("ResourceType", "DeleteMarker")
          .withHeader("Allow", "DELETE");
    }
  }

  /// @throws AwsException NoSuchVersion; the error of `onDeleteMarker`
  Optional<ObjectVersion> version(
      Snapshot snapshot,
      Bucket bucket,
      ObjectKey key,
      @Nullable String versionId,
      OnDeleteMarker onDeleteMarker) {
    if (versionId != null) {
      ObjectVersion version =
          versions
              .find(snapshot, bucket, key, versionId)
              .orElseThrow(
                  () ->
                      S3Error.NO_SUCH_VERSION
                          .with("Key", key.value())
                          .with("VersionId", versionId));
      if (version.deleteMarker()) {
        throw onDeleteMarker.named(version);
      }
      return Optional.of(version);
    }
    Optional<ObjectVersion> head = versions.head(snapshot, bucket, key);
    if (head.isPresent() && head.get().deleteMarker()) {
      throw onDeleteMarker.current(key, head.get());
    }
    return head;
  }

  /// @throws AwsException InvalidObjectState where it would have to be restored first
  static void requireReadable(ObjectVersion version) {
    requireNotArchived(version, S3Error.INVALID_OBJECT_STATE.message());
  }

  /// @throws AwsException InvalidObjectState where it would have to be restored first
  static void requireCopyable(ObjectVersion version) {
    requireNotArchived(version, "Operation is not valid for the source object's storage class");
  }

  private static void requireNotArchived(ObjectVersion version, String message) {
    StorageClass storage = version.description().storageClass();
    if (storage.isArchive()) {
      throw S3Error.INVALID_OBJECT_STATE.because(message).with("StorageClass", storage.name());
    }
  }

  /// The error for a missing key: AccessDenied for a caller without s3:ListBucket. The check uses
  /// the key as `s3:prefix`, for policies that allow to list some prefixes only.
  AwsException missing(Caller caller, String bucket, ObjectKey key) {
    try {
      var _ =
          authorizer.authorizeOnce(
              caller, List.of(Permissions.listBucket(bucket).with("s3:prefix", key.value())));
    } catch (AwsException denied) {
      return denied;
    }
    return S3Error.NO_SUCH_KEY.with("Key", key.value());
  }
}
