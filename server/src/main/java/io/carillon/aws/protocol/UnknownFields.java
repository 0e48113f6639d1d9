package io.carillon.aws.protocol;

import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import io.carillon.aws.checksum.ChecksumAlgorithm;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What becomes of the header fields and query parameters of an S3 request that its operation does
/// not have.
///
/// S3 overlooks them, and real clients count on that: s3fs sends `x-amz-metadata-directive` with
/// CreateMultipartUpload and `x-amz-acl` with every part. So they are overlooked here, and the log
/// says so once for each field and operation. Refused is what a client would rely on for the safety
/// of its data: encryption, object lock, checksums, and conditions.
final class UnknownFields {
  private static final Logger LOG = LoggerFactory.getLogger(UnknownFields.class);

  /// Clients choose the names of fields, so there may be any number of them.
  private static final int MOST_TOLD = 1000;

  private static final String OURS = "x-amz-";
  private static final String CHECKSUM = "x-amz-checksum-";
  private static final String CONDITION = "if-";
  private static final String ENCRYPTION = "x-amz-server-side-encryption";

  /// How the fields begin without which a request would do something else, or less safely.
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

  /// Fields that come with any request: they sign it, or say how its body travels.
  private static final Set<String> OF_ANY_REQUEST =
      Set.of(
          "x-amz-content-sha256",
          "x-amz-date",
          "x-amz-decoded-content-length",
          "x-amz-expected-bucket-owner",
          "x-amz-request-payer",
          "x-amz-sdk-checksum-algorithm",
          "x-amz-security-token",
          "x-amz-te", // what the sender could also read: the SDK for Java offers append-md5
          "x-amz-trailer",
          "x-amz-user-agent");

  /// What tells about checksums; the checksums themselves are judged with the body.
  private static final Set<String> ABOUT_CHECKSUMS =
      Set.of("x-amz-checksum-algorithm", "x-amz-checksum-type", "x-amz-checksum-mode");

  /// Where S3 itself refuses to be told of encryption, which is decided elsewhere.
  ///
  /// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, "Encryption"
  private static final Set<String> ENCRYPTED_BEFORE =
      Set.of("GetObject", "HeadObject", "UploadPart", "UploadPartCopy");

  private final Set<String> told = ConcurrentHashMap.newKeySet();
  private final Consumer<String> teller;

  UnknownFields() {
    this(LOG::info);
  }

  /// @param teller takes the lines for the log
  UnknownFields(Consumer<String> teller) {
    this.teller = teller;
  }

  /// @param shape of the operation's input, which does not have the field
  /// @param name of the field, in lower case
  /// @throws io.carillon.aws.AwsException NotImplemented, InvalidArgument or InvalidRequest, naming
  ///   the field
  void meet(Model.Entry operation, Shape shape, String name, String value) {
    if (name.startsWith(CONDITION)) {
      // A write that knows conditions must not be done without one of them.
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
    if (RELIED_ON.stream().anyMatch(name::startsWith) && !holdsAnyway(name, value)) {
      throw refusal(operation, name);
    }
    tellOnce(operation, "header field", name);
  }

  /// Senders append what they like to URLs, signed ones too: readers to get round caches, which is
  /// not worth a line, writers to find a request again.
  ///
  /// @param name of a query parameter that tells no operations apart
  /// @return true: it is overlooked
  boolean meetParameter(Model.Entry operation, String name) {
    if (!isRead(operation)) {
      tellOnce(operation, "query parameter", name);
    }
    return true;
  }

  private static boolean isRead(Model.Entry operation) {
    return operation.verb().equals("GET") || operation.verb().equals("HEAD");
  }

  /// Everything is encrypted with keys of ours; bucket keys only spare calls of KMS.
  private static boolean holdsAnyway(String name, String value) {
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

  private void tellOnce(Model.Entry operation, String kind, String name) {
    if (told.size() < MOST_TOLD && told.add(operation.name() + " " + kind + " " + name)) {
      teller.accept(
          "%s does not have the %s %s; it is overlooked, as S3 does"
              .formatted(operation.name(), kind, name));
    }
  }
}
