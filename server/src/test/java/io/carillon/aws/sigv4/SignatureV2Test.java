package io.carillon.aws.sigv4;

import static io.carillon.aws.sigv4.Example.change;
import static io.carillon.aws.sigv4.Example.refusal;
import static io.carillon.aws.sigv4.Example.withHeader;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.aws.AwsException;
import io.carillon.aws.Signing;
import io.carillon.aws.Specs;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
class SignatureV2Test {
  private static final Instant END = Example.DAY.plusSeconds(60);

  @Test
  void theDocumentedExampleVerifies() throws IOException {
    Instant end = Instant.ofEpochSecond(1175139620);
    Request example =
        request(
            "GET",
            "/photos/puppy.jpg",
            "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D"
                + "&Expires=1175139620");

    Verified verified =
        Example.verifierAt(end).verify(example, Specs.of("s3"), "/johnsmith/photos/puppy.jpg");

    assertThat(verified.signing())
        .isEqualTo(new Signing(Signing.QUERY, Signing.VERSION_2, null, ""));
    assertThat(verified.request().rawQuery()).isEmpty();
    assertThat(expired(example, end.plusSeconds(1)))
        .hasMessage("Request has expired")
        .satisfies(e -> assertThat(e.members()).containsKeys("Expires", "ServerTime"));
  }

  private static AwsException expired(Request request, Instant at) {
    return catchThrowableOfType(
        AwsException.class, () -> Example.verifierAt(at).verify(request, Specs.of("s3")));
  }

  @Test
  void signedQueryFieldsBecomeHeaders() throws IOException {
    Request put =
        signed(
            "PUT",
            "",
            "a/b",
            "x-amz-meta-a:B\nx-amz-tagging:k=v\n",
            "/b/k",
            "content-type=a%2Fb&x-amz-meta-a=B&x-amz-tagging=k%3Dv&x-id=PutObject");

    Request verified = Example.verifier().verify(put, Specs.of("s3")).request();

    assertThat(verified.rawQuery()).isEqualTo("x-amz-meta-a=B&x-amz-tagging=k%3Dv&x-id=PutObject");
    assertThat(verified.headers().find("content-type")).hasValue("a/b");
    assertThat(verified.headers().find("x-amz-meta-a")).hasValue("B");
    assertThat(verified.headers().find("x-amz-tagging")).hasValue("k=v");
  }

  @Test
  void subresourcesAndOverridesAreSigned() throws IOException {
    Request good =
        signed(
            "GET",
            "",
            "",
            "",
            "/b/k?response-content-type=text/plain; x&versionId=v1",
            "versionId=v1&response-content-type=text%2Fplain%3B%20x");

    Verified verified = Example.verifier().verify(good, Specs.of("s3"));

    assertThat(verified).isInstanceOf(Verified.SignedV2.class);
    for (String added : new String[] {"tagging", "acl", "attributes", "uploads", "partNumber=1"}) {
      assertThat(
              refusal(change(good, "GET", "/b/k", good.rawQuery() + "&" + added), "s3")
                  .error()
                  .code())
          .as(added)
          .isEqualTo("SignatureDoesNotMatch");
    }
  }

  @Test
  void changingSignedPartsBreaksTheSignature() {
    Request good = signed("GET", "", "", "", "/b/k", "");

    for (Request tampered :
        new Request[] {
          change(good, "DELETE", "/b/k", good.rawQuery()),
          change(good, "GET", "/b/l", good.rawQuery()),
          change(good, "GET", "/b/k", good.rawQuery() + "&x-amz-meta-a=b"),
          change(
              good,
              "GET",
              "/b/k",
              good.rawQuery().replace("Expires=" + END.getEpochSecond(), "Expires=9999999999")),
          withHeader(good, "x-amz-acl", "public-read"),
          withHeader(good, "Content-Type", "text/html"),
        }) {
      AwsException refused = refusal(tampered, "s3");
      assertThat(refused.error().code()).isEqualTo("SignatureDoesNotMatch");
      assertThat(refused.error().status()).isEqualTo(403);
      assertThat(refused.members())
          .containsKeys("AWSAccessKeyId", "StringToSign", "SignatureProvided", "StringToSignBytes");
    }
  }

  @Test
  void temporaryCredentialsNeedTheirToken() throws IOException {
    Request good =
        signed(
            "GET",
            "",
            "",
            "x-amz-security-token:to+ken\n",
            "/b/k",
            "x-amz-security-token=to%2Bken");
    Instant later = Example.DAY.plusSeconds(30);

    Example.verifier(Example.session("to+ken", later), Example.DAY).verify(good, Specs.of("s3"));

    assertThat(
            refusal(Example.verifier(Example.session("to+ken", later), later), good, "s3")
                .error()
                .code())
        .isEqualTo("ExpiredToken");
    assertThat(
            refusal(Example.verifier(Example.session("other", later), Example.DAY), good, "s3")
                .error()
                .code())
        .isEqualTo("InvalidToken");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=a | AccessDenied | requires the Signature",
        "Signature=a&Expires=1 | AccessDenied | requires the Signature",
        "AWSAccessKeyId=A&Signature=a&Expires=soon | AccessDenied | seconds since epoch",
        "AWSAccessKeyId=A&Signature=a&Expires=9999999999999999999 | AccessDenied | seconds since",
        "AWSAccessKeyId=A&Signature=a&Expires=1 | AccessDenied | Request has expired",
        "AWSAccessKeyId=A&Signature=a&Expires=9999999999 | InvalidAccessKeyId | does not exist",
        "AWSAccessKeyId=A&Signature=a&Signature=b&Expires=99999999999 | AccessDenied | requires",
        "AWSAccessKeyId=A&X-Amz-Signature=b&Signature=a | InvalidArgument | Only one auth",
      })
  void malformedVersion2QueriesAreReported(String query, String code, String words) {
    AwsException refused = refusal(request("GET", "/b/k", query), "s3");

    assertThat(refused.error().code()).isEqualTo(code);
    assertThat(refused).hasMessageContaining(words);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sns", "lambda", "sts"})
  void otherServicesRejectVersion2(String service) {
    assertThat(refusal(request("GET", "/", "AWSAccessKeyId=A&Signature=a&Expires=1"), service))
        .hasMessageContaining("Signature Version 2");
  }

  private static Request signed(
      String method, String md5, String type, String fields, String resource, String query) {
    String toSign =
        String.join("\n", method, md5, type, "" + END.getEpochSecond(), fields + resource);
    String signature =
        URLEncoder.encode(SignatureV2.sign(Example.SECRET, toSign), StandardCharsets.UTF_8);
    return request(
        method,
        "/b/k",
        (query.isEmpty() ? "" : query + "&")
            + "AWSAccessKeyId="
            + Example.KEY_ID
            + "&Signature="
            + signature
            + "&Expires="
            + END.getEpochSecond());
  }

  private static Request request(String method, String path, String query) {
    return Example.request(
        method, path, query, new Headers().add("Host", "localhost"), new byte[0]);
  }
}
