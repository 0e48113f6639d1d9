package io.carillon.s3;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.aws.checksum.ChecksumAlgorithm;
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
import io.carillon.s3.model.StoredChecksum.Type;
import io.carillon.s3.model.Uploads;
import io.carillon.s3.model.Uploads.Upload;
import io.carillon.s3.model.Uploads.UploadedPart;
import io.carillon.s3.model.Versions;
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
import java.util.function.Supplier;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/// CompleteMultipartUpload: makes an object of its parts and, in the same transaction, stores the
/// events this causes. The object takes the parts' bytes over as they lie; nothing is copied. What
/// ten thousand parts cost to read, check and write down is done before that transaction, which
/// only makes sure that no part came meanwhile.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
final class CompleteMultipartUpload {
  private static final int MOST_PARTS = 10_000;

  /// How often the parts are looked at beside the writer while others are still put in.
  private static final int MOST_LOOKS = 3;

  private final Database database;
  private final Buckets buckets;
  private final ContentStore contents;
  private final Versions versions;
  private final Uploads uploads;
  private final Notifications notifications;
  private final Supplier<URI> endpoint;
  private final long minPartBytes;

  /// @param minPartBytes the least that any part but the last may hold
  CompleteMultipartUpload(
      Database database,
      Buckets buckets,
      ContentStore contents,
      Versions versions,
      Uploads uploads,
      Notifications notifications,
      Supplier<URI> endpoint,
      long minPartBytes) {
    this.database = database;
    this.buckets = buckets;
    this.contents = contents;
    this.versions = versions;
    this.uploads = uploads;
    this.endpoint = endpoint;
    this.notifications = notifications;
    this.minPartBytes = minPartBytes;
  }

  static List<Need> needs(CompleteMultipartUploadRequest r) {
    Need put = Permissions.creating(r.bucket(), r.key());
    return Permissions.written(r.bucket(), r.key(), put, null, null, r.ifMatch(), r.ifNoneMatch());
  }

  CompleteMultipartUploadResponse run(Caller caller, CompleteMultipartUploadRequest input) {
    ObjectKey key = new ObjectKey(input.key());
    WritePreconditions conditions = new WritePreconditions(input.ifMatch(), input.ifNoneMatch());
    List<CompletedPart> listed =
        input.multipartUpload() == null ? List.of() : input.multipartUpload().parts();
    requireOrder(input, listed);

    for (int attempt = 0; ; attempt++) {
      String seal = attempt < MOST_LOOKS ? UUID.randomUUID().toString() : "";
      Optional<Plan> plan =
          seal.isEmpty() ? Optional.empty() : prepare(caller, input, key, conditions, listed, seal);
      Optional<CompleteMultipartUploadResponse> answer =
          database.write(
              tx -> {
                Bucket bucket =
                    buckets.require(tx, caller, input.bucket(), input.expectedBucketOwner());
                Optional<Upload> begun = uploads.find(tx, bucket, key, input.uploadId());
                if (begun.isEmpty()) {
                  return Optional.of(completedBefore(tx, caller, bucket, key, input, listed));
                }
                Upload upload = begun.get();
                check(tx, conditions, bucket, key, upload);
                if (!seal.isEmpty() && !uploads.isSealed(tx, upload, seal)) {
                  return Optional.empty(); // a part came meanwhile
                }
                Plan made = plan.isPresent() ? plan.get() : plan(tx, input, upload, listed);
                return Optional.of(complete(tx, caller, bucket, key, upload, made));
              });
      if (answer.isPresent()) {
        return answer.get();
      }
    }
  }

  /// What an object of parts is made of.
  private record Plan(
      List<Part> used,
      List<Part> leftOut,
      String etag,
      StoredChecksum checksum,
      ContentStore.Joined joined) {}

  /// Reads the parts beside the writer, having sealed the upload; empty if it is not there.
  private Optional<Plan> prepare(
      Caller caller,
      CompleteMultipartUploadRequest input,
      ObjectKey key,
      WritePreconditions conditions,
      List<CompletedPart> listed,
      String seal) {
    Optional<Upload> sealed =
        database.writeRelaxed(
            tx -> {
              Bucket bucket =
                  buckets.require(tx, caller, input.bucket(), input.expectedBucketOwner());
              Optional<Upload> begun = uploads.find(tx, bucket, key, input.uploadId());
              begun.ifPresent(
                  upload -> {
                    check(tx, conditions, bucket, key, upload);
                    uploads.seal(tx, upload, seal);
                  });
              return begun;
            });
    return sealed.map(upload -> database.read(snapshot -> plan(snapshot, input, upload, listed)));
  }

  private void check(
      Tx tx, WritePreconditions conditions, Bucket bucket, ObjectKey key, Upload upload) {
    conditions.check(() -> versions.live(tx, bucket, key), key);
    conditions.requireUntouched(() -> versions.live(tx, bucket, key), upload.begunOn(), key);
  }

  private Plan plan(
      Snapshot snapshot,
      CompleteMultipartUploadRequest input,
      Upload upload,
      List<CompletedPart> listed) {
    List<UploadedPart> uploaded = uploads.parts(snapshot, upload, 0, MOST_PARTS);
    List<Part> used = pick(upload, uploaded, listed);
    StoredChecksum checksum =
        StoredChecksum.ofParts(upload.algorithmOfObject(), upload.type(), used);
    requireAsAnnounced(input, upload, used, checksum);
    return new Plan(
        used,
        leftOut(uploaded, used),
        Etags.ofParts(used),
        checksum,
        contents.joining(upload.id(), shown(upload, used)));
  }

  private CompleteMultipartUploadResponse complete(
      Tx tx, Caller caller, Bucket bucket, ObjectKey key, Upload upload, Plan plan) {
    uploads.complete(tx, bucket, key, upload, plan.used(), plan.leftOut());
    ContentRef content = contents.join(tx, plan.joined());
    Draft draft = new Draft(plan.etag(), content, plan.checksum(), upload.description());
    ObjectVersion version = versions.put(tx, bucket, key, draft);
    notifications.objectCreated(
        tx, bucket, key, version, EventType.CREATED_COMPLETE_MULTIPART_UPLOAD, caller);
    return answer(caller, bucket, key, version);
  }

  /// A request without a body is told what it lacks; a document that lists nothing is malformed.
  private static void requireOrder(
      CompleteMultipartUploadRequest input, List<CompletedPart> listed) {
    if (input.multipartUpload() == null) {
      throw S3Error.INVALID_REQUEST.because("You must specify at least one part");
    }
    if (listed.isEmpty() || listed.size() > MOST_PARTS) {
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

  /// A client that did not hear the answer asks again. The object knows the upload it came from, so
  /// as long as it is the current version it is answered once more.
  private CompleteMultipartUploadResponse completedBefore(
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
        .map(version -> answer(caller, bucket, key, version))
        .orElseThrow(() -> S3Error.NO_SUCH_UPLOAD.with("UploadId", input.uploadId()));
  }

  private static boolean sameParts(List<Part> parts, List<CompletedPart> listed) {
    return parts.stream()
        .map(Part::etag)
        .toList()
        .equals(listed.stream().map(part -> Etags.unquoted(part.eTag())).toList());
  }

  private List<Part> pick(Upload upload, List<UploadedPart> uploaded, List<CompletedPart> listed) {
    Map<Integer, Part> byNumber = new HashMap<>();
    uploaded.forEach(one -> byNumber.put(one.part().number(), one.part()));
    List<Part> used = new ArrayList<>(listed.size());
    for (int i = 0; i < listed.size(); i++) {
      CompletedPart asked = listed.get(i);
      Part part = byNumber.get(asked.partNumber());
      if (part == null || !part.etag().equals(Etags.unquoted(asked.eTag()))) {
        throw invalidPart(upload, asked);
      }
      requireChecksum(upload, asked, part, i + 1);
      if (i < listed.size() - 1 && part.content().sizeBytes() < minPartBytes) {
        throw S3Error.ENTITY_TOO_SMALL
            .with("ProposedSize", String.valueOf(part.content().sizeBytes()))
            .with("MinSizeAllowed", String.valueOf(minPartBytes))
            .with("PartNumber", asked.partNumber().toString())
            .with("ETag", part.etag());
      }
      used.add(part);
    }
    return used;
  }

  private static AwsException invalidPart(Upload upload, CompletedPart asked) {
    return S3Error.INVALID_PART
        .with("UploadId", upload.id())
        .with("PartNumber", asked.partNumber().toString())
        .with("ETag", Etags.unquoted(asked.eTag()));
  }

  /// A composite checksum is of the parts' checksums, so the client must say all of them, and the
  /// parts must be numbered without gaps.
  private static void requireChecksum(Upload upload, CompletedPart asked, Part part, int position) {
    Map<ChecksumAlgorithm, String> given = ModelChecksums.in(asked);
    if (!given.isEmpty() && upload.algorithm() == null) {
      throw invalidPart(upload, asked); // parts have none unless the upload was begun with one
    }
    StoredChecksum stored = part.checksum();
    for (Map.Entry<ChecksumAlgorithm, String> one : given.entrySet()) {
      if (stored != null && one.getKey() == stored.algorithm()) {
        if (!one.getValue().equals(stored.value())) {
          throw invalidPart(upload, asked);
        }
      } else {
        throw S3Error.BAD_DIGEST.because(
            "The "
                + one.getKey().name().toLowerCase(Locale.ROOT)
                + " you specified for part "
                + asked.partNumber()
                + " did not match what we received.");
      }
    }
    if (upload.type() != Type.COMPOSITE) {
      return;
    }
    if (!given.containsKey(upload.algorithmOfObject())) {
      throw S3Error.INVALID_REQUEST.because(
          "The upload was created using a "
              + upload.algorithmOfObject().name().toLowerCase(Locale.ROOT)
              + " checksum. The complete request must include the checksum for each part. It was"
              + " missing for part "
              + asked.partNumber()
              + " in the request.");
    }
    if (asked.partNumber() != position) {
      throw S3Error.INVALID_REQUEST.because(
          "Parts with a composite checksum must be numbered consecutively from 1. Part "
              + position
              + " is missing.");
    }
  }

  private static void requireAsAnnounced(
      CompleteMultipartUploadRequest input,
      Upload upload,
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
                      || upload.type() == Type.COMPOSITE
                          && checksum.value().equals(value + "-" + used.size());
              if (!same) {
                throw S3Error.BAD_DIGEST.because(
                    "The " + algorithm + " you specified did not match the calculated checksum.");
              }
            });
  }

  /// The parts as readers see them: with checksums only where the upload was begun with an
  /// algorithm.
  private static List<Part> shown(Upload upload, List<Part> used) {
    return upload.algorithm() != null
        ? used
        : used.stream()
            .map(part -> new Part(part.number(), part.content(), part.etag(), null))
            .toList();
  }

  private static List<Part> leftOut(List<UploadedPart> uploaded, List<Part> used) {
    Set<Integer> numbers = used.stream().map(Part::number).collect(Collectors.toSet());
    return uploaded.stream()
        .map(UploadedPart::part)
        .filter(part -> !numbers.contains(part.number()))
        .toList();
  }

  private CompleteMultipartUploadResponse answer(
      Caller caller, Bucket bucket, ObjectKey key, ObjectVersion version) {
    CompleteMultipartUploadResponse.Builder answer =
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
    ModelChecksums.set(answer, version.checksum());
    version.findChecksum().ifPresent(checksum -> answer.checksumType(checksum.type().name()));
    return answer.versionId(ObjectHeaders.versionIdOfWrite(bucket, version)).build();
  }
}
