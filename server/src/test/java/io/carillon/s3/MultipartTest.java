package io.carillon.s3;

import static io.carillon.s3.PutObjectTest.refused;
import static io.carillon.s3.S3Fixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.checksum.ChecksumAlgorithm;
import io.carillon.http.Response;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.s3.model.AbortMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.GetObjectAttributesRequest;
import software.amazon.awssdk.services.s3.model.GetObjectAttributesResponse;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsRequest;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.ListPartsRequest;
import software.amazon.awssdk.services.s3.model.ListPartsResponse;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.ObjectAttributes;
import software.amazon.awssdk.services.s3.model.UploadPartCopyResponse;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

class MultipartTest {
  private static final int FIVE_MIB = 5 << 20;

  private final S3Fixture fixture = new S3Fixture();
  private final byte[] bytes = new byte[2 * FIVE_MIB + 100];

  @BeforeEach
  void createBucketWithNotifications() {
    new Random(1).nextBytes(bytes);
    fixture.createBucket("bucket");
    fixture.notifyFunction("bucket");
  }

  @Test
  void completionDoesNotCopyParts() {
    String upload = begin();
    List<CompletedPart> parts = threeParts(upload);
    int blobs = fixture.blobs.blobs.size();

    CompleteMultipartUploadResponse response = complete(upload, parts);
    assertThat(response.location()).isEqualTo("http://localhost:1/bucket/" + response.key());

    assertThat(response.eTag()).endsWith("-3\"");
    assertThat(response.checksumCRC64NVME())
        .isEqualTo(ChecksumAlgorithm.CRC64NVME.of(bytes).base64());
    assertThat(fixture.blobs.blobs).hasSize(blobs);
    assertThat(S3Fixture.bytes(get())).isEqualTo(bytes);
    assertThat(fixture.events().getFirst())
        .contains("\"ObjectCreated:CompleteMultipartUpload\"")
        .contains("\"size\":" + bytes.length);
    refused(() -> send(upload, 4, new byte[1]), "NoSuchUpload", 404);
  }

  @Test
  void repeatedCompletionGetsTheSameResponse() {
    String upload = begin();
    List<CompletedPart> parts = threeParts(upload);
    CompleteMultipartUploadResponse first = complete(upload, parts);

    assertThat(complete(upload, parts)).isEqualTo(first);
    assertThat(fixture.outbox).hasSize(1);
    refused(() -> complete(upload, parts.subList(0, 2)), "NoSuchUpload", 404);
    fixture.put("bucket", "k", "other");
    refused(() -> complete(upload, parts), "NoSuchUpload", 404);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, FIVE_MIB - 1, FIVE_MIB, FIVE_MIB + 1, 2 * FIVE_MIB + 99})
  void rangesCanSpanParts(int from) {
    String upload = begin();
    complete(upload, threeParts(upload));

    Response range =
        fixture.stream(
            fixture.alice,
            GetObjectRequest.builder()
                .bucket("bucket")
                .key("k")
                .range("bytes=" + from + "-")
                .build(),
            request(new byte[0]));

    assertThat(range.status()).isEqualTo(206);
    assertThat(S3Fixture.bytes(range)).isEqualTo(Arrays.copyOfRange(bytes, from, bytes.length));
  }

  @Test
  void partsAreReadByNumber() {
    String upload = begin();
    complete(upload, threeParts(upload));

    Response part = part(3);

    assertThat(part.status()).isEqualTo(206);
    assertThat(part.headers().first("x-amz-mp-parts-count")).isEqualTo("3");
    assertThat(part.headers().first("Content-Range"))
        .isEqualTo("bytes " + 2 * FIVE_MIB + "-" + (bytes.length - 1) + "/" + bytes.length);
    assertThat(S3Fixture.bytes(part)).hasSize(100);
    refused(() -> part(4), "InvalidPartNumber", 416);
    refused(() -> part(0), "InvalidArgument", 400);
  }

  @Test
  void partSentAgainReplacesTheEarlierOne() {
    String upload = begin();
    send(upload, 1, new byte[100_000]);
    CompletedPart second = send(upload, 1, Arrays.copyOf(bytes, 100_000));
    complete(upload, List.of(second));

    assertThat(S3Fixture.bytes(get())).isEqualTo(Arrays.copyOf(bytes, 100_000));
    assertThat(fixture.blobs.references).containsEntry("blob-0", 0).containsEntry("blob-1", 1);
  }

  @Test
  void unusedPartsAreDeletedOnCompletion() {
    String upload = begin();
    send(upload, 1, new byte[100_000]);
    CompletedPart used = send(upload, 2, new byte[70_000]);
    complete(upload, List.of(used));
    fixture.runChores();

    assertThat(fixture.blobs.references).containsEntry("blob-0", 0).containsEntry("blob-1", 1);
  }

  @Test
  void completionRefusesPartsThatWereNotUploaded() {
    String upload = begin();
    CompletedPart small = send(upload, 1, new byte[10]);
    CompletedPart last = send(upload, 2, new byte[10]);

    refused(() -> complete(upload, List.of(last, small)), "InvalidPartOrder", 400);
    refused(() -> complete(upload, List.of(small, small)), "InvalidPartOrder", 400);
    refused(() -> complete(upload, List.of(small, last)), "EntityTooSmall", 400);
    refused(() -> complete(upload, List.of()), "MalformedXML", 400);
    refused(
        () -> complete(upload, List.of(small.toBuilder().eTag("\"x\"").build())),
        "InvalidPart",
        400);
    refused(
        () -> complete(upload, List.of(small.toBuilder().partNumber(9).build())),
        "InvalidPart",
        400);
    refused(() -> complete("nothing", List.of(small)), "NoSuchUpload", 404);
    assertThat(fixture.outbox).isEmpty();
    complete(upload, List.of(small));
  }

  @Test
  void abortDeletesAllParts() {
    String upload = begin();
    threeParts(upload);

    abort(upload);
    fixture.runChores();

    assertThat(fixture.blobs.references.values()).containsOnly(0);
    refused(() -> abort(upload), "NoSuchUpload", 404);
    refused(() -> fixture.get("bucket", "k"), "NoSuchKey", 404);
  }

  @Test
  void partsAreListedInPages() {
    String upload = begin();
    for (int number : new int[] {7, 1, 3}) {
      send(upload, number, new byte[number]);
    }

    ListPartsResponse first = parts(upload, 2, 0);
    assertThat(first.parts()).extracting(p -> p.partNumber()).containsExactly(1, 3);
    assertThat(first.isTruncated()).isTrue();
    ListPartsResponse second = parts(upload, 2, first.nextPartNumberMarker());
    assertThat(second.parts()).extracting(p -> p.size()).containsExactly(7L);
    assertThat(second.isTruncated()).isFalse();
  }

  @Test
  void uploadsAreListedByKeyWithCommonPrefixes() {
    for (String key : List.of("a/1", "a/2", "b", "b", "c")) {
      fixture.now.incrementAndGet();
      fixture.<CreateMultipartUploadRequest, Object>call(
          fixture.alice, CreateMultipartUploadRequest.builder().bucket("bucket").key(key).build());
    }
    List<String> found = new ArrayList<>();
    String key = null;
    String id = null;
    while (true) {
      ListMultipartUploadsResponse page =
          fixture.call(
              fixture.alice,
              ListMultipartUploadsRequest.builder()
                  .bucket("bucket")
                  .delimiter("/")
                  .maxUploads(1)
                  .keyMarker(key)
                  .uploadIdMarker(id)
                  .build());
      page.commonPrefixes().forEach(prefix -> found.add(prefix.prefix()));
      page.uploads().stream().map(MultipartUpload::key).forEach(found::add);
      if (!page.isTruncated()) {
        break;
      }
      key = page.nextKeyMarker();
      id = page.nextUploadIdMarker();
    }

    assertThat(found).containsExactly("a/", "b", "b", "c");
  }

  @ParameterizedTest
  @CsvSource({
    "CRC32, COMPOSITE, ok",
    "CRC32, FULL_OBJECT, ok",
    "CRC32C, FULL_OBJECT, ok",
    "CRC64NVME, FULL_OBJECT, ok",
    "SHA256, COMPOSITE, ok",
    "SHA1, COMPOSITE, ok",
    "SHA256, FULL_OBJECT, InvalidRequest",
    "CRC64NVME, COMPOSITE, InvalidRequest",
    "CRC32, HALF, InvalidRequest",
    "XXHASH32, COMPOSITE, InvalidRequest"
  })
  void objectChecksumIsComputedFromThePartChecksums(String algorithm, String type, String outcome) {
    CreateMultipartUploadRequest input =
        CreateMultipartUploadRequest.builder()
            .bucket("bucket")
            .key("k")
            .checksumAlgorithm(algorithm)
            .checksumType(type)
            .build();
    if (!outcome.equals("ok")) {
      refused(() -> fixture.call(fixture.alice, input), outcome, 400);
      return;
    }
    CreateMultipartUploadResponse begun = fixture.call(fixture.alice, input);
    ChecksumAlgorithm known = ChecksumAlgorithm.valueOf(algorithm);
    byte[] head = Arrays.copyOf(bytes, FIVE_MIB);
    byte[] tail = Arrays.copyOfRange(bytes, FIVE_MIB, FIVE_MIB + 10);
    List<CompletedPart> parts =
        List.of(send(begun.uploadId(), 1, head, known), send(begun.uploadId(), 2, tail, known));

    CompleteMultipartUploadResponse response = complete(begun.uploadId(), parts);

    assertThat(response.checksumTypeAsString()).isEqualTo(type);
    String shown = response.getValueForField("Checksum" + algorithm, String.class).orElseThrow();
    if (type.equals("FULL_OBJECT")) {
      assertThat(shown).isEqualTo(known.of(Arrays.copyOf(bytes, FIVE_MIB + 10)).base64());
    } else {
      assertThat(shown).endsWith("-2");
    }
  }

  @Test
  void compositeChecksumNeedsAllPartChecksumsWithoutGaps() {
    CreateMultipartUploadResponse begun =
        fixture.call(
            fixture.alice,
            CreateMultipartUploadRequest.builder()
                .bucket("bucket")
                .key("k")
                .checksumAlgorithm("SHA256")
                .build());
    CompletedPart part = send(begun.uploadId(), 2, new byte[3], ChecksumAlgorithm.SHA256);

    refused(() -> complete(begun.uploadId(), List.of(part)), "InvalidRequest", 400);
    refused(
        () ->
            complete(
                begun.uploadId(),
                List.of(CompletedPart.builder().partNumber(2).eTag(part.eTag()).build())),
        "InvalidRequest",
        400);
    refused(
        () -> send(begun.uploadId(), 1, new byte[3], ChecksumAlgorithm.CRC32),
        "InvalidRequest",
        400);
  }

  @Test
  void declaredSizeAndChecksumMustMatchTheObject() {
    String upload = begin();
    CompletedPart part = send(upload, 1, new byte[] {1, 2, 3});
    CompleteMultipartUploadRequest.Builder input =
        CompleteMultipartUploadRequest.builder()
            .bucket("bucket")
            .key("k")
            .uploadId(upload)
            .multipartUpload(m -> m.parts(part));

    refused(
        () -> fixture.call(fixture.alice, input.mpuObjectSize(4L).build()), "InvalidRequest", 400);
    refused(
        () ->
            fixture.call(
                fixture.alice, input.mpuObjectSize(3L).checksumCRC64NVME("AAAAAAAAAAA=").build()),
        "BadDigest",
        400);
    fixture.call(
        fixture.alice,
        input
            .checksumCRC64NVME(ChecksumAlgorithm.CRC64NVME.of(new byte[] {1, 2, 3}).base64())
            .build());
  }

  @Test
  void partsCanBeCopiedFromARangeOfAnObject() {
    fixture.stream(
        fixture.alice,
        software.amazon.awssdk.services.s3.model.PutObjectRequest.builder()
            .bucket("bucket")
            .key("source key")
            .build(),
        request(bytes));
    String upload = begin();
    UploadPartCopyResponse copied = copy(upload, "bytes=10-200009");

    complete(
        upload,
        List.of(
            CompletedPart.builder().partNumber(1).eTag(copied.copyPartResult().eTag()).build()));

    assertThat(S3Fixture.bytes(get())).isEqualTo(Arrays.copyOfRange(bytes, 10, 200_010));
    refused(() -> copy(begin(), "bytes=10-" + bytes.length), "InvalidArgument", 400);
    refused(() -> copy(begin(), "10-20"), "InvalidArgument", 400);
  }

  @Test
  void attributesCountTheParts() {
    String upload = begin();
    complete(upload, threeParts(upload));

    GetObjectAttributesResponse attributes =
        fixture.call(
            fixture.alice,
            GetObjectAttributesRequest.builder()
                .bucket("bucket")
                .key("k")
                .objectAttributes(ObjectAttributes.knownValues())
                .build());

    assertThat(attributes.objectSize()).isEqualTo(bytes.length);
    assertThat(attributes.eTag()).endsWith("-3").doesNotContain("\"");
    assertThat(attributes.objectParts().totalPartsCount()).isEqualTo(3);
  }

  private List<CompletedPart> threeParts(String upload) {
    return List.of(
        send(upload, 1, Arrays.copyOf(bytes, FIVE_MIB)),
        send(upload, 2, Arrays.copyOfRange(bytes, FIVE_MIB, 2 * FIVE_MIB)),
        send(upload, 3, Arrays.copyOfRange(bytes, 2 * FIVE_MIB, bytes.length)));
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
    ModelChecksums.set(
        completed,
        new io.carillon.s3.model.StoredChecksum(
            algorithm,
            Objects.requireNonNull(response.headers().first(algorithm.header())),
            io.carillon.s3.model.StoredChecksum.Type.FULL_OBJECT));
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

  private UploadPartCopyResponse copy(String upload, String range) {
    return fixture.call(
        fixture.alice,
        S3Fixture.copyOfPart("bucket/source%20key")
            .copySourceRange(range)
            .destinationBucket("bucket")
            .destinationKey("k")
            .uploadId(upload)
            .partNumber(1)
            .build());
  }

  private CompleteMultipartUploadResponse complete(String upload, List<CompletedPart> parts) {
    return fixture.call(
        fixture.alice,
        CompleteMultipartUploadRequest.builder()
            .bucket("bucket")
            .key("k")
            .uploadId(upload)
            .multipartUpload(m -> m.parts(parts))
            .build());
  }

  private void abort(String upload) {
    fixture.call(
        fixture.alice,
        AbortMultipartUploadRequest.builder().bucket("bucket").key("k").uploadId(upload).build());
  }

  private ListPartsResponse parts(String upload, int limit, int after) {
    return fixture.call(
        fixture.alice,
        ListPartsRequest.builder()
            .bucket("bucket")
            .key("k")
            .uploadId(upload)
            .maxParts(limit)
            .partNumberMarker(after)
            .build());
  }

  private Response get() {
    return fixture.stream(
        fixture.alice,
        GetObjectRequest.builder().bucket("bucket").key("k").build(),
        request(new byte[0]));
  }

  private Response part(int number) {
    return fixture.stream(
        fixture.alice,
        GetObjectRequest.builder().bucket("bucket").key("k").partNumber(number).build(),
        request(new byte[0]));
  }
}
