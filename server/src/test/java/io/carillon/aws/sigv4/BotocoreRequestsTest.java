package io.carillon.aws.sigv4;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carillon.aws.AwsException;
import io.carillon.aws.Credentials;
import io.carillon.aws.Specs;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Requests of boto3, recorded by `botocore_requests.py`, which is beside the recording.
class BotocoreRequestsTest {

  record Recorded(
      String name,
      String service,
      String method,
      String path,
      String query,
      Headers headers,
      byte[] body) {

    Request request() {
      Headers copy = new Headers();
      headers.forEach(copy::add);
      return Example.request(method, path, query, copy, body);
    }

    Instant signed() {
      String timestamp =
          headers
              .find("x-amz-date")
              .or(() -> RawQuery.of(query).first(PresignedQuery.DATE))
              .orElseThrow();
      return SignatureErrors.BASIC.parse(timestamp, Instant::from);
    }

    SignatureVerifier verifier() {
      Optional<String> token =
          headers
              .find("x-amz-security-token")
              .or(() -> RawQuery.of(query).first(PresignedQuery.SECURITY_TOKEN));
      Credentials known =
          token.map(t -> Example.session(t, Instant.MAX)).orElseGet(Example::longTerm);
      return Example.verifier(known, signed());
    }

    @Override
    public String toString() {
      return service + ": " + name;
    }
  }

  static List<Recorded> recorded() throws IOException {
    List<Recorded> all = new ArrayList<>();
    try (InputStream in =
        BotocoreRequestsTest.class.getResourceAsStream("botocore-requests.json")) {
      for (JsonNode one : new ObjectMapper().readTree(in).get("requests")) {
        Headers headers = new Headers();
        one.get("headers").forEach(h -> headers.add(h.get(0).asText(), h.get(1).asText()));
        all.add(
            new Recorded(
                one.get("name").asText(),
                one.get("service").asText(),
                one.get("method").asText(),
                one.get("path").asText(),
                one.get("query").asText(),
                headers,
                Base64.getDecoder().decode(one.get("body").asText())));
      }
    }
    assertThat(all).hasSizeGreaterThan(25);
    return all;
  }

  @ParameterizedTest
  @MethodSource("recorded")
  void recordedRequestsVerifyWithTheirBodies(Recorded recorded) throws IOException {
    assertThat(Scope.of(recorded.request()))
        .hasValueSatisfying(
            scope -> {
              assertThat(scope.service()).isEqualTo(recorded.service());
              assertThat(scope.region()).isEqualTo("eu-central-1");
            });

    Verified verified =
        recorded.verifier().verify(recorded.request(), Specs.of(recorded.service()));

    assertThat(verified).isInstanceOf(Verified.Signed.class);
    byte[] body = verified.request().body().readAllBytes();
    String decoded = recorded.headers().first("x-amz-decoded-content-length");
    assertThat(body).hasSize(decoded == null ? recorded.body().length : Integer.parseInt(decoded));
    String trailer = recorded.headers().first("x-amz-trailer");
    if (trailer != null) {
      assertThat(verified.request().body().trailers().contains(trailer)).isTrue();
      assertThat(verified.request().headers().find("content-encoding").orElse(""))
          .doesNotContain("aws-chunked");
    }
  }

  @ParameterizedTest
  @MethodSource("recorded")
  void aChangedPathIsRejected(Recorded recorded) {
    Request good = recorded.request();
    Request tampered =
        new Request(
            good.method(),
            good.rawPath() + "x",
            good.rawQuery(),
            good.headers(),
            good.body(),
            good.remote(),
            good.secure());

    AwsException refused =
        catchThrowableOfType(
            AwsException.class,
            () -> recorded.verifier().verify(tampered, Specs.of(recorded.service())));

    assertThat(refused.error().code()).isIn("SignatureDoesNotMatch", "InvalidSignatureException");
  }
}
