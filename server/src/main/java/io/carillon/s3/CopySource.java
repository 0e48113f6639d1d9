package io.carillon.s3;

import io.carillon.aws.AwsException;
import io.carillon.aws.Need;
import io.carillon.s3.model.ObjectKey;
import io.carillon.s3.model.S3Error;
import io.carillon.s3.model.Versions;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The value of `x-amz-copy-source`: `bucket/key`, URL-encoded (so a `+` is a space), optionally
/// with a version id.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
record CopySource(String bucket, ObjectKey key, @Nullable String versionId) {
  private static final String HEADER = "x-amz-copy-source";
  private static final String VERSION = "?versionId=";

  /// @throws io.carillon.aws.AwsException InvalidArgument
  static CopySource parse(@Nullable String header) {
    if (header == null) {
      throw invalid("");
    }
    String path = header.startsWith("/") ? header.substring(1) : header;
    String versionId = null;
    int version = path.lastIndexOf(VERSION);
    if (version >= 0) {
      versionId = path.substring(version + VERSION.length());
      path = path.substring(0, version);
    }
    String decoded;
    try {
      decoded = URLDecoder.decode(path, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException notEncoded) {
      throw invalid(header);
    }
    int slash = decoded.indexOf('/');
    if (slash <= 0 || slash == decoded.length() - 1) {
      throw invalid(header);
    }
    return new CopySource(
        decoded.substring(0, slash), new ObjectKey(decoded.substring(slash + 1)), versionId);
  }

  /// An error about a version id, in the form for the version id of a copy source.
  ///
  /// Recorded from UploadPartCopy in 2026, in "Versioning Mix" (raw S3 responses for impossible
  /// version ids); for a malformed id CopyObject says only "Invalid Request" there.
  AwsException forCopySource(AwsException error) {
    return Versions.VERSION_ID.equals(error.members().get("ArgumentName"))
        ? S3Error.INVALID_ARGUMENT
            .because(error.getMessage())
            .with("ArgumentName", HEADER)
            .with("ArgumentValue", String.valueOf(versionId))
        : error;
  }

  Need need() {
    return Permissions.read(bucket, key.value(), versionId);
  }

  /// The values for policy conditions: clients send the header with or without a leading slash.
  List<String> conditionValues() {
    String path = bucket + "/" + key.value();
    return List.of(path, "/" + path);
  }

  private static RuntimeException invalid(String header) {
    return S3Error.INVALID_ARGUMENT
        .because("Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
        .with("ArgumentName", HEADER)
        .with("ArgumentValue", header);
  }
}
