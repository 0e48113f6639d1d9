package io.carillon.aws.sigv4;

import static io.carillon.aws.sigv4.Example.change;
import static io.carillon.aws.sigv4.Example.mismatchCode;
import static io.carillon.aws.sigv4.Example.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.Specs;
import io.carillon.http.Body;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import java.io.IOException;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Equivalent encodings of paths, queries and headers match the signature.
class EncodingVariantsTest {
  private static final byte[] BODY = Example.bytes("Action=ListTopics&Version=2010-03-31");
  private static final URI BUCKET = URI.create("http://localhost:4566/bucket/key?tagging");

  @ParameterizedTest
  @CsvSource({
    "/b/a(b)c, /b/a%28b%29c",
    "/b/a+b, /b/a%2Bb",
    "/b/caf%c3%a9, /b/caf%C3%A9",
    "/b//../c, /b//../c",
    "/b/a%2Fb, /b/a%2Fb",
    "/b/100%, /b/100%25"
  })
  void s3AcceptsThePathAsSentOrAsSpecified(String sent, String signedAs) throws IOException {
    URI uri = URI.create("http://localhost:4566" + signedAs);
    Headers headers = new Headers().add("Host", "localhost:4566");
    Example.signer("s3").sign("GET", uri, headers, new byte[0]).forEach(headers::add);

    assertThat(
            Example.verifier()
                .verify(Example.request("GET", sent, "", headers, new byte[0]), Specs.of("s3")))
        .isInstanceOf(Verified.Signed.class);
  }

  @Test
  void whiteSpaceAndRepetitionOfHeadersAreNormalized() throws IOException {
    Headers signed =
        new Headers()
            .add("x-amz-meta-a", "one two")
            .add("x-amz-meta-b", "1")
            .add("x-amz-meta-b", "2");
    Headers sent =
        new Headers()
            .add("Host", "localhost:4566")
            .add("X-Amz-Meta-A", "  one \t  two ")
            .add("x-amz-meta-b", " 1")
            .add("X-AMZ-META-B", "2 ");
    Example.signer("s3").sign("GET", BUCKET, signed, new byte[0]).forEach(sent::add);

    assertThat(
            Example.verifier()
                .verify(
                    Example.request("GET", "/bucket/key", "tagging", sent, new byte[0]),
                    Specs.of("s3")))
        .isInstanceOf(Verified.Signed.class);
  }

  @ParameterizedTest
  @CsvSource({
    "s3, /bucket/key, /bucket%2Fkey",
    "s3, /bucket/a/b, /bucket/a%2Fb",
    "s3, /bucket/key, /bucket/x/../key",
    "s3, /bucket/key, //bucket/key",
    "lambda, /2015-03-31/functions/f, /2015-03-31/x/%2E%2E/functions/f",
    "lambda, /2015-03-31/functions/f, /2015-03-31%2Ffunctions/f",
  })
  void aDifferentPathDoesNotMatchTheSignature(String service, String signed, String sent) {
    Request good =
        Example.signed(
            service, "PUT", URI.create("http://localhost:4566" + signed), new Headers(), BODY);

    assertThat(refusal(change(good, "PUT", sent, ""), service).error().code())
        .isEqualTo(mismatchCode(service));
  }

  @Test
  void otherServicesHaveTheirPathNormalizedAndEncodedTwice() throws IOException {
    URI function =
        URI.create("http://localhost:4566/2015-03-31/functions/arn%3Aaws%3Alambda%3Ax/policy");
    Request good = Example.signed("lambda", "POST", function, new Headers(), BODY);
    Request bare = change(good, "POST", "/2015-03-31/./functions//arn:aws:lambda:x/policy", "");

    assertThat(Example.verifier().verify(good, Specs.of("lambda")))
        .isInstanceOf(Verified.Signed.class);
    assertThat(Example.verifier().verify(bare.withBody(Body.of(BODY)), Specs.of("lambda")))
        .isInstanceOf(Verified.Signed.class);
  }
}
