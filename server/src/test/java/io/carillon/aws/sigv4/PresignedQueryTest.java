package io.carillon.aws.sigv4;

import static io.carillon.aws.sigv4.Example.change;
import static io.carillon.aws.sigv4.Example.presigned;
import static io.carillon.aws.sigv4.Example.refusal;
import static io.carillon.aws.sigv4.Example.withHeader;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.AwsException;
import io.carillon.aws.Specs;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PresignedQueryTest {
  private static final byte[] BODY = Example.bytes("Action=ListTopics&Version=2010-03-31");
  private static final URI BUCKET = URI.create("http://localhost:4566/bucket/key?tagging");

  @Test
  void aPresignedRequestIsValidUntilItExpires() throws IOException {
    URI uri = Example.signer("s3").presign("GET", BUCKET, Duration.ofMinutes(60));
    Instant end = Example.DAY.plus(Duration.ofMinutes(60));

    Example.verifierAt(end).verify(presigned(uri), Specs.of("s3"));
    AwsException late = refusal(Example.verifierAt(end.plusSeconds(1)), presigned(uri), "s3");
    AwsException early =
        refusal(
            Example.verifierAt(Example.DAY.minus(Duration.ofMinutes(16))), presigned(uri), "s3");

    assertThat(late.error().code()).isEqualTo("AccessDenied");
    assertThat(late).hasMessage("Request has expired");
    assertThat(late.members())
        .containsEntry("X-Amz-Expires", "3600")
        .containsEntry("Expires", "2013-05-24T01:00:00Z")
        .containsEntry("ServerTime", "2013-05-24T01:00:01Z");
    assertThat(early.error().code()).isEqualTo("RequestTimeTooSkewed");
  }

  @Test
  void otherServicesAcceptPresignedRequestsToo() throws IOException {
    URI uri =
        Example.signer("sts")
            .presign(
                "GET",
                URI.create("http://localhost:4566/?Action=GetCallerIdentity&Version=2011-06-15"),
                Duration.ofMinutes(1));

    assertThat(Example.verifier().verify(presigned(uri), Specs.of("sts")))
        .isInstanceOf(Verified.Signed.class);
    assertThat(
            refusal(Example.verifierAt(Example.DAY.plusSeconds(61)), presigned(uri), "sts")
                .error()
                .code())
        .isEqualTo("SignatureDoesNotMatch");
  }

  @Test
  void aPresignedPutAcceptsAnyBody() throws IOException {
    URI uri = Example.signer("s3").presign("PUT", BUCKET, Duration.ofDays(7));
    Request request =
        Example.request(
            "PUT",
            uri.getRawPath(),
            uri.getRawQuery(),
            new Headers().add("Host", uri.getAuthority()),
            BODY);

    assertThat(Example.verifier().verify(request, Specs.of("s3")).request().body().readAllBytes())
        .isEqualTo(BODY);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "X-Amz-Expires=3600 | X-Amz-Expires=604801 | less than a week",
        "X-Amz-Expires=3600 | X-Amz-Expires=-1 | non-negative",
        "X-Amz-Expires=3600 | X-Amz-Expires=soon | should be a number",
        "&X-Amz-Expires=3600 | '' | X-Amz-Expires parameters",
        "&X-Amz-SignedHeaders=host | '' | X-Amz-Expires parameters",
        "X-Amz-Signature | X-Amz-Nothing | X-Amz-Expires parameters",
        "20130524T000000Z | 2013-05-24 | X-Amz-Date must be",
        "AWS4-HMAC-SHA256 | AWS4-ECDSA-P256-SHA256 | X-Amz-Algorithm only supports",
        "aws4_request | aws5_request | incorrect terminal",
        "%2F20130524%2F | %2F20130523%2F | Invalid credential date",
        "us-east-1 | mars | the region 'mars' is wrong",
        "&X-Amz-Signature | &X-Amz-Credential=x&X-Amz-Signature | X-Amz-Expires parameters",
      })
  void malformedPresignedQueriesAreReported(String part, String instead, String words) {
    URI uri = Example.signer("s3").presign("GET", BUCKET, Duration.ofMinutes(60));
    Request good = presigned(uri);

    AwsException refused =
        refusal(change(good, "GET", good.rawPath(), good.rawQuery().replace(part, instead)), "s3");

    assertThat(refused.error().code()).isEqualTo("AuthorizationQueryParametersError");
    assertThat(refused.error().status()).isEqualTo(400);
    assertThat(refused).hasMessageContaining(words);
  }

  @Test
  void changingAnyPartOfAPresignedRequestBreaksIt() {
    Request good = presigned(Example.signer("s3").presign("GET", BUCKET, Duration.ofMinutes(60)));

    for (Request tampered :
        new Request[] {
          change(good, "DELETE", good.rawPath(), good.rawQuery()),
          change(good, "GET", "/bucket/other", good.rawQuery()),
          change(good, "GET", good.rawPath(), good.rawQuery() + "&acl"),
          change(good, "GET", good.rawPath(), good.rawQuery().replace("tagging&", "")),
          change(good, "GET", good.rawPath(), good.rawQuery().replace("=3600", "=3601")),
          withHeader(good, "Host", "elsewhere")
        }) {
      assertThat(refusal(tampered, "s3").error().code()).isEqualTo("SignatureDoesNotMatch");
    }
    assertThat(refusal(withHeader(good, "x-amz-acl", "public-read"), "s3").members())
        .containsEntry("HeadersNotSigned", "x-amz-acl");
  }

  @Test
  void fieldsInTheQueryBecomeHeadersButNotChecksums() throws IOException {
    URI uri =
        Example.signer("s3")
            .presign(
                "PUT",
                URI.create(
                    "http://localhost/b/k?x-amz-meta-a=B&x-amz-checksum-crc32=AAAAAA%3D%3D"
                        + "&x-amz-sdk-checksum-algorithm=CRC32"),
                Duration.ofMinutes(1));
    Request put = change(presigned(uri), "PUT", uri.getRawPath(), uri.getRawQuery());

    Request verified = Example.verifier().verify(put, Specs.of("s3")).request();

    assertThat(verified.headers().find("x-amz-meta-a")).hasValue("B");
    assertThat(verified.headers().size()).isEqualTo(2);
  }
}
