package io.carillon.aws.sigv4;

import io.carillon.aws.Credentials;
import io.carillon.aws.Principal;
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
import java.util.List;
import java.util.Optional;

/// The key, day and bucket of AWS's documented examples.
final class Example {
  static final String KEY_ID = "AKIAIOSFODNN7EXAMPLE";
  static final Secret SECRET = new Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  static final Instant DAY = Instant.parse("2013-05-24T00:00:00Z");
  static final String HOST = "examplebucket.s3.amazonaws.com";
  static final String EMPTY_HASH = SigningKey.sha256(new byte[0]);
  static final AccountId ACCOUNT = new AccountId("123456789012");

  private Example() {}

  static Credentials lasting() {
    return new Credentials(
        KEY_ID,
        SECRET,
        Optional.empty(),
        new Principal.Root(ACCOUNT),
        ACCOUNT,
        List.of(),
        Instant.MAX);
  }

  static Credentials session(String token, Instant expires) {
    return new Credentials(
        KEY_ID,
        SECRET,
        Optional.of(new Secret(token)),
        new Principal.Root(ACCOUNT),
        ACCOUNT,
        List.of(),
        expires);
  }

  static SignatureVerifier verifier() {
    return verifierAt(DAY);
  }

  static SignatureVerifier verifierAt(Instant now) {
    return verifier(lasting(), now);
  }

  static SignatureVerifier verifier(Credentials known, Instant now) {
    return new SignatureVerifier(
        (id, _) -> id.equals(known.accessKeyId()) ? Optional.of(known) : Optional.empty(),
        InstantSource.fixed(now));
  }

  static Signer signer(String service) {
    return new Signer(
        KEY_ID, SECRET, Optional.empty(), Region.US_EAST_1, service, InstantSource.fixed(DAY));
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
}
