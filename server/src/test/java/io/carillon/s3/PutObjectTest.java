package io.carillon.s3;

import static io.carillon.s3.S3Fixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.aws.AwsException;
import io.carillon.aws.checksum.ChecksumAlgorithm;
import io.carillon.http.Body;
import io.carillon.http.BodyOf;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import io.carillon.http.Response;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

class PutObjectTest {
  private final S3Fixture fixture = new S3Fixture();

  @BeforeEach
  void createBucketWithNotifications() {
    fixture.createBucket("photos");
    fixture.notifyFunction("photos");
  }

  @Test
  void objectsAreReturnedWithTheirMetadata() {
    PutObjectRequest put =
        PutObjectRequest.builder()
            .bucket("photos")
            .key("a/b c.txt")
            .contentType("text/plain")
            .contentEncoding("gzip, aws-chunked")
            .cacheControl("no-cache")
            .metadata(Map.of("Colour", "blue"))
            .tagging("kind=test&empty")
            .build();
    Response response =
        fixture.stream(fixture.alice, put, request("hello".getBytes(StandardCharsets.UTF_8)));

    assertThat(response.status()).isEqualTo(200);
    assertThat(response.headers().first("ETag")).isEqualTo("\"5d41402abc4b2a76b9719d911017c592\"");
    assertThat(response.headers().first("x-amz-checksum-crc64nvme"))
        .isEqualTo(
            ChecksumAlgorithm.CRC64NVME.of("hello".getBytes(StandardCharsets.UTF_8)).base64());
    assertThat(response.headers().first("x-amz-checksum-type")).isEqualTo("FULL_OBJECT");
    assertThat(response.headers().first("x-amz-version-id")).isNull();

    Response read =
        fixture.stream(
            fixture.alice,
            GetObjectRequest.builder()
                .bucket("photos")
                .key("a/b c.txt")
                .checksumMode("ENABLED")
                .build(),
            request(new byte[0]));
    assertThat(S3Fixture.text(read)).isEqualTo("hello");
    assertThat(read.headers().first("Content-Type")).isEqualTo("text/plain");
    assertThat(read.headers().first("Content-Encoding")).isEqualTo("gzip");
    assertThat(read.headers().first("Cache-Control")).isEqualTo("no-cache");
    assertThat(read.headers().first("x-amz-meta-colour")).isEqualTo("blue");
    assertThat(read.headers().first("x-amz-tagging-count")).isEqualTo("2");
    assertThat(read.headers().first("Last-Modified")).isEqualTo("Sun, 01 Mar 2026 10:00:00 GMT");
    assertThat(read.headers().first("x-amz-checksum-crc64nvme")).isNotNull();
    assertThat(read.headers().first("x-amz-server-side-encryption")).isEqualTo("AES256");
  }

  @Test
  void defaultContentTypeIsBinary() {
    fixture.put("photos", "k", "x");

    Response head =
        fixture.stream(
            fixture.alice,
            HeadObjectRequest.builder().bucket("photos").key("k").build(),
            request(new byte[0]));

    assertThat(head.headers().first("Content-Type")).isEqualTo("binary/octet-stream");
    assertThat(((Response.Content.Stream) head.content()).lengthBytes()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 65535, 65536, 65537, 300_000})
  void bodiesOfEverySizeAreReturnedUnchanged(int size) {
    byte[] body = new byte[size];
    new Random(size).nextBytes(body);

    fixture.stream(fixture.alice, put("k").build(), request(body));

    assertThat(
            S3Fixture.bytes(
                fixture.stream(
                    fixture.alice,
                    GetObjectRequest.builder().bucket("photos").key("k").build(),
                    request(new byte[0]))))
        .isEqualTo(body);
    assertThat(fixture.blobs.references.values()).hasSize(size > 65536 ? 1 : 0);
  }

  @Test
  void overwritingReleasesTheOldBytes() {
    fixture.stream(fixture.alice, put("k").build(), request(new byte[100_000]));
    fixture.put("photos", "k", "small");

    assertThat(fixture.blobs.references.values()).containsExactly(0);
    assertThat(fixture.get("photos", "k")).isEqualTo("small");
  }

  @Test
  void objectAndEventCommitTogether() {
    fixture.outboxBroken = true;
    assertThatThrownBy(() -> fixture.put("photos", "k", "x")).hasMessage("broken");

    refused(() -> fixture.get("photos", "k"), "NoSuchKey", 404);
    assertThat(fixture.outbox).isEmpty();

    fixture.outboxBroken = false;
    fixture.put("photos", "k", "x");
    assertThat(fixture.outbox).hasSize(1);
    assertThat(fixture.outbox.getFirst().lane()).endsWith("function:f");
    assertThat(fixture.notes)
        .extracting(note -> note.get("step"))
        .containsExactly("UPLOADED", "MATCHED");
  }

  @ParameterizedTest
  @CsvSource({
    "Content-MD5, XUFAKrxLKna5cZ2REBfFkg==, x-amz-checksum-crc32, NhCmhg==",
    "x-amz-checksum-sha256, LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=,"
        + " x-amz-sdk-checksum-algorithm, SHA256"
  })
  void bodiesThatMatchTheirDigestsAreStored(String a, String b, String c, String d) {
    Response response =
        fixture.stream(
            fixture.alice,
            put("k").build(),
            request("hello".getBytes(StandardCharsets.UTF_8), a, b, c, d));

    assertThat(response.status()).isEqualTo(200);
    assertThat(fixture.get("photos", "k")).isEqualTo("hello");
  }

  @ParameterizedTest
  @CsvSource({
    "Content-MD5, AAAAAAAAAAAAAAAAAAAAAA==, BadDigest",
    "Content-MD5, nonsense, InvalidDigest",
    "x-amz-checksum-crc32, AAAAAA==, BadDigest",
    "x-amz-checksum-crc32, AAAA, InvalidRequest",
    "x-amz-checksum-xxhash32, AAAA, InvalidRequest",
    "x-amz-sdk-checksum-algorithm, CRC32, InvalidRequest",
    "x-amz-trailer, x-amz-checksum-crc32, InvalidRequest"
  })
  void bodiesThatDoNotMatchTheirDigestsChangeNothing(String header, String value, String code) {
    fixture.put("photos", "k", "before");
    fixture.outbox.clear();

    assertThatThrownBy(
            () ->
                fixture.stream(
                    fixture.alice,
                    put("k").build(),
                    request("hello".getBytes(StandardCharsets.UTF_8), header, value)))
        .isInstanceOf(AwsException.class)
        .satisfies(e -> assertThat(((AwsException) e).error().code()).isEqualTo(code));

    assertThat(fixture.get("photos", "k")).isEqualTo("before");
    assertThat(fixture.outbox).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"NhCmhg==, ok", "AAAAAA==, BadDigest"})
  void trailerChecksumsAreVerified(String value, String outcome) {
    Body body =
        new Body() {
          private final Body inner = Body.of("hello".getBytes(StandardCharsets.UTF_8));
          private boolean ended;

          @Override
          public OptionalLong length() {
            return inner.length();
          }

          @Override
          public Headers trailers() {
            return ended ? new Headers().add("X-Amz-Checksum-Crc32", value) : new Headers();
          }

          @Override
          public int read(byte[] bytes, int offset, int length) throws java.io.IOException {
            int count = inner.read(bytes, offset, length);
            ended |= count < 0;
            return count;
          }
        };
    Runnable putting =
        () ->
            fixture.stream(
                fixture.alice,
                put("k").build(),
                request(body, "x-amz-trailer", "x-amz-checksum-crc32"));

    if (outcome.equals("ok")) {
      putting.run();
      assertThat(fixture.get("photos", "k")).isEqualTo("hello");
    } else {
      refused(putting::run, outcome, 400);
    }
  }

  @Test
  void twoChecksumsAreRefused() {
    refused(
        () ->
            fixture.stream(
                fixture.alice,
                put("k").build(),
                request(
                    new byte[1],
                    "x-amz-checksum-crc32",
                    "AAAAAA==",
                    "x-amz-checksum-crc32c",
                    "AAAAAA==")),
        "InvalidRequest",
        400);
  }

  @Test
  void truncatedBodyLeavesNoBlob() {
    AtomicInteger given = new AtomicInteger();
    Body torn =
        BodyOf.length(
            200_000,
            (_, _, length) -> {
              if (given.addAndGet(length) > 100_000 + length) {
                throw new java.io.IOException("torn");
              }
              return length;
            });

    assertThatThrownBy(() -> fixture.stream(fixture.alice, put("k").build(), request(torn)))
        .hasMessageContaining("torn");
    assertThat(fixture.blobs.discarded).isEqualTo(1);
    refused(() -> fixture.get("photos", "k"), "NoSuchKey", 404);
  }

  @Test
  void bodiesOfUnknownLengthAreRefused() {
    Body endless = BodyOf.unknownLength(BodyOf.mustNotBeRead());
    refused(
        () -> fixture.stream(fixture.alice, put("k").build(), request(endless)),
        "MissingContentLength",
        411);
  }

  /// HTTP treats such a body as empty; S3 demands a length.
  @Test
  void requestsWithoutLengthHeadersOverwriteNothing() throws Exception {
    fixture.put("photos", "k", "precious");
    Request silent =
        new Request(
            "PUT",
            "/",
            "",
            new Headers(),
            Body.of(new byte[0]),
            new InetSocketAddress("10.1.2.3", 1),
            false);
    refused(
        () -> fixture.stream(fixture.alice, put("k").build(), silent), "MissingContentLength", 411);
    assertThat(fixture.get("photos", "k")).isEqualTo("precious");
  }

  @Test
  void requestsAreRefusedBeforeTheBodyIsRead() {
    Body unread = BodyOf.length(6L << 30, BodyOf.mustNotBeRead());
    fixture.put("photos", "there", "x");

    refused(
        () -> fixture.stream(fixture.alice, put("k").build(), request(unread)),
        "EntityTooLarge",
        400);
    refused(
        () ->
            fixture.stream(
                fixture.alice,
                PutObjectRequest.builder().bucket("nowhere").key("k").build(),
                request(unread)),
        "NoSuchBucket",
        404);
    refused(
        () -> fixture.stream(fixture.alice, put("there").ifNoneMatch("*").build(), request(unread)),
        "PreconditionFailed",
        412);
    refused(
        () -> fixture.stream(fixture.alice, put("k").ifMatch("x").build(), request(unread)),
        "NoSuchKey",
        404);
    refused(
        () ->
            fixture.stream(
                fixture.alice,
                put("k").expectedBucketOwner(S3Fixture.BOB.value()).build(),
                request(unread)),
        "AccessDenied",
        403);
    refused(
        () ->
            fixture.stream(
                S3Fixture.caller(S3Fixture.ALICE, io.carillon.base.Region.US_EAST_1),
                put("k").build(),
                request(unread)),
        "PermanentRedirect",
        301);
    refused(
        () -> fixture.stream(fixture.alice, put("k".repeat(1025)).build(), request(unread)),
        "KeyTooLongError",
        400);
    refused(
        () ->
            fixture.stream(
                fixture.alice,
                put("k").metadata(Map.of("m", "v".repeat(2048))).build(),
                request(unread)),
        "MetadataTooLarge",
        400);
    refused(
        () -> fixture.stream(fixture.alice, put("k").storageClass("COLD").build(), request(unread)),
        "InvalidStorageClass",
        400);
    refused(
        () ->
            fixture.stream(
                fixture.alice, put("k").serverSideEncryption("aws:kms").build(), request(unread)),
        "NotImplemented",
        501);
    refused(
        () ->
            fixture.stream(
                fixture.alice, put("k").sseCustomerAlgorithm("AES256").build(), request(unread)),
        "NotImplemented",
        501);
    refused(
        () -> fixture.stream(fixture.alice, put("k").acl("public-read").build(), request(unread)),
        "AccessControlListNotSupported",
        400);
    refused(
        () ->
            fixture.stream(
                fixture.alice, put("k").objectLockMode("GOVERNANCE").build(), request(unread)),
        "InvalidRequest",
        400);
  }

  @Test
  void conditionsApplyToTheCurrentVersion() {
    Response first = fixture.put("photos", "k", "one");
    String etag = String.valueOf(first.headers().first("ETag"));

    fixture.stream(
        fixture.alice,
        put("k").ifMatch(etag).build(),
        request("two".getBytes(StandardCharsets.UTF_8)));
    assertThat(fixture.get("photos", "k")).isEqualTo("two");
    refused(
        () -> fixture.stream(fixture.alice, put("k").ifMatch(etag).build(), request(new byte[0])),
        "PreconditionFailed",
        412);
    refused(
        () ->
            fixture.stream(fixture.alice, put("k").ifNoneMatch(etag).build(), request(new byte[0])),
        "NotImplemented",
        501);
    fixture.stream(fixture.alice, put("new").ifNoneMatch("*").build(), request(new byte[0]));
  }

  @Test
  void needsDependOnTheRequest() {
    assertThat(
            fixture.needs(put("k").tagging("a=b").ifMatch("e").acl("private").build()).stream()
                .map(need -> need.action()))
        .containsExactly("s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectAcl", "s3:GetObject");
    assertThat(fixture.needs(put("k").build())).hasSize(1);
    assertThat(
            fixture
                .needs(GetObjectRequest.builder().bucket("b").key("k").versionId("v").build())
                .getFirst()
                .action())
        .isEqualTo("s3:GetObjectVersion");
  }

  private static PutObjectRequest.Builder put(String key) {
    return PutObjectRequest.builder().bucket("photos").key(key);
  }

  static AbstractThrowableAssert<?, ?> refused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String code, int status) {
    return assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            AwsException.class,
            e -> {
              assertThat(e.error().code()).isEqualTo(code);
              assertThat(e.error().status()).isEqualTo(status);
            });
  }

  /// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
  @Test
  void metadataBeyondAsciiIsReturned() {
    fixture.stream(
        fixture.alice,
        put("k")
            .metadata(Map.of("who", "日本"))
            .contentDisposition("attachment; filename=\"日本.txt\"")
            .build(),
        S3Fixture.request(new byte[0]));

    Response response =
        fixture.stream(
            fixture.alice,
            GetObjectRequest.builder().bucket("photos").key("k").responseContentType("ü").build(),
            S3Fixture.request(new byte[0]));

    assertThat(response.headers().first("x-amz-meta-who")).isEqualTo("=?UTF-8?B?5pel5pys?=");
    assertThat(response.headers().first("content-disposition"))
        .isEqualTo("attachment; filename=\"\u00e6\u0097\u00a5\u00e6\u009c\u00ac.txt\"");
    assertThat(response.headers().first("content-type"))
        .as("overrides are sent in ISO 8859-1")
        .isEqualTo("ü");
  }

  /// Presigned URLs and forms can contain them.
  @Test
  void valuesThatHeadersCannotHoldAreRefused() {
    fixture.put("photos", "k", "x");
    List.of(
            put("k").metadata(Map.of("m", "a\r\nb")),
            put("k").metadata(Map.of("m ", "a")),
            put("k").metadata(Map.of("ü", "a")),
            put("k").contentType("a\nb"))
        .forEach(
            request ->
                assertThat(
                        catchThrowableOfType(
                                AwsException.class,
                                () ->
                                    fixture.stream(
                                        fixture.alice,
                                        request.build(),
                                        S3Fixture.request(new byte[0])))
                            .error()
                            .code())
                    .isEqualTo("InvalidArgument"));
    assertThat(
            catchThrowableOfType(
                    AwsException.class,
                    () ->
                        fixture.stream(
                            fixture.alice,
                            GetObjectRequest.builder()
                                .bucket("photos")
                                .key("k")
                                .responseContentType("a\r\nb: c")
                                .build(),
                            S3Fixture.request(new byte[0])))
                .error()
                .code())
        .isEqualTo("InvalidArgument");
  }
}
