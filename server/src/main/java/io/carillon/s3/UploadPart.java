package io.carillon.s3;

import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.http.Request;
import io.carillon.http.Response;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.ByteRange;
import io.carillon.s3.model.ContentStore;
import io.carillon.s3.model.Etags;
import io.carillon.s3.model.ObjectKey;
import io.carillon.s3.model.ObjectVersion;
import io.carillon.s3.model.Part;
import io.carillon.s3.model.ReadPreconditions;
import io.carillon.s3.model.S3Error;
import io.carillon.s3.model.Uploads;
import io.carillon.s3.model.Uploads.UploadedPart;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.CopyPartResult;
import software.amazon.awssdk.services.s3.model.UploadPartCopyRequest;
import software.amazon.awssdk.services.s3.model.UploadPartCopyResponse;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/// UploadPart and UploadPartCopy: store one part of a multipart upload.
final class UploadPart {
  private static final int MAX_PARTS = 10_000;
  private static final Pattern RANGE = Pattern.compile("bytes=([0-9]{1,18})-([0-9]{1,18})");

  private final Database database;
  private final Buckets buckets;
  private final Bodies bodies;
  private final ContentStore contents;
  private final Uploads uploads;
  private final ReadObject objects;
  private final InstantSource clock;

  UploadPart(
      Database database,
      Buckets buckets,
      Bodies bodies,
      ContentStore contents,
      Uploads uploads,
      ReadObject objects,
      InstantSource clock) {
    this.database = database;
    this.buckets = buckets;
    this.bodies = bodies;
    this.contents = contents;
    this.uploads = uploads;
    this.objects = objects;
    this.clock = clock;
  }

  static List<Need> needs(UploadPartRequest r) {
    return List.of(Permissions.preparing(r.bucket(), r.key()));
  }

  static List<Need> needs(UploadPartCopyRequest r) {
    CopySource source = source(r);
    return List.of(
        source.need(),
        Permissions.preparing(r.destinationBucket(), r.destinationKey())
            .with("s3:x-amz-copy-source", source.conditionValues()));
  }

  /// The header as it arrived; `sourceBucket` and `sourceKey` are for clients.
  @SuppressWarnings("deprecation")
  private static CopySource source(UploadPartCopyRequest input) {
    return CopySource.parse(input.copySource());
  }

  Response send(Caller caller, UploadPartRequest input, Request http) throws IOException {
    Target target =
        target(
            caller,
            input.bucket(),
            input.expectedBucketOwner(),
            input.key(),
            input.uploadId(),
            input.partNumber());
    Uploads.Upload upload = database.read(snapshot -> require(snapshot, target));
    requireAlgorithm(upload, http);
    Bodies.Received received = bodies.receive(http, Optional.of(upload.algorithmOfObject()));

    store(target, received);
    Response response =
        Response.of(200)
            .header("ETag", Etags.quoted(received.etag()))
            .header("x-amz-server-side-encryption", "AES256");
    // S3's default checksum is not returned before the upload is completed.
    boolean returnsChecksum =
        upload.algorithm() != null || DeclaredChecksums.in(http.headers()).algorithm().isPresent();
    return returnsChecksum
        ? response.header(received.returned().algorithm().header(), received.returned().value())
        : response;
  }

  UploadPartCopyResponse copy(Caller caller, UploadPartCopyRequest input) {
    Target target =
        target(
            caller,
            input.destinationBucket(),
            input.expectedBucketOwner(),
            input.destinationKey(),
            input.uploadId(),
            input.partNumber());
    Uploads.Upload upload = database.read(snapshot -> require(snapshot, target));
    CopySource source = source(input);
    ReadObject.Found found = objects.findSource(caller, source, input.expectedSourceBucketOwner());
    ObjectVersion version = found.version();
    new ReadPreconditions(
            input.copySourceIfMatch(),
            input.copySourceIfUnmodifiedSince(),
            input.copySourceIfNoneMatch(),
            input.copySourceIfModifiedSince(),
            caller.time())
        .requireForCopy(version);
    ReadObject.requireCopyable(version);
    ByteRange range = range(input.copySourceRange(), version.sizeBytes());
    Bodies.Received received = copy(found, range, upload);

    UploadedPart stored = store(target, received);
    CopyPartResult.Builder result =
        CopyPartResult.builder()
            .eTag(Etags.quoted(received.etag()))
            .lastModified(stored.modified());
    if (upload.algorithm() != null) {
      ModelChecksums.set(result, received.checksum());
    }
    return UploadPartCopyResponse.builder()
        .copyPartResult(result.build())
        .copySourceVersionId(found.bucket().everVersioned() ? version.versionId() : null)
        .serverSideEncryption("AES256")
        .build();
  }

  /// The part that a request writes.
  private record Target(
      Caller caller,
      String bucket,
      @Nullable String expectedOwner,
      ObjectKey key,
      String uploadId,
      int number) {}

  private static Target target(
      Caller caller,
      String bucket,
      @Nullable String expectedOwner,
      String key,
      String uploadId,
      @Nullable Integer number) {
    if (number == null || number < 1 || number > MAX_PARTS) {
      throw S3Error.INVALID_ARGUMENT
          .because("Part number must be an integer between 1 and 10000, inclusive")
          .with("ArgumentName", "partNumber")
          .with("ArgumentValue", String.valueOf(number));
    }
    return new Target(caller, bucket, expectedOwner, new ObjectKey(key), uploadId, number);
  }

  private Uploads.Upload require(Snapshot snapshot, Target target) {
    return uploads.require(
        snapshot,
        buckets.require(snapshot, target.caller(), target.bucket(), target.expectedOwner()),
        target.key(),
        target.uploadId());
  }

  /// An upload that named a checksum algorithm accepts only parts with that algorithm.
  private static void requireAlgorithm(Uploads.Upload upload, Request http) {
    DeclaredChecksums.in(http.headers())
        .algorithm()
        .filter(sent -> upload.algorithm() != null && sent != upload.algorithm())
        .ifPresent(
            sent -> {
              throw S3Error.INVALID_REQUEST.because(
                  "Checksum Type mismatch occurred, expected checksum Type: "
                      + lower(String.valueOf(upload.algorithm()))
                      + ", actual checksum Type: "
                      + lower(sent.name()));
            });
  }

  private UploadedPart store(Target target, Bodies.Received received) {
    ContentStore.Prepared content = contents.prepare(received.newContent());
    return database.write(
        tx -> {
          Uploads.Upload upload =
              require(tx, target); // it may have ended while the body was received
          Part part =
              new Part(
                  target.number(), contents.put(tx, content), received.etag(), received.checksum());
          UploadedPart uploaded = new UploadedPart(part, clock.millis());
          uploads.put(tx, upload, uploaded);
          return uploaded;
        });
  }

  /// A part's ETag and checksum cover its own bytes, so these are read, and copied in the same
  /// pass.
  private Bodies.Received copy(ReadObject.Found found, ByteRange range, Uploads.Upload upload) {
    try (InputStream in = objects.open(found, range.offset(), range.lengthBytes())) {
      return bodies.copy(in, range.lengthBytes(), upload.algorithmOfObject());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ByteRange range(@Nullable String header, long sizeBytes) {
    if (header == null) {
      if (sizeBytes > Bodies.MAX_BYTES) {
        throw S3Error.INVALID_REQUEST.because(
            "The specified copy source is larger than the maximum allowable size for a copy source:"
                + " "
                + Bodies.MAX_BYTES);
      }
      return new ByteRange(0, sizeBytes);
    }
    Matcher matcher = RANGE.matcher(header);
    if (!matcher.matches() || Long.parseLong(matcher.group(1)) > Long.parseLong(matcher.group(2))) {
      throw S3Error.INVALID_ARGUMENT
          .because(
              "The x-amz-copy-source-range value must be of the form bytes=first-last where first"
                  + " and last are the zero-based offsets of the first and last bytes to copy")
          .with("ArgumentName", "x-amz-copy-source-range")
          .with("ArgumentValue", header);
    }
    long first = Long.parseLong(matcher.group(1));
    long last = Long.parseLong(matcher.group(2));
    if (first >= sizeBytes) {
      throw S3Error.INVALID_REQUEST.because(
          "The specified copy range is invalid for the source object size");
    }
    if (last >= sizeBytes || last - first >= Bodies.MAX_BYTES) {
      throw S3Error.INVALID_ARGUMENT
          .because("Range specified is not valid for source object of size: " + sizeBytes)
          .with("ArgumentName", "x-amz-copy-source-range")
          .with("ArgumentValue", header);
    }
    return new ByteRange(first, last - first + 1);
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }
}
