package io.carillon.s3;

import io.carillon.aws.Authorizer;
import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.aws.RequestAuthorization;
import io.carillon.aws.checksum.Checksum;
import io.carillon.aws.checksum.ChecksumAlgorithm;
import io.carillon.aws.checksum.Checksums;
import io.carillon.base.Arn;
import io.carillon.s3.ReadObject.OnDeleteMarker;
import io.carillon.s3.event.EventType;
import io.carillon.s3.event.Notifications;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.ContentRef;
import io.carillon.s3.model.ContentStore;
import io.carillon.s3.model.Etags;
import io.carillon.s3.model.ObjectKey;
import io.carillon.s3.model.ObjectMetadata;
import io.carillon.s3.model.ObjectVersion;
import io.carillon.s3.model.ObjectVersion.Draft;
import io.carillon.s3.model.ReadPreconditions;
import io.carillon.s3.model.ReadableContent;
import io.carillon.s3.model.S3Error;
import io.carillon.s3.model.StoredChecksum;
import io.carillon.s3.model.Versions;
import io.carillon.s3.model.Versions.NewVersion;
import io.carillon.s3.model.WritePreconditions;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CopyObjectResponse;
import software.amazon.awssdk.services.s3.model.CopyObjectResult;
import software.amazon.awssdk.services.s3.model.MetadataDirective;
import software.amazon.awssdk.services.s3.model.TaggingDirective;

/// CopyObject: makes an object version from another one. The copy shares the stored bytes of its
/// source, so its cost does not depend on their size. The copy of a multipart object has no parts:
/// its ETag, and a composite checksum, are computed again from the bytes.
final class CopyObject {
  private static final long MAX_SOURCE_BYTES = 5L << 30;

  private final Database database;
  private final Buckets buckets;
  private final ContentStore contents;
  private final Versions versions;
  private final ReadObject objects;
  private final Notifications notifications;
  private final Authorizer authorizer;

  CopyObject(
      Database database,
      Buckets buckets,
      ContentStore contents,
      Versions versions,
      ReadObject objects,
      Notifications notifications,
      Authorizer authorizer) {
    this.database = database;
    this.buckets = buckets;
    this.contents = contents;
    this.versions = versions;
    this.objects = objects;
    this.notifications = notifications;
    this.authorizer = authorizer;
  }

  static List<Need> needs(CopyObjectRequest r) {
    CopySource source = source(r);
    Need put =
        Permissions.creating(r.destinationBucket(), r.destinationKey())
            .with("s3:x-amz-copy-source", source.conditionValues())
            .with("s3:x-amz-metadata-directive", r.metadataDirectiveAsString())
            .with("s3:x-amz-acl", r.aclAsString())
            .with("s3:x-amz-storage-class", r.storageClassAsString())
            .with("s3:x-amz-server-side-encryption", r.serverSideEncryptionAsString())
            .with("s3:x-amz-website-redirect-location", r.websiteRedirectLocation());
    List<Need> needs =
        Permissions.writeNeeds(
            r.destinationBucket(),
            r.destinationKey(),
            put,
            r.tagging(),
            r.aclAsString(),
            r.ifMatch(),
            r.ifNoneMatch());
    needs.addFirst(source.need());
    return needs;
  }

  CopyObjectResponse run(Caller caller, CopyObjectRequest input) {
    requireDirectives(input);
    CopySource source = source(input);
    ObjectKey key = new ObjectKey(input.destinationKey());
    WritePreconditions conditions = new WritePreconditions(input.ifMatch(), input.ifNoneMatch());
    ObjectMetadata given = RequestMetadata.of(input);
    ObjectVersion seen =
        database
            .read(s -> source(s, caller, input, source))
            .orElseThrow(() -> objects.missing(caller, source.bucket(), source.key()));
    if (!seen.description().tags().isEmpty() && !replacesTags(input)) {
      requireTagsAllowed(caller, input, source);
    }
    // May read the whole source, so it is done before the transaction, which checks the source
    // again.
    Digests digests = digests(input, source, seen);

    return database.change(
        snapshot -> {
          Bucket bucket =
              buckets.require(
                  snapshot, caller, input.destinationBucket(), input.expectedBucketOwner());
          AccessControlLists.requireForObject(caller, bucket, key.value(), "s3:PutObject", input);
          ObjectVersion original =
              source(snapshot, caller, input, source)
                  .filter(now -> now.sequence() == seen.sequence())
                  .orElseThrow(() -> S3Error.OPERATION_ABORTED.with("Key", source.key().value()));
          Draft draft =
              new Draft(
                  digests.etag(),
                  original.content().joined(),
                  digests.checksum(),
                  metadataOfCopy(input, original.description(), given));
          NewVersion version = versions.plan(snapshot, bucket, key, draft);
          return new Copy(
              bucket,
              original,
              version,
              notifications.objectCreated(
                  snapshot, bucket, key, version.version(), EventType.CREATED_COPY, caller));
        },
        (tx, copy) -> {
          conditions.check(() -> versions.live(tx, copy.bucket, key), key);
          contents.share(tx, copy.original.content());
          versions.put(tx, copy.bucket, key, copy.version);
          copy.events.accept(tx);
          return response(tx, copy.bucket, source, copy.original, copy.version.version());
        });
  }

  /// @param bucket of the copy
  /// @param events the effect that stores or delivers what the copy causes
  private record Copy(
      Bucket bucket, ObjectVersion original, NewVersion version, Consumer<Tx> events) {}

  /// The header as it arrived; `sourceBucket` and `sourceKey` are for clients.
  @SuppressWarnings("deprecation")
  private static CopySource source(CopyObjectRequest input) {
    return CopySource.parse(input.copySource());
  }

  private static void requireDirectives(CopyObjectRequest input) {
    if (input.metadataDirective() == MetadataDirective.UNKNOWN_TO_SDK_VERSION
        || input.taggingDirective() == TaggingDirective.UNKNOWN_TO_SDK_VERSION) {
      throw S3Error.INVALID_ARGUMENT.because("Unknown metadata or tagging directive.");
    }
    CopySource source = source(input);
    boolean toItself =
        source.bucket().equals(input.destinationBucket())
            && source.key().value().equals(input.destinationKey())
            && source.versionId() == null;
    boolean changes =
        replacesMetadata(input)
            || input.storageClass() != null
            || input.websiteRedirectLocation() != null
            || input.serverSideEncryption() != null;
    if (toItself && !changes) {
      throw S3Error.INVALID_REQUEST.because(
          "This copy request is illegal because it is trying to copy an object to itself without"
              + " changing the object's metadata, storage class, website redirect location or"
              + " encryption attributes.");
    }
  }

  /// The source as it is now, which must meet the conditions. It may be in any region.
  private Optional<ObjectVersion> source(
      Snapshot snapshot, Caller caller, CopyObjectRequest input, CopySource source) {
    Bucket bucket =
        buckets.requireAnywhere(snapshot, source.bucket(), input.expectedSourceBucketOwner());
    Optional<ObjectVersion> found;
    try {
      found =
          objects.version(
              snapshot, bucket, source.key(), source.versionId(), OnDeleteMarker.notACopySource());
    } catch (AwsException e) {
      throw source.forCopySource(e);
    }
    found.ifPresent(version -> requireCopyable(caller, input, version));
    return found;
  }

  private static void requireCopyable(
      Caller caller, CopyObjectRequest input, ObjectVersion version) {
    new ReadPreconditions(
            input.copySourceIfMatch(),
            input.copySourceIfUnmodifiedSince(),
            input.copySourceIfNoneMatch(),
            input.copySourceIfModifiedSince(),
            caller.time())
        .requireForCopy(version);
    ReadObject.requireCopyable(version);
    if (version.sizeBytes() > MAX_SOURCE_BYTES) {
      throw S3Error.INVALID_REQUEST.because(
          "The specified copy source is larger than the maximum allowable size for a copy source: "
              + MAX_SOURCE_BYTES);
    }
  }

  private void requireTagsAllowed(Caller caller, CopyObjectRequest input, CopySource source) {
    RequestAuthorization.require(
        authorizer.authorize(
            caller,
            List.of(
                Permissions.versioned(
                    "s3:GetObjectTagging",
                    source.bucket(),
                    source.key().value(),
                    source.versionId()),
                Need.of(
                    "s3:PutObjectTagging",
                    Arn.object(input.destinationBucket(), input.destinationKey())))));
  }

  /// The ETag and checksum of the copy.
  private record Digests(String etag, @Nullable StoredChecksum checksum) {}

  private Digests digests(CopyObjectRequest input, CopySource source, ObjectVersion original) {
    String requested = input.checksumAlgorithmAsString();
    StoredChecksum known = original.checksum();
    ChecksumAlgorithm algorithm =
        requested != null
            ? ModelChecksums.algorithm(requested)
            : known == null ? null : known.algorithm();
    boolean reusable =
        algorithm == null
            || (known != null
                && known.algorithm() == algorithm
                && known.type() == StoredChecksum.Type.FULL_OBJECT);
    boolean inParts = original.content().kind() == ContentRef.Kind.PARTS;
    if (reusable && !inParts) {
      return new Digests(original.etag(), known);
    }
    MessageDigest md5 = Etags.md5();
    Checksums running = Checksums.of(reusable || algorithm == null ? Set.of() : Set.of(algorithm));
    read(source, original, md5, running);
    Map<ChecksumAlgorithm, Checksum> computed = running.finish();
    return new Digests(
        Etags.of(md5.digest()),
        reusable ? known : StoredChecksum.of(Objects.requireNonNull(computed.get(algorithm))));
  }

  private void read(
      CopySource source, ObjectVersion original, MessageDigest md5, Checksums running) {
    ReadableContent content = database.read(s -> contents.load(s, original.content()));
    try (InputStream in =
        objects.open(source.bucket(), source.key(), content, 0, original.sizeBytes())) {
      byte[] buffer = new byte[64 << 10];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        md5.update(buffer, 0, count);
        running.update(buffer, 0, count);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ObjectMetadata metadataOfCopy(
      CopyObjectRequest input, ObjectMetadata original, ObjectMetadata given) {
    ObjectMetadata base = replacesMetadata(input) ? given : original;
    Map<String, String> tags = replacesTags(input) ? given.tags() : original.tags();
    return base.withTags(tags).withStorage(given.storage());
  }

  private static boolean replacesMetadata(CopyObjectRequest input) {
    return input.metadataDirective() == MetadataDirective.REPLACE;
  }

  private static boolean replacesTags(CopyObjectRequest input) {
    return input.taggingDirective() == TaggingDirective.REPLACE;
  }

  private CopyObjectResponse response(
      Tx tx, Bucket bucket, CopySource source, ObjectVersion original, ObjectVersion copy) {
    CopyObjectResult.Builder result =
        CopyObjectResult.builder().eTag(Etags.quoted(copy.etag())).lastModified(copy.modified());
    ModelChecksums.set(result, copy.checksum());
    copy.findChecksum().ifPresent(checksum -> result.checksumType(checksum.type().name()));
    CopyObjectResponse.Builder response =
        CopyObjectResponse.builder()
            .copyObjectResult(result.build())
            .serverSideEncryption("AES256")
            .versionId(ObjectHeaders.versionIdOfWrite(bucket, copy));
    if (buckets.find(tx, source.bucket()).filter(Bucket::everVersioned).isPresent()) {
      response.copySourceVersionId(original.versionId());
    }
    return response.build();
  }
}
