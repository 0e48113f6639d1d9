package io.carillon.lambda;

import static io.carillon.lambda.LambdaError.INVALID_PARAMETER_VALUE;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import io.carillon.aws.Need;
import io.carillon.base.Arn;
import io.carillon.lambda.FunctionVersion.Deployment;
import io.carillon.lambda.runtime.BadArchiveException;
import io.carillon.lambda.runtime.CodeFolders;
import io.carillon.lambda.runtime.FunctionSpec;
import io.carillon.store.Blobs;
import io.carillon.store.Blobs.BlobRef;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;

/// Stores deployment packages, from the request or from S3, as blobs, and unpacks each once to
/// check it.
final class DeploymentPackages {
  /// Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
  static final int INLINE_LIMIT_BYTES = 50 << 20;

  private static final long ARCHIVE_LIMIT_BYTES = 262_144_000;

  private final Blobs blobs;
  private final CodeFolders folders;
  private final CodeSource source;

  DeploymentPackages(Blobs blobs, CodeFolders folders, CodeSource source) {
    this.blobs = blobs;
    this.folders = folders;
    this.source = source;
  }

  /// Refuses the kinds of packages that are not here.
  static void refuseUnsupported(
      @Nullable String imageUri,
      @Nullable String sourceKmsKeyArn,
      @Nullable Object s3ObjectStorageMode) {
    if (imageUri != null) {
      throw LambdaError.unsupported("ImageUri");
    }
    if (sourceKmsKeyArn != null) {
      throw LambdaError.unsupported("SourceKMSKeyArn");
    }
    if (s3ObjectStorageMode != null) {
      throw LambdaError.unsupported("S3ObjectStorageMode");
    }
  }

  /// Where a request says the package is.
  record CodeLocation(
      @Nullable SdkBytes zipFile,
      @Nullable String bucket,
      @Nullable String key,
      @Nullable String version) {
    /// The permission to read a package in S3.
    List<Need> needs() {
      if (bucket == null || key == null) {
        return List.of();
      }
      String action = version == null ? "s3:GetObject" : "s3:GetObjectVersion";
      return List.of(Need.of(action, Arn.object(bucket, key)).with("s3:VersionId", version));
    }
  }

  /// Stores a package. Afterwards a row must name and retain its blob, or else the sweep removes
  /// it.
  Deployment store(Caller caller, CodeLocation location) {
    try {
      Deployment deployment = upload(caller, location);
      check(deployment);
      return deployment;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Deployment upload(Caller caller, CodeLocation location) throws IOException {
    MessageDigest digest = sha256();
    try (InputStream in = open(caller, location);
        Blobs.Upload upload = blobs.begin()) {
      byte[] chunk = new byte[64 << 10];
      long total = 0;
      int count;
      while ((count = in.read(chunk)) >= 0) {
        total += count;
        if (total > ARCHIVE_LIMIT_BYTES) {
          throw tooLarge();
        }
        digest.update(chunk, 0, count);
        upload.write(chunk, 0, count);
      }
      BlobRef blob = upload.commit();
      return new Deployment(blob, HexFormat.of().formatHex(digest.digest()));
    }
  }

  private InputStream open(Caller caller, CodeLocation location) throws IOException {
    if (location.zipFile() != null) {
      if (location.bucket() != null || location.key() != null) {
        throw INVALID_PARAMETER_VALUE.because(
            "Please do not provide other FunctionCode parameters when providing a ZipFile.");
      }
      byte[] zip = location.zipFile().asByteArrayUnsafe();
      if (zip.length > INLINE_LIMIT_BYTES) {
        // Recorded: test_oversized_zipped_create_lambda of localstack/localstack
        throw CommonError.REQUEST_ENTITY_TOO_LARGE.because(
            "Zipped size must be smaller than " + INLINE_LIMIT_BYTES + " bytes");
      }
      return new ByteArrayInputStream(zip);
    }
    if (location.bucket() == null || location.key() == null) {
      throw INVALID_PARAMETER_VALUE.because("Please provide a source for function code.");
    }
    try {
      return source.open(
          caller, location.bucket(), location.key(), Optional.ofNullable(location.version()));
    } catch (AwsException e) {
      throw INVALID_PARAMETER_VALUE.because(
          "Error occurred while GetObject. S3 Error Code: %s. S3 Error Message: %s"
              .formatted(e.error().code(), e.getMessage()));
    }
  }

  private void check(Deployment deployment) throws IOException {
    try {
      folders.check(
          new FunctionSpec.Code(
              deployment.sha256(),
              () -> blobs.open(deployment.archive(), 0, deployment.archive().sizeBytes())));
    } catch (BadArchiveException e) {
      throw e.tooLarge()
          ? tooLarge()
          : INVALID_PARAMETER_VALUE.because(
              "Could not unzip uploaded file. Please check your file, then try to upload again. ("
                  + e.getMessage()
                  + ")");
    }
  }

  private static AwsException tooLarge() {
    return INVALID_PARAMETER_VALUE.because(
        "Unzipped size must be smaller than " + ARCHIVE_LIMIT_BYTES + " bytes");
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
