package io.carillon.s3;

import io.carillon.http.Response;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Etags;
import io.carillon.s3.model.ObjectVersion;
import io.carillon.s3.model.StorageClass;
import io.carillon.s3.model.StoredChecksum;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Says about an object, in header fields, what readers and writers are told.
final class ObjectHeaders {
  private ObjectHeaders() {}

  /// To whoever wrote `version`.
  static Response written(Bucket bucket, ObjectVersion version) {
    Response answer =
        Response.of(200)
            .header("ETag", Etags.quoted(version.etag()))
            .header("x-amz-server-side-encryption", "AES256");
    version.findChecksum().ifPresent(checksum -> addChecksum(answer, checksum));
    String versionId = versionIdOfWrite(bucket, version);
    if (versionId != null) {
      answer.header("x-amz-version-id", versionId);
    }
    return answer;
  }

  /// The id that writers are told: while versioning is suspended they are told of none, and readers
  /// of `null`.
  static @Nullable String versionIdOfWrite(Bucket bucket, ObjectVersion version) {
    return bucket.everVersioned() && !version.named(ObjectVersion.NULL_VERSION)
        ? version.versionId()
        : null;
  }

  /// To whoever reads `version`, with an empty body.
  ///
  /// @param overrides what to say instead, by lower-case name, as `response-…` parameters ask: in
  ///   characters of ISO 8859-1, which is how they travel
  static Response read(
      int status, Bucket bucket, ObjectVersion version, Map<String, String> overrides) {
    Response answer =
        Response.of(status)
            .header("Last-Modified", RequestMetadata.httpDate(version.modified()))
            .header("ETag", Etags.quoted(version.etag()))
            .header("Accept-Ranges", "bytes")
            .header("x-amz-server-side-encryption", "AES256");
    addVersionId(answer, bucket, version);
    version
        .description()
        .headers()
        .forEach(
            (name, value) -> {
              if (!overrides.containsKey(name)) {
                answer.header(name, bytes(value));
              }
            });
    overrides.forEach(answer::header);
    version
        .description()
        .metadata()
        .forEach((name, value) -> answer.header("x-amz-meta-" + name, word(value)));
    StorageClass storage = version.description().storageClass();
    if (storage != StorageClass.STANDARD) {
      answer.header("x-amz-storage-class", storage.name());
    }
    int tags = version.description().tags().size();
    if (tags > 0) {
      answer.header("x-amz-tagging-count", String.valueOf(tags));
    }
    return answer;
  }

  /// Header fields hold a byte in each `char`; text travels in them as UTF-8.
  private static String bytes(String text) {
    return isAscii(text)
        ? text
        : new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  /// Metadata beyond ASCII is answered as RFC 2047 writes it, whichever way it came.
  ///
  /// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
  private static String word(String text) {
    return isAscii(text)
        ? text
        : "=?UTF-8?B?"
            + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8))
            + "?=";
  }

  private static boolean isAscii(String text) {
    return text.chars().allMatch(c -> c < 0x80);
  }

  static void addChecksum(Response answer, @Nullable StoredChecksum checksum) {
    if (checksum != null) {
      answer.header(checksum.algorithm().header(), checksum.value());
      answer.header("x-amz-checksum-type", checksum.type().name());
    }
  }

  static void addVersionId(Response answer, Bucket bucket, ObjectVersion version) {
    if (bucket.everVersioned()) {
      answer.header("x-amz-version-id", version.versionId());
    }
  }
}
