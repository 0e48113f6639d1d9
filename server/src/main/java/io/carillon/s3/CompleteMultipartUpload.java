package io.carillon.s3;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.aws.checksum.ChecksumAlgorithm;
import io.carillon.kernel.Kernel;
import io.carillon.s3.event.EventType;
import io.carillon.s3.event.Notifications;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.ContentRef;
import io.carillon.s3.model.ContentStore;
import io.carillon.s3.model.Etags;
import io.carillon.s3.model.ObjectKey;
import io.carillon.s3.model.ObjectVersion;
import io.carillon.s3.model.ObjectVersion.Draft;
import io.carillon.s3.model.Part;
import io.carillon.s3.model.S3Error;
import io.carillon.s3.model.StoredChecksum;
import io.carillon.s3.model.Uploads;
import io.carillon.s3.model.Uploads.UploadedPart;
import io.carillon.s3.model.Versions;
import io.carillon.s3.model.Versions.NewVersion;
import io.carillon.s3.model.WritePreconditions;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/// CompleteMultipartUpload: makes an object of the parts and, in the same transaction, stores the
/// events this causes. The object takes over the stored parts; no bytes are copied. Reading,
/// checking and encoding up to ten thousand parts is done before that transaction, which only
/// verifies that no part was added meanwhile (optimistic locking).
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
final class CompleteMultipartUpload {
  private static final int MAX_PARTS = 10_000;

  /// How often the parts are read outside the write transaction before the transaction reads them
  /// itself.
  private static final int MAX_OPTIMISTIC_ATTEMPTS = 3;

  private final Database database;
  private final Buckets buckets;
  private final ContentStore contents;
  private final Versions versions;
  private final Uploads uploads;
  private final Notifications notifications;
  private final Supplier<URI> endpoint;
  private final long minPartBytes;

  /// @param minPartBytes the minimum size of every part but the last
  CompleteMultipartUpload(
      Kernel kernel,
      Buckets buckets,
      ContentStore contents,
      Versions versions,
      Uploads uploads,
      Notifications notifications,
      long minPartBytes) {
    this.database = kernel.database();
    this.buckets = buckets;
    this.contents = contents;
    this.versions = versions;
    this.uploads = uploads;
    this.endpoint = kernel.endpoint();
    this.notifications = notifications;
    this.minPartBytes = minPartBytes;
  }

  static List<Need> needs(CompleteMultipartUploadRequest r) {
    Need put = Permissions.creating(r.bucket(), r.key());
    return Permissions.writeNeeds(
        r.bucket(), r.key(), put, null, null, r.ifMatch(), r.ifNoneMatch());
  }

  CompleteMultipartUploadResponse run(Caller caller, CompleteMultipartUploadRequest input) {
    ObjectKey key = new ObjectKey(input.key());
    WritePreconditions conditions = new WritePreconditions(input.ifMatch(), input.ifNoneMatch());
    List<CompletedPart> listed =
        input.multipartUpload() == null ? List.of() : input.multipartUpload().parts();
    requireOrder(input, listed);

    for (int attempt = 0; ; attempt++) {
      String seal = attempt < MAX_OPTIMISTIC_ATTEMPTS ? UUID.randomUUID().toString() : "";
      Optional<Joined> joined =
          seal.isEmpty() ? Optional.empty() : prepare(caller, input, key, conditions, listed, seal);
      Optional<CompleteMultipartUploadResponse> response =
          database.change(
              snapshot -> {
                Bucket bucket =
                    buckets.require(snapshot, caller, input.bucket(), input.expectedBucketOwner());
                return new Completion(
                    bucket, joined.map(ready -> plan(snapshot, caller, bucket, key, ready)));
              },
              (tx, completion) -> {
                Bucket bucket = completion.bucket();
                Optional<Uploads.Upload> found = uploads.find(tx, bucket, key, input.uploadId());
                if (found.isEmpty()) {
                  return Optional.of(repeatCompletion(tx, caller, bucket, key, input, listed));
                }
                Uploads.Upload upload = found.get();
                check(tx, conditions, bucket, key, upload);
                if (!seal.isEmpty() && !uploads.isSealed(tx, upload, seal)) {
                  return Optional.empty(); // a part was added meanwhile
                }
                ToComplete object =
                    completion
                        .object()
                        .orElseGet(
                            () -> plan(tx, caller, bucket, key, join(tx, input, upload, listed)));
                return Optional.of(complete(tx, caller, bucket, key, object));
              });
      if (response.isPresent()) {
        return response.get();
      }
    }
  }

  /// The object to be made of the parts.
  ///
  /// @param unused the numbers of the parts that it does not contain
  private record Joined(
      Uploads.Upload upload, List<Integer> unused, Draft draft, ContentStore.Prepared content) {}

  /// @param events the effect that stores or delivers what the completion causes
  private record ToComplete(Joined joined, NewVersion version, Consumer<Tx> events) {}

  /// @param object empty if the parts are read in the transaction
  private record Completion(Bucket bucket, Optional<ToComplete> object) {}

  private ToComplete plan(
      Snapshot snapshot, Caller caller, Bucket bucket, ObjectKey key, Joined joined) {
    NewVersion version = versions.plan(snapshot, bucket, key, joined.draft());
    return new ToComplete(
        joined,
        version,
        notifications.objectCreated(
            snapshot,
            bucket,
            key,
            version.version(),
            EventType.CREATED_COMPLETE_MULTIPART_UPLOAD,
            caller));
  }

  /// Seals the upload and reads its parts outside the write transaction; empty if there is no such
  /// upload.
  private Optional<Joined> prepare(
      Caller caller,
      CompleteMultipartUploadRequest input,
      ObjectKey key,
      WritePreconditions conditions,
      List<CompletedPart> listed,
      String seal) {
    Optional<Uploads.Upload> sealed =
        database.writeRelaxed(
            tx -> {
              Bucket bucket =
                  buckets.require(tx, caller, input.bucket(), input.expectedBucketOwner());
              Optional<Uploads.Upload> found = uploads.find(tx, bucket, key, input.uploadId());
              found.ifPresent(
                  upload -> {
                    check(tx, conditions, bucket, key, upload);
                    uploads.seal(tx, upload, seal);
                  });
              return found;
            });
    return sealed.map(upload -> database.read(snapshot -> join(snapshot, input, upload, listed)));
  }

  private void check(
      Tx tx, WritePreconditions conditions, Bucket bucket, ObjectKey key, Uploads.Upload upload) {
    conditions.check(() -> versions.live(tx, bucket, key), key);
    conditions.requireUnchanged(() -> versions.live(tx, bucket, key), upload.begunOn(), key);
  }

  private Joined join(
      Snapshot snapshot,
      CompleteMultipartUploadRequest input,
      Uploads.Upload upload,
      List<CompletedPart> listed) {
    List<UploadedPart> uploaded = uploads.parts(snapshot, upload, 0, MAX_PARTS);
    List<Part> used = select(upload, uploaded, listed);
    StoredChecksum checksum =
        StoredChecksum.ofParts(upload.algorithmOfObject(), upload.type(), used);
    requireAsDeclared(input, upload, used, checksum);
    ContentStore.Prepared content = contents.prepareJoin(upload.id(), visible(upload, used));
    return new Joined(
        upload,
        unused(uploaded, used),
        new Draft(Etags.ofParts(used), content.content(), checksum, upload.description()),
        content);
  }

  private CompleteMultipartUploadResponse complete(
      Tx tx, Caller caller, Bucket bucket, ObjectKey key, ToComplete object) {
    Joined joined = object.joined();
    uploads.complete(tx, bucket, key, joined.upload(), joined.unused());
    contents.put(tx, joined.content());
    versions.put(tx, bucket, key, object.version());
    object.events().accept(tx);
    return response(caller, bucket, key, object.version().version());
  }

  /// A missing body is InvalidRequest, a body without parts is MalformedXML.
  private static void requireOrder(
      CompleteMultipartUploadRequest input, List<CompletedPart> listed) {
    if (input.multipartUpload() == null) {
      throw S3Error.INVALID_REQUEST.because("You must specify at least one part");
    }
    if (listed.isEmpty() || listed.size() > MAX_PARTS) {
      throw S3Error.MALFORMED_XML.exception();
    }
    int last = 0;
    for (CompletedPart part : listed) {
      if (part.partNumber() == null || part.eTag() == null) {
        throw S3Error.MALFORMED_XML.exception();
      }
      if (part.partNumber() <= last) {
        throw S3Error.INVALID_PART_ORDER.with("UploadId", input.uploadId());
      }
      last = part.partNumber();
    }
  }

  /// A client that did not receive the response retries. The object stores the id of its upload, so
  /// as long as it is the current version, the retry gets the same response.
  private CompleteMultipartUploadResponse repeatCompletion(
      Tx tx,
      Caller caller,
      Bucket bucket,
      ObjectKey key,
      CompleteMultipartUploadRequest input,
      List<CompletedPart> listed) {
    return versions
        .live(tx, bucket, key)
        .filter(version -> version.content().kind() == ContentRef.Kind.PARTS)
        .filter(version -> version.content().id().equals(input.uploadId()))
        .filter(version -> sameParts(contents.partsOf(tx, version.content()), listed))
        .map(version -> response(caller, bucket, key, version))
        .orElseThrow(() -> S3Error.NO_SUCH_UPLOAD.with("UploadId", input.uploadId()));
  }

  private static boolean sameParts(List<Part> parts, List<CompletedPart> listed) {
    return parts.stream()
        .map(Part::etag)
        .toList()
        .equals(listed.stream().map(part -> Etags.unquoted(part.eTag())).toList());
  }

  private List<Part> select(
      Uploads.Upload upload, List<UploadedPart> uploaded, List<CompletedPart> listed) {
    Map<Integer, Part> byNumber = new HashMap<>();
    uploaded.forEach(one -> byNumber.put(one.part().number(), one.part()));
    List<Part> used = new ArrayList<>(listed.size());
    for (int i = 0; i < listed.size(); i++) {
      CompletedPart listedPart = listed.get(i);
      Part part = byNumber.get(listedPart.partNumber());
      if (part == null || !part.etag().equals(Etags.unquoted(listedPart.eTag()))) {
        throw invalidPart(upload, listedPart);
      }
      requireChecksum(upload, listedPart, part, i + 1);
      if (i < listed.size() - 1 && part.content().sizeBytes() < minPartBytes) {
        throw S3Error.ENTITY_TOO_SMALL
            .with("ProposedSize", String.valueOf(part.content().sizeBytes()))
            .with("MinSizeAllowed", String.valueOf(minPartBytes))
            .with("PartNumber", listedPart.partNumber().toString())
            .with("ETag", part.etag());
      }
      used.add(part);
    }
    return used;
  }

  private static AwsException invalidPart(Uploads.Upload upload, CompletedPart listedPart) {
    return S3Error.INVALID_PART
        .with("UploadId", upload.id())
        .with("PartNumber", listedPart.partNumber().toString())
        .with("ETag", Etags.unquoted(listedPart.eTag()));
  }

  /// For a composite checksum, the client must send the checksum of every part, and part numbers
  /// must have no gaps.
  private static void requireChecksum(
      Uploads.Upload upload, CompletedPart listedPart, Part part, int position) {
    Map<ChecksumAlgorithm, String> given = ModelChecksums.in(listedPart);
    if (!given.isEmpty() && upload.algorithm() == null) {
      throw invalidPart(
          upload, listedPart); // parts have a checksum only if the upload named an algorithm
    }
    StoredChecksum stored = part.checksum();
    for (Map.Entry<ChecksumAlgorithm, String> one : given.entrySet()) {
      if (stored != null && one.getKey() == stored.algorithm()) {
        if (!one.getValue().equals(stored.value())) {
          throw invalidPart(upload, listedPart);
        }
      } else {
        throw S3Error.BAD_DIGEST.because(
            "The "
                + one.getKey().name().toLowerCase(Locale.ROOT)
                + " you specified for part "
                + listedPart.partNumber()
                + " did not match what we received.");
      }
    }
    if (upload.type() != StoredChecksum.Type.COMPOSITE) {
      return;
    }
    if (!given.containsKey(upload.algorithmOfObject())) {
      throw S3Error.INVALID_REQUEST.because(
          "The upload was created using a "
              + upload.algorithmOfObject().name().toLowerCase(Locale.ROOT)
              + " checksum. The complete request must include the checksum for each part. It was"
              + " missing for part "
              + listedPart.partNumber()
              + " in the request.");
    }
    if (listedPart.partNumber() != position) {
      throw S3Error.INVALID_REQUEST.because(
          "Parts with a composite checksum must be numbered consecutively from 1. Part "
              + position
              + " is missing.");
    }
  }

  private static void requireAsDeclared(
      CompleteMultipartUploadRequest input,
      Uploads.Upload upload,
      List<Part> used,
      StoredChecksum checksum) {
    long size = used.stream().mapToLong(part -> part.content().sizeBytes()).sum();
    if (input.mpuObjectSize() != null && input.mpuObjectSize() != size) {
      throw S3Error.INVALID_REQUEST.because(
          "The provided 'x-amz-mp-object-size' header value "
              + input.mpuObjectSize()
              + " does not match what was computed: "
              + size);
    }
    if (input.checksumTypeAsString() != null
        && !input.checksumTypeAsString().equals(upload.type().name())) {
      throw S3Error.INVALID_REQUEST.because(
          "The upload was created using the "
              + upload.type()
              + " checksum mode. The complete request must use the same checksum mode.");
    }
    ModelChecksums.in(input)
        .forEach(
            (algorithm, value) -> {
              if (algorithm != upload.algorithmOfObject()) {
                throw S3Error.INVALID_REQUEST.because(
                    "The upload was not created with the checksum algorithm " + algorithm + ".");
              }
              boolean same =
                  value.equals(checksum.value())
                      || (upload.type() == StoredChecksum.Type.COMPOSITE
                          && checksum.value().equals(value + "-" + used.size()));
              if (!same) {
                throw S3Error.BAD_DIGEST.because(
                    "The " + algorithm + " you specified did not match the calculated checksum.");
              }
            });
  }

  /// The parts as they are returned: with checksums only if the upload named an algorithm.
  private static List<Part> visible(Uploads.Upload upload, List<Part> used) {
    return upload.algorithm() != null
        ? used
        : used.stream()
            .map(part -> new Part(part.number(), part.content(), part.etag(), null))
            .toList();
  }

  private static List<Integer> unused(List<UploadedPart> uploaded, List<Part> used) {
    Set<Integer> numbers = used.stream().map(Part::number).collect(Collectors.toSet());
    return uploaded.stream()
        .map(uploadedPart -> uploadedPart.part().number())
        .filter(number -> !numbers.contains(number))
        .toList();
  }

  private CompleteMultipartUploadResponse response(
      Caller caller, Bucket bucket, ObjectKey key, ObjectVersion version) {
    CompleteMultipartUploadResponse.Builder response =
        CompleteMultipartUploadResponse.builder()
            .location(
                Locations.object(
                    caller.origin().orElseGet(() -> endpoint.get().toString()),
                    bucket.name(),
                    key.value()))
            .bucket(bucket.name())
            .key(key.value())
            .eTag(Etags.quoted(version.etag()))
            .serverSideEncryption("AES256");
    ModelChecksums.set(response, version.checksum());
    version.findChecksum().ifPresent(checksum -> response.checksumType(checksum.type().name()));
    return response.versionId(ObjectHeaders.versionIdOfWrite(bucket, version)).build();
  }
}
