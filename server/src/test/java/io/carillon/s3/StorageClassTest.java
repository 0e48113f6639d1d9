package io.carillon.s3;

import static io.carillon.s3.S3Fixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.aws.AwsException;
import io.carillon.http.Response;
import io.carillon.s3.model.ObjectMetadata;
import io.carillon.store.RowCodec;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.GetObjectAttributesRequest;
import software.amazon.awssdk.services.s3.model.GetObjectAttributesResponse;
import software.amazon.awssdk.services.s3.model.GetObjectTaggingRequest;
import software.amazon.awssdk.services.s3.model.GetObjectTaggingResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsRequest;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsRequest;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsRequest;
import software.amazon.awssdk.services.s3.model.ListObjectsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ListPartsRequest;
import software.amazon.awssdk.services.s3.model.ListPartsResponse;
import software.amazon.awssdk.services.s3.model.MetadataDirective;
import software.amazon.awssdk.services.s3.model.ObjectAttributes;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectTaggingRequest;
import software.amazon.awssdk.services.s3.model.Tag;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/// Storage classes are stored, returned and listed, and archived objects cannot be read.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html,
/// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
class StorageClassTest {
  private static final String BUCKET = "bucket";

  private final S3Fixture fixture = new S3Fixture();

  @BeforeEach
  void createBucket() {
    fixture.createBucket(BUCKET);
  }

  @ParameterizedTest
  @EnumSource(io.carillon.s3.model.StorageClass.class)
  void storageClassIsReturnedByEveryOperation(io.carillon.s3.model.StorageClass kept) {
    put("k", kept.name());

    assertThat(head("k").headers().find("x-amz-storage-class").orElse("STANDARD"))
        .isEqualTo(kept.name());
    assertThat(listed("k")).isEqualTo(kept.name());
    ListObjectsResponse first =
        fixture.call(fixture.alice, ListObjectsRequest.builder().bucket(BUCKET).build());
    assertThat(first.contents().getFirst().storageClassAsString()).isEqualTo(kept.name());
    ListObjectVersionsResponse versions =
        fixture.call(fixture.alice, ListObjectVersionsRequest.builder().bucket(BUCKET).build());
    assertThat(versions.versions().getFirst().storageClassAsString()).isEqualTo(kept.name());
    GetObjectAttributesResponse attributes =
        fixture.call(
            fixture.alice,
            GetObjectAttributesRequest.builder()
                .bucket(BUCKET)
                .key("k")
                .objectAttributes(ObjectAttributes.STORAGE_CLASS)
                .build());
    assertThat(attributes.storageClassAsString()).isEqualTo(kept.name());
  }

  @Test
  void standardClassIsNotInResponses() {
    put("named", "STANDARD");
    fixture.put(BUCKET, "unnamed", "x");

    assertThat(head("named").headers().contains("x-amz-storage-class")).isFalse();
    assertThat(head("unnamed").headers().contains("x-amz-storage-class")).isFalse();
    assertThat(listed("named")).isEqualTo("STANDARD");
    assertThat(listed("unnamed")).isEqualTo("STANDARD");
  }

  @ParameterizedTest
  @ValueSource(strings = {"COLD", "standard", "", "OUTPOSTS", "SNOW", "EXPRESS_ONEZONE"})
  void unknownStorageClassesAreRefused(String name) {
    assertRefused(() -> put("k", name), "InvalidStorageClass", 400);
    assertRefused(() -> copy("k", "copy", name), "InvalidStorageClass", 400);
    assertRefused(() -> begin("k", name), "InvalidStorageClass", 400);
  }

  @Test
  void copiesHaveTheRequestedStorageClass() {
    put("cold", "STANDARD_IA");

    copy("cold", "warm", null);
    copy("cold", "once", "ONEZONE_IA");
    copy("cold", "cold", "GLACIER_IR"); // to itself: allowed, because the class changes

    assertThat(listed("warm")).isEqualTo("STANDARD");
    assertThat(listed("once")).isEqualTo("ONEZONE_IA");
    assertThat(listed("cold")).isEqualTo("GLACIER_IR");
    fixture.call(
        fixture.alice,
        S3Fixture.copyOf(BUCKET + "/cold")
            .destinationBucket(BUCKET)
            .destinationKey("replaced")
            .metadataDirective(MetadataDirective.REPLACE)
            .storageClass("STANDARD_IA")
            .build());
    assertThat(listed("replaced")).isEqualTo("STANDARD_IA");
  }

  @Test
  void tagsDoNotChangeTheStorageClass() {
    put("k", "ONEZONE_IA");
    fixture.call(
        fixture.alice,
        PutObjectTaggingRequest.builder()
            .bucket(BUCKET)
            .key("k")
            .tagging(t -> t.tagSet(Tag.builder().key("a").value("b").build()))
            .build());

    assertThat(listed("k")).isEqualTo("ONEZONE_IA");
  }

  @Test
  void multipartUploadsKeepTheStorageClass() {
    String id = begin("k", "INTELLIGENT_TIERING");
    String etag =
        fixture.stream(
                fixture.alice,
                UploadPartRequest.builder()
                    .bucket(BUCKET)
                    .key("k")
                    .uploadId(id)
                    .partNumber(1)
                    .build(),
                request("x".getBytes(StandardCharsets.UTF_8)))
            .headers()
            .find("ETag")
            .orElseThrow();

    ListPartsResponse parts =
        fixture.call(
            fixture.alice, ListPartsRequest.builder().bucket(BUCKET).key("k").uploadId(id).build());
    assertThat(parts.storageClassAsString()).isEqualTo("INTELLIGENT_TIERING");
    ListMultipartUploadsResponse uploads =
        fixture.call(fixture.alice, ListMultipartUploadsRequest.builder().bucket(BUCKET).build());
    assertThat(uploads.uploads().getFirst().storageClassAsString())
        .isEqualTo("INTELLIGENT_TIERING");
    fixture.call(
        fixture.alice,
        CompleteMultipartUploadRequest.builder()
            .bucket(BUCKET)
            .key("k")
            .uploadId(id)
            .multipartUpload(m -> m.parts(CompletedPart.builder().partNumber(1).eTag(etag).build()))
            .build());
    assertThat(listed("k")).isEqualTo("INTELLIGENT_TIERING");
    assertThat(fixture.get(BUCKET, "k")).isEqualTo("x");
  }

  @ParameterizedTest
  @ValueSource(strings = {"GLACIER", "DEEP_ARCHIVE"})
  void archivedObjectsCannotBeReadOrCopied(String archive) {
    put("k", archive);

    AwsException refused = assertRefused(() -> fixture.get(BUCKET, "k"), "InvalidObjectState", 403);
    assertThat(refused.members()).containsEntry("StorageClass", archive);
    assertRefused(() -> copy("k", "copy", null), "InvalidObjectState", 403);
    assertRefused(() -> copy("k", "k", "STANDARD"), "InvalidObjectState", 403);
    String id = begin("parts", null);
    assertRefused(
        () ->
            fixture.call(
                fixture.alice,
                S3Fixture.copyOfPart(BUCKET + "/k")
                    .destinationBucket(BUCKET)
                    .destinationKey("parts")
                    .uploadId(id)
                    .partNumber(1)
                    .build()),
        "InvalidObjectState",
        403);
    assertRefused(
        () -> fixture.service.read(fixture.alice, BUCKET, "k", null, 100),
        "InvalidObjectState",
        403);
    assertThat(head("k").status()).isEqualTo(200);
    GetObjectTaggingResponse tags =
        fixture.call(
            fixture.alice, GetObjectTaggingRequest.builder().bucket(BUCKET).key("k").build());
    assertThat(tags.tagSet()).isEmpty();
    assertThat(fixture.put(BUCKET, "k", "anew").status()).isEqualTo(200);
    assertThat(fixture.get(BUCKET, "k")).isEqualTo("anew");
  }

  /// A row from before storage classes were stored.
  private record RowBeforeStorageClasses(
      Map<String, String> headers, Map<String, String> metadata, Map<String, String> tags) {}

  @Test
  void rowsFromBeforeStorageClassesAreStandard() {
    byte[] row =
        RowCodec.of(RowBeforeStorageClasses.class)
            .encode(new RowBeforeStorageClasses(Map.of("a", "b"), Map.of(), Map.of()));

    ObjectMetadata read = RowCodec.of(ObjectMetadata.class).decode(row);

    assertThat(read.storageClass()).isEqualTo(io.carillon.s3.model.StorageClass.STANDARD);
    assertThat(RowCodec.of(ObjectMetadata.class).encode(read)).isEqualTo(row);
  }

  private void put(String key, String storageClass) {
    fixture.stream(
        fixture.alice,
        PutObjectRequest.builder().bucket(BUCKET).key(key).storageClass(storageClass).build(),
        request("x".getBytes(StandardCharsets.UTF_8)));
  }

  private void copy(String from, String to, @Nullable String storageClass) {
    fixture.call(
        fixture.alice,
        S3Fixture.copyOf(BUCKET + "/" + from)
            .destinationBucket(BUCKET)
            .destinationKey(to)
            .storageClass(storageClass)
            .build());
  }

  private String begin(String key, @Nullable String storageClass) {
    CreateMultipartUploadResponse begun =
        fixture.call(
            fixture.alice,
            CreateMultipartUploadRequest.builder()
                .bucket(BUCKET)
                .key(key)
                .storageClass(storageClass)
                .build());
    return begun.uploadId();
  }

  private Response head(String key) {
    return fixture.stream(
        fixture.alice,
        HeadObjectRequest.builder().bucket(BUCKET).key(key).build(),
        request(new byte[0]));
  }

  private String listed(String key) {
    ListObjectsV2Response listed =
        fixture.call(
            fixture.alice, ListObjectsV2Request.builder().bucket(BUCKET).prefix(key).build());
    return listed.contents().getFirst().storageClassAsString();
  }

  private static AwsException assertRefused(ThrowingCallable call, String code, int status) {
    AwsException refused = catchThrowableOfType(AwsException.class, call);
    assertThat(refused).isNotNull();
    assertThat(refused.error().code()).isEqualTo(code);
    assertThat(refused.error().status()).isEqualTo(status);
    return refused;
  }
}
