package io.carillon.aws.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.aws.AwsException;
import io.carillon.aws.Specs;
import io.carillon.s3.S3Service;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Header fields that an S3 operation does not have: ignored as on AWS, with a log line, unless a
/// client relies on them for the safety of its data.
class UnknownFieldsTest {
  private static final Set<String> RELIED_ON =
      Set.of(
          "x-amz-bucket-object-lock-enabled",
          "x-amz-bucket-object-lock-token",
          "x-amz-copy-source-if-match",
          "x-amz-copy-source-if-modified-since",
          "x-amz-copy-source-if-none-match",
          "x-amz-copy-source-if-unmodified-since",
          "x-amz-copy-source-range",
          "x-amz-copy-source-server-side-encryption-customer-algorithm",
          "x-amz-copy-source-server-side-encryption-customer-key",
          "x-amz-copy-source-server-side-encryption-customer-key-md5",
          "x-amz-if-match-initiated-time",
          "x-amz-if-match-last-modified-time",
          "x-amz-if-match-size",
          "x-amz-object-lock-event-hold",
          "x-amz-object-lock-event-hold-duration-days",
          "x-amz-object-lock-event-hold-duration-years",
          "x-amz-object-lock-legal-hold",
          "x-amz-object-lock-mode",
          "x-amz-object-lock-retain-until-date",
          "x-amz-rename-source-if-match",
          "x-amz-rename-source-if-modified-since",
          "x-amz-rename-source-if-none-match",
          "x-amz-rename-source-if-unmodified-since",
          "x-amz-server-side-encryption",
          "x-amz-server-side-encryption-aws-kms-key-id",
          "x-amz-server-side-encryption-context",
          "x-amz-server-side-encryption-customer-algorithm",
          "x-amz-server-side-encryption-customer-key",
          "x-amz-server-side-encryption-customer-key-md5",
          "x-amz-write-offset-bytes");

  private final List<String> log = new ArrayList<>();
  private final UnknownFields fields = new UnknownFields(log::add);

  static List<Model.Entry> operations() {
    return Model.of(Specs.of("s3"));
  }

  private static Model.Entry operation(String name) {
    return operations().stream().filter(e -> e.name().equals(name)).findFirst().orElseThrow();
  }

  private static Shape shape(Model.Entry operation) {
    Shapes shapes = new Shapes();
    return shapes.of(shapes.builder(Marshallers.inputClass("s3", operation)));
  }

  /// Every `x-amz-…` field of any operation in the model.
  private static Set<String> ofTheModel() {
    Set<String> names = new TreeSet<>();
    operations().forEach(operation -> names.addAll(shape(operation).headers().keySet()));
    names.removeIf(name -> !name.startsWith("x-amz-"));
    return names;
  }

  private AwsException handle(String operation, String name, String value) {
    Model.Entry entry = operation(operation);
    return catchThrowableOfType(
        AwsException.class, () -> fields.handle(entry, shape(entry), name, value));
  }

  @ParameterizedTest
  @MethodSource("operations")
  void fieldsOfOtherOperationsAreIgnoredUnlessTheyProtectData(Model.Entry operation) {
    Shape shape = shape(operation);
    for (String name : ofTheModel()) {
      if (shape.headers().containsKey(name)) {
        continue;
      }
      AwsException refused =
          catchThrowableOfType(
              AwsException.class, () -> fields.handle(operation, shape, name, "value"));
      if (RELIED_ON.contains(name)) {
        assertThat(refused).as("%s of %s", name, operation).isNotNull();
        assertThat(refused.getMessage()).contains(name);
      } else {
        assertThat(refused).as("%s of %s", name, operation).isNull();
      }
    }
  }

  @Test
  void theProtectiveFieldsAreThoseOfTheModel() {
    assertThat(ofTheModel()).containsAll(RELIED_ON);
  }

  /// As recorded from s3fs 1.90, and an invented field.
  @ParameterizedTest
  @CsvSource({
    "CreateMultipartUpload, x-amz-metadata-directive",
    "CreateMultipartUpload, x-amz-copy-source",
    "UploadPart, x-amz-acl",
    "UploadPart, x-amz-meta-mode",
    "ListObjectsV2, x-amz-acl",
    "GetObject, x-amz-foo"
  })
  void ignoredFieldsAreLoggedOncePerOperation(String operation, String name) {
    assertThat(handle(operation, name, "x")).isNull();
    assertThat(handle(operation, name, "y")).isNull();
    assertThat(handle("HeadBucket", name, "x")).isNull();

    assertThat(log).hasSize(2);
    assertThat(log.getFirst()).contains(operation, name);
    assertThat(log.getLast()).contains("HeadBucket", name);
  }

  @Test
  void unknownQueryParametersAreLoggedOncePerWrite() {
    for (String name : List.of("customer", "customer", "other")) {
      assertThat(fields.handleParameter(operation("PutObject"), name)).isTrue();
      assertThat(fields.handleParameter(operation("GetObject"), name)).isTrue();
    }
    assertThat(log).hasSize(2);
    assertThat(log.getFirst()).contains("PutObject", "query parameter customer");
  }

  @Test
  void theNumberOfLoggedNamesIsBounded() {
    for (int i = 0; i < 3000; i++) {
      assertThat(handle("GetObject", "x-amz-" + i, "x")).isNull();
    }
    assertThat(log).hasSize(1000);
  }

  @ParameterizedTest
  @CsvSource({
    "GetObject, host",
    "GetObject, accept-encoding",
    "PutObject, x-amz-date",
    "PutObject, x-amz-checksum-algorithm",
    "ListObjects, x-amz-sdk-checksum-algorithm",
    "ListObjects, if-none-match",
    "CreateMultipartUpload, if-none-match",
    "UploadPart, if-match"
  })
  void meaninglessFieldsAreNotLogged(String operation, String name) {
    assertThat(handle(operation, name, "x")).isNull();
    assertThat(log).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "PutObject, if-modified-since",
    "PutObject, if-unmodified-since",
    "CopyObject, if-unmodified-since",
    "CompleteMultipartUpload, if-unmodified-since",
    "DeleteObject, if-none-match"
  })
  void unsupportedConditionsOfWritesAreRejected(String operation, String name) {
    AwsException refused = handle(operation, name, "x");

    assertThat(refused.error().code()).isEqualTo("NotImplemented");
    assertThat(refused).hasMessageContaining(name);
  }

  @Test
  void encryptionWithServerKeysIsAccepted() {
    String header = "x-amz-server-side-encryption";

    assertThat(handle("ListObjectsV2", header, "AES256")).isNull();
    assertThat(handle("CompleteMultipartUpload", header + "-bucket-key-enabled", "true")).isNull();
    assertThat(handle("ListObjectsV2", header, "aws:kms")).isNotNull();
  }

  /// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, "Encryption"
  @ParameterizedTest
  @CsvSource({"GetObject", "HeadObject", "UploadPart", "UploadPartCopy"})
  void encryptionFieldsAreRejectedWhereEncryptionIsAlreadySet(String operation) {
    AwsException refused = handle(operation, "x-amz-server-side-encryption", "AES256");

    assertThat(S3Service.SPEC.wires().getFirst().errors().translate(refused).error().code())
        .isEqualTo("InvalidArgument");
    assertThat(refused)
        .hasMessage("x-amz-server-side-encryption header is not supported for this operation.");
  }

  @Test
  void unknownChecksumAlgorithmsAreRejected() {
    assertThat(handle("PutBucketTagging", "x-amz-checksum-crc7", "x").error().status())
        .isEqualTo(400);
    assertThatCode(
            () ->
                fields.handle(
                    operation("GetObject"),
                    shape(operation("GetObject")),
                    "x-amz-checksum-crc7",
                    "x"))
        .doesNotThrowAnyException();
  }
}
