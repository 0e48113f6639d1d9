package io.carillon.aws.protocol;

import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import io.carillon.aws.checksum.ChecksumAlgorithm;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Handles the header fields and query parameters of an S3 request that its operation does not
/// have.
///
/// S3 ignores them, and real clients depend on that: s3fs sends `x-amz-metadata-directive` with
/// CreateMultipartUpload and `x-amz-acl` with every part. So they are ignored here, with one log
/// line for each field and operation. Fields that a client would rely on for the safety of its data
/// are rejected: encryption, object lock, checksums, and conditions.
final class UnknownFields {
  private static final Logger LOG = LoggerFactory.getLogger(UnknownFields.class);

  /// Bounded, since clients choose the names of fields.
  private static final int MAX_LOGGED = 1000;

  private static final String OURS = "x-amz-";
  private static final String CHECKSUM = "x-amz-checksum-";
  private static final String CONDITION = "if-";
  private static final String ENCRYPTION = "x-amz-server-side-encryption";

  /// Prefixes of the fields that must not be ignored: without them a request would do something
  /// else, or less safely.
  private static final Set<String> RELIED_ON =
      Set.of(
          ENCRYPTION,
          "x-amz-copy-source-server-side-encryption-",
          "x-amz-object-lock-",
          "x-amz-bucket-object-lock-",
          "x-amz-copy-source-if-",
          "x-amz-copy-source-range",
          "x-amz-if-match-",
          "x-amz-rename-source-if-",
          "x-amz-write-offset-bytes");

  /// Fields that any request may have: they sign it, or describe its encoding.
  private static final Set<String> OF_ANY_REQUEST =
      Set.of(
          "x-amz-content-sha256",
          "x-amz-date",
          "x-amz-decoded-content-length",
          "x-amz-expected-bucket-owner",
          "x-amz-request-payer",
          "x-amz-sdk-checksum-algorithm",
          "x-amz-security-token",
          "x-amz-te", // encodings that the client accepts: the SDK for Java sends append-md5
          "x-amz-trailer",
          "x-amz-user-agent");

  /// Fields about checksums; the checksums themselves are verified with the body.
  private static final Set<String> ABOUT_CHECKSUMS =
      Set.of("x-amz-checksum-algorithm", "x-amz-checksum-type", "x-amz-checksum-mode");

  /// Operations for which S3 itself rejects encryption fields, since encryption is set elsewhere.
  ///
  /// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, "Encryption"
  private static final Set<String> ENCRYPTED_BEFORE =
      Set.of("GetObject", "HeadObject", "UploadPart", "UploadPartCopy");

  private final Set<String> logged = ConcurrentHashMap.newKeySet();
  private final Consumer<String> log;

  UnknownFields() {
    this(LOG::info);
  }

  /// @param log takes the log lines
  UnknownFields(Consumer<String> log) {
    this.log = log;
  }

  /// @param shape of the operation's input, which does not have the field
  /// @param name of the field, in lower case
  /// @throws io.carillon.aws.AwsException NotImplemented, InvalidArgument or InvalidRequest, naming
  ///   the field
  void handle(Model.Entry operation, Shape shape, String name, String value) {
    if (name.startsWith(CONDITION)) {
      // A conditional write must not run without one of its conditions.
      if (!isRead(operation) && shape.headers().containsKey("if-match")) {
        throw refusal(operation, name);
      }
      return;
    }
    if (!name.startsWith(OURS) || OF_ANY_REQUEST.contains(name)) {
      return;
    }
    if (name.startsWith(CHECKSUM)) {
      requireKnownChecksum(operation, name);
      return;
    }
    if (name.equals(ENCRYPTION) && ENCRYPTED_BEFORE.contains(operation.name())) {
      throw CommonError.INVALID_PARAMETER_VALUE
          .because(name + " header is not supported for this operation.")
          .with("ArgumentName", name)
          .with("ArgumentValue", value);
    }
    if (RELIED_ON.stream().anyMatch(name::startsWith) && !alreadyHolds(name, value)) {
      throw refusal(operation, name);
    }
    logOnce(operation, "header field", name);
  }

  /// Clients append parameters to URLs, even signed ones: reads to bypass caches, which is not
  /// logged, writes to identify a request.
  ///
  /// @param name of a query parameter that distinguishes no operations
  /// @return true: it is ignored
  boolean handleParameter(Model.Entry operation, String name) {
    if (!isRead(operation)) {
      logOnce(operation, "query parameter", name);
    }
    return true;
  }

  private static boolean isRead(Model.Entry operation) {
    return operation.verb().equals("GET") || operation.verb().equals("HEAD");
  }

  /// Everything is encrypted with the server's keys, so these hold already; bucket keys only reduce
  /// calls to KMS.
  private static boolean alreadyHolds(String name, String value) {
    return name.equals(ENCRYPTION)
        ? value.equals("AES256")
        : name.equals(ENCRYPTION + "-bucket-key-enabled");
  }

  private static void requireKnownChecksum(Model.Entry operation, String name) {
    if (!isRead(operation)
        && !ABOUT_CHECKSUMS.contains(name)
        && ChecksumAlgorithm.ofHeader(name).isEmpty()) {
      throw CommonError.VALIDATION
          .because("The algorithm type you specified in x-amz-checksum- header is invalid.")
          .with("Header", name);
    }
  }

  private static AwsException refusal(Model.Entry operation, String name) {
    return CommonError.NOT_IMPLEMENTED
        .because(operation.name() + " does not take the header field " + name + ".")
        .with("Header", name);
  }

  private void logOnce(Model.Entry operation, String kind, String name) {
    if (logged.size() < MAX_LOGGED && logged.add(operation.name() + " " + kind + " " + name)) {
      log.accept(
          "%s does not have the %s %s; it is ignored, as S3 does"
              .formatted(operation.name(), kind, name));
    }
  }
}
