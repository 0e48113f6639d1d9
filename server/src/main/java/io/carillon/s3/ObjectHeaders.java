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

/// The response headers for readers and writers of an object.
final class ObjectHeaders {
  private ObjectHeaders() {}

  /// The response to a request that wrote `version`.
  static Response written(Bucket bucket, ObjectVersion version) {
    Response response =
        Response.of(200)
            .header("ETag", Etags.quoted(version.etag()))
            .header("x-amz-server-side-encryption", "AES256");
    version.findChecksum().ifPresent(checksum -> addChecksum(response, checksum));
    String versionId = versionIdOfWrite(bucket, version);
    if (versionId != null) {
      response.header("x-amz-version-id", versionId);
    }
    return response;
  }

  /// The version id in the response to a write: none while versioning is suspended, where readers
  /// get `null`.
  static @Nullable String versionIdOfWrite(Bucket bucket, ObjectVersion version) {
    return bucket.everVersioned() && !version.hasId(ObjectVersion.NULL_VERSION)
        ? version.versionId()
        : null;
  }

  /// The response to a request that reads `version`, with an empty body.
  ///
  /// @param overrides replacement headers by lower-case name, from `response-…` parameters; in ISO
  ///   8859-1, as they are sent
  static Response read(
      int status, Bucket bucket, ObjectVersion version, Map<String, String> overrides) {
    Response response =
        Response.of(status)
            .header("Last-Modified", RequestMetadata.httpDate(version.modified()))
            .header("ETag", Etags.quoted(version.etag()))
            .header("Accept-Ranges", "bytes")
            .header("x-amz-server-side-encryption", "AES256");
    addVersionId(response, bucket, version);
    version
        .description()
        .headers()
        .forEach(
            (name, value) -> {
              if (!overrides.containsKey(name)) {
                response.header(name, bytes(value));
              }
            });
    overrides.forEach(response::header);
    version
        .description()
        .metadata()
        .forEach((name, value) -> response.header("x-amz-meta-" + name, word(value)));
    StorageClass storage = version.description().storageClass();
    if (storage != StorageClass.STANDARD) {
      response.header("x-amz-storage-class", storage.name());
    }
    int tags = version.description().tags().size();
    if (tags > 0) {
      response.header("x-amz-tagging-count", String.valueOf(tags));
    }
    return response;
  }

  /// Header values hold one byte in each `char`; text is sent as UTF-8.
  private static String bytes(String text) {
    return isAscii(text)
        ? text
        : new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  /// Metadata beyond ASCII is returned in the encoding of RFC 2047, however it was sent.
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

  static void addChecksum(Response response, @Nullable StoredChecksum checksum) {
    if (checksum != null) {
      response.header(checksum.algorithm().header(), checksum.value());
      response.header("x-amz-checksum-type", checksum.type().name());
    }
  }

  static void addVersionId(Response response, Bucket bucket, ObjectVersion version) {
    if (bucket.everVersioned()) {
      response.header("x-amz-version-id", version.versionId());
    }
  }
}
