package io.carillon.aws.sigv4;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.aws.AwsException;
import io.carillon.aws.Credentials;
import io.carillon.aws.Principal;
import io.carillon.aws.SessionTerms;
import io.carillon.aws.Specs;
import io.carillon.base.AccountId;
import io.carillon.base.Region;
import io.carillon.base.Secret;
import io.carillon.http.Body;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/// Key, day and bucket of AWS's documented examples, and helpers for requests.
final class Example {
  static final String KEY_ID = "AKIAIOSFODNN7EXAMPLE";
  static final Secret SECRET = new Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  static final Instant DAY = Instant.parse("2013-05-24T00:00:00Z");
  static final String HOST = "examplebucket.s3.amazonaws.com";
  static final String EMPTY_HASH = SigningKey.sha256(new byte[0]);
  static final AccountId ACCOUNT = new AccountId("123456789012");

  private Example() {}

  static Credentials longTerm() {
    return new Credentials(KEY_ID, SECRET, new Principal.Root(ACCOUNT), ACCOUNT);
  }

  static Credentials session(String token, Instant expires) {
    return new Credentials(
        KEY_ID,
        SECRET,
        Optional.of(new Secret(token)),
        new Principal.Root(ACCOUNT),
        ACCOUNT,
        SessionTerms.NONE,
        expires);
  }

  static SignatureVerifier verifier() {
    return verifierAt(DAY);
  }

  static SignatureVerifier verifierAt(Instant now) {
    return verifier(longTerm(), now);
  }

  static SignatureVerifier verifier(Credentials known, Instant now) {
    return new SignatureVerifier(
        (id, _) -> id.equals(known.accessKeyId()) ? Optional.of(known) : Optional.empty(),
        InstantSource.fixed(now));
  }

  static Signer signer(String service) {
    return new Signer(
        KEY_ID,
        SECRET,
        Optional.empty(),
        Region.US_EAST_1,
        Specs.of(service),
        InstantSource.fixed(DAY));
  }

  static Request request(String method, String path, String query, Headers headers, byte[] body) {
    return new Request(
        method,
        path,
        query,
        headers,
        Body.of(body),
        InetSocketAddress.createUnresolved("192.0.2.1", 1234),
        false);
  }

  /// A request as [Signer] signs it.
  static Request signed(String service, String method, URI uri, Headers headers, byte[] body) {
    Headers all = new Headers().add("Host", uri.getAuthority());
    headers.forEach(all::add);
    signer(service).sign(method, uri, headers, body).forEach(all::add);
    return request(
        method, uri.getRawPath(), uri.getRawQuery() == null ? "" : uri.getRawQuery(), all, body);
  }

  static String authorization(String signedHeaders, String signature) {
    return "AWS4-HMAC-SHA256 Credential="
        + KEY_ID
        + "/20130524/us-east-1/s3/aws4_request,SignedHeaders="
        + signedHeaders
        + ",Signature="
        + signature;
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  static AwsException refusal(Request request, String service) {
    return refusal(verifier(), request, service);
  }

  static AwsException refusal(SignatureVerifier verifier, Request request, String service) {
    AwsException refused =
        catchThrowableOfType(
            AwsException.class,
            () -> verifier.verify(request, Specs.of(service)).request().body().readAllBytes());
    assertThat(refused).as("refusal of %s", request).isNotNull();
    return refused;
  }

  static Request withHeader(Request request, String name, String value) {
    Headers headers = new Headers();
    request.headers().forEach(headers::add);
    headers.set(name, value);
    return new Request(
        request.method(),
        request.rawPath(),
        request.rawQuery(),
        headers,
        request.body(),
        request.remote(),
        request.secure());
  }

  static Request presigned(URI uri) {
    return request(
        "GET",
        uri.getRawPath(),
        uri.getRawQuery(),
        new Headers().add("Host", uri.getAuthority()),
        new byte[0]);
  }

  static Request change(Request good, String method, String path, String query) {
    return new Request(
        method, path, query, good.headers(), good.body(), good.remote(), good.secure());
  }

  static String mismatchCode(String service) {
    return switch (service) {
      case "logs", "lambda" -> "InvalidSignatureException";
      default -> "SignatureDoesNotMatch";
    };
  }
}
