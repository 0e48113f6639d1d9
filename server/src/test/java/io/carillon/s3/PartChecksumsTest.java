package io.carillon.s3;

import static io.carillon.s3.PutObjectTest.refused;
import static io.carillon.s3.S3Fixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.checksum.ChecksumAlgorithm;
import io.carillon.http.Response;
import io.carillon.s3.model.StoredChecksum;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CopyObjectResponse;
import software.amazon.awssdk.services.s3.model.CopyPartResult;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectAttributesParts;
import software.amazon.awssdk.services.s3.model.GetObjectAttributesRequest;
import software.amazon.awssdk.services.s3.model.GetObjectAttributesResponse;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.ListPartsRequest;
import software.amazon.awssdk.services.s3.model.ListPartsResponse;
import software.amazon.awssdk.services.s3.model.ObjectAttributes;
import software.amazon.awssdk.services.s3.model.UploadPartCopyResponse;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/// Checksums of parts, of multipart objects and of their copies.
class PartChecksumsTest {
  private static final int FIVE_MIB = 5 << 20;

  private final S3Fixture fixture = new S3Fixture();
  private final byte[] bytes = new byte[FIVE_MIB + 100];

  @BeforeEach
  void createBucket() {
    new Random(1).nextBytes(bytes);
    fixture.createBucket("bucket");
  }

  /// Parts are listed if they have checksums.
  ///
  /// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
  @Test
  void attributesListParts() {
    String upload = begin();
    complete(upload, twoParts(upload));

    GetObjectAttributesResponse attributes = attributes("k");

    assertThat(attributes.objectSize()).isEqualTo(bytes.length);
    assertThat(attributes.eTag()).endsWith("-2").doesNotContain("\"");
    assertThat(attributes.objectParts())
        .as("no checksums were requested")
        .isEqualTo(GetObjectAttributesParts.builder().totalPartsCount(2).build());
    assertThat(attributes.checksum().checksumCRC64NVME()).isNotNull();

    completeWithSha256();
    attributes = attributes("k");
    assertThat(attributes.checksum().checksumSHA256()).endsWith("-2");
    assertThat(attributes.checksum().checksumTypeAsString()).isEqualTo("COMPOSITE");
    assertThat(attributes.objectParts().totalPartsCount()).isEqualTo(2);
    assertThat(attributes.objectParts().isTruncated()).isTrue();
    assertThat(attributes.objectParts().parts())
        .singleElement()
        .satisfies(part -> assertThat(part.checksumSHA256()).isNotNull());
  }

  @Test
  void partsOfACompositeObjectHaveItsChecksumType() {
    completeWithSha256();
    Response part =
        fixture.stream(
            fixture.alice,
            GetObjectRequest.builder()
                .bucket("bucket")
                .key("k")
                .partNumber(1)
                .checksumMode("ENABLED")
                .build(),
            request(new byte[0]));
    assertThat(part.headers().first("x-amz-checksum-type")).isEqualTo("COMPOSITE");
    assertThat(part.headers().first("x-amz-checksum-sha256"))
        .isEqualTo(ChecksumAlgorithm.SHA256.of(Arrays.copyOf(bytes, FIVE_MIB)).base64());
  }

  /// A copy has no parts, even if its source has.
  ///
  /// Source:
  /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
  @Test
  void copiesOfMultipartObjectsHaveNoParts() throws Exception {
    completeWithSha256();
    CopyObjectResponse copied = copyTo("copy");
    fixture.call(fixture.alice, DeleteObjectRequest.builder().bucket("bucket").key("k").build());

    String md5 = HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes));
    assertThat(copied.copyObjectResult().eTag()).isEqualTo('"' + md5 + '"');
    assertThat(copied.copyObjectResult().checksumTypeAsString()).isEqualTo("FULL_OBJECT");
    assertThat(copied.copyObjectResult().checksumSHA256())
        .isEqualTo(ChecksumAlgorithm.SHA256.of(bytes).base64());
    GetObjectAttributesResponse attributes = attributes("copy");
    assertThat(attributes.objectParts()).isNull();
    assertThat(attributes.checksum().checksumTypeAsString()).isEqualTo("FULL_OBJECT");
    Response read = get("copy");
    assertThat(S3Fixture.bytes(read)).isEqualTo(bytes);
    Response first = part("copy", 1);
    assertThat(first.status()).isEqualTo(206);
    assertThat(first.headers().contains("x-amz-mp-parts-count")).isFalse();
    refused(() -> part("copy", 2), "InvalidPartNumber", 416);

    copyTo("copy of copy", "copy");
    fixture.call(fixture.alice, DeleteObjectRequest.builder().bucket("bucket").key("copy").build());
    assertThat(S3Fixture.bytes(get("copy of copy"))).isEqualTo(bytes);
    assertThat(fixture.blobs.references.values())
        .as("the copies share the bytes")
        .filteredOn(count -> count > 0)
        .containsExactly(1);
    fixture.call(
        fixture.alice, DeleteObjectRequest.builder().bucket("bucket").key("copy of copy").build());
    assertThat(fixture.blobs.references.values()).containsOnly(0);
  }

  @Test
  void copiesOfMultipartObjectsKeepAFullObjectChecksum() {
    String upload = begin();
    complete(upload, twoParts(upload));
    CopyObjectResponse copied = copyTo("copy");
    assertThat(copied.copyObjectResult().eTag()).doesNotContain("-");
    assertThat(copied.copyObjectResult().checksumCRC64NVME())
        .isEqualTo(ChecksumAlgorithm.CRC64NVME.of(bytes).base64());
  }

  /// Recorded: https://github.com/localstack/localstack/tree/main/tests/aws/services/s3,
  /// test_upload_part_copy_no_copy_source_range
  @Test
  void partChecksumsAreReturnedOnlyIfRequested() {
    fixture.put("bucket", "source", "0123456789");
    String plain = begin();
    send(plain, 2, new byte[1]);
    assertThat(ModelChecksums.in(copyPart(plain))).isEmpty();
    assertThat(listParts(plain).parts())
        .hasSize(2)
        .allSatisfy(part -> assertThat(ModelChecksums.in(part)).isEmpty());

    String upload = begin("CRC64NVME", "FULL_OBJECT");
    assertThat(copyPart(upload).checksumCRC64NVME()).isNotNull();
    assertThat(listParts(upload).parts().getFirst().checksumCRC64NVME()).isNotNull();
  }

  /// InvalidPart, as recorded by https://github.com/versity/versitygw
  @Test
  void partsHaveNoChecksumIfTheUploadNamedNone() {
    String upload = begin();
    CompletedPart part = send(upload, 1, new byte[1]);
    for (ChecksumAlgorithm algorithm :
        List.of(ChecksumAlgorithm.CRC32, ChecksumAlgorithm.CRC64NVME)) {
      CompletedPart.Builder with = part.toBuilder();
      ModelChecksums.set(with, StoredChecksum.of(algorithm.of(new byte[1])));
      refused(() -> complete(upload, List.of(with.build())), "InvalidPart", 400);
    }
    complete(upload, List.of(part));
  }

  private void completeWithSha256() {
    String upload = begin("SHA256", "COMPOSITE");
    complete(
        upload,
        List.of(
            send(upload, 1, Arrays.copyOf(bytes, FIVE_MIB), ChecksumAlgorithm.SHA256),
            send(
                upload,
                2,
                Arrays.copyOfRange(bytes, FIVE_MIB, bytes.length),
                ChecksumAlgorithm.SHA256)));
  }

  private String begin(String algorithm, String type) {
    CreateMultipartUploadResponse begun =
        fixture.call(
            fixture.alice,
            CreateMultipartUploadRequest.builder()
                .bucket("bucket")
                .key("k")
                .checksumAlgorithm(algorithm)
                .checksumType(type)
                .build());
    return begun.uploadId();
  }

  private CopyPartResult copyPart(String upload) {
    UploadPartCopyResponse response =
        fixture.call(
            fixture.alice,
            S3Fixture.copyOfPart("bucket/source")
                .destinationBucket("bucket")
                .destinationKey("k")
                .uploadId(upload)
                .partNumber(1)
                .build());
    return response.copyPartResult();
  }

  private ListPartsResponse listParts(String upload) {
    return fixture.call(
        fixture.alice,
        ListPartsRequest.builder().bucket("bucket").key("k").uploadId(upload).build());
  }

  private CopyObjectResponse copyTo(String key) {
    return copyTo(key, "k");
  }

  private CopyObjectResponse copyTo(String key, String source) {
    return fixture.call(
        fixture.alice,
        S3Fixture.copyOf("bucket/" + source.replace(" ", "%20"))
            .destinationBucket("bucket")
            .destinationKey(key)
            .build());
  }

  private Response get(String key) {
    return fixture.stream(
        fixture.alice,
        GetObjectRequest.builder().bucket("bucket").key(key).build(),
        request(new byte[0]));
  }

  private Response part(String key, int number) {
    return fixture.stream(
        fixture.alice,
        GetObjectRequest.builder().bucket("bucket").key(key).partNumber(number).build(),
        request(new byte[0]));
  }

  private GetObjectAttributesResponse attributes(String key) {
    return fixture.call(
        fixture.alice,
        GetObjectAttributesRequest.builder()
            .bucket("bucket")
            .key(key)
            .objectAttributes(ObjectAttributes.knownValues())
            .maxParts(1)
            .build());
  }

  private List<CompletedPart> twoParts(String upload) {
    return List.of(
        send(upload, 1, Arrays.copyOf(bytes, FIVE_MIB)),
        send(upload, 2, Arrays.copyOfRange(bytes, FIVE_MIB, bytes.length)));
  }

  private String begin() {
    CreateMultipartUploadResponse begun =
        fixture.call(
            fixture.alice,
            CreateMultipartUploadRequest.builder().bucket("bucket").key("k").build());
    return begun.uploadId();
  }

  private CompletedPart send(String upload, int number, byte[] part) {
    Response response = fixture.stream(fixture.alice, uploadPart(upload, number), request(part));
    return CompletedPart.builder()
        .partNumber(number)
        .eTag(response.headers().first("ETag"))
        .build();
  }

  private CompletedPart send(String upload, int number, byte[] part, ChecksumAlgorithm algorithm) {
    Response response =
        fixture.stream(
            fixture.alice,
            uploadPart(upload, number),
            request(part, algorithm.header(), algorithm.of(part).base64()));
    CompletedPart.Builder completed =
        CompletedPart.builder().partNumber(number).eTag(response.headers().first("ETag"));
    ModelChecksums.set(completed, StoredChecksum.of(algorithm.of(part)));
    return completed.build();
  }

  private static UploadPartRequest uploadPart(String upload, int number) {
    return UploadPartRequest.builder()
        .bucket("bucket")
        .key("k")
        .uploadId(upload)
        .partNumber(number)
        .build();
  }

  private void complete(String upload, List<CompletedPart> parts) {
    fixture.call(
        fixture.alice,
        CompleteMultipartUploadRequest.builder()
            .bucket("bucket")
            .key("k")
            .uploadId(upload)
            .multipartUpload(m -> m.parts(parts))
            .build());
  }
}
