package io.carillon.aws.sigv4;

import io.carillon.aws.ServiceSpec;
import io.carillon.aws.ServiceTrait;
import io.carillon.base.Region;
import io.carillon.base.Secret;
import io.carillon.http.Headers;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// Signs requests as a client: for Carillon's own command line, and tests.
public final class Signer {
  /// Fields of the connection, and fields that clients rewrite after signing.
  private static final Set<String> NEVER_SIGNED =
      Set.of("authorization", "connection", "expect", "transfer-encoding", "user-agent");

  private final String accessKeyId;
  private final Secret secret;
  private final Optional<Secret> sessionToken;
  private final Region region;
  private final ServiceSpec service;
  private final InstantSource clock;

  public Signer(
      String accessKeyId,
      Secret secret,
      Optional<Secret> sessionToken,
      Region region,
      ServiceSpec service,
      InstantSource clock) {
    this.accessKeyId = accessKeyId;
    this.secret = secret;
    this.sessionToken = sessionToken;
    this.region = region;
    this.service = service;
    this.clock = clock;
  }

  /// The header fields that sign a request, to be sent beside the given ones. `Host` is taken from
  /// the URI if it is not given.
  ///
  /// @param headers of the request that the signature covers
  public Headers sign(String method, URI uri, Headers headers, byte[] body) {
    return sign(method, uri, headers, SigningKey.sha256(body));
  }

  /// The same with a known body hash, or `UNSIGNED-PAYLOAD` and the like.
  public Headers sign(String method, URI uri, Headers headers, String payloadHash) {
    String timestamp = SignatureErrors.BASIC.format(clock.instant());
    Headers added = new Headers().add("x-amz-date", timestamp);
    added.add("x-amz-content-sha256", payloadHash);
    sessionToken.ifPresent(token -> added.add("x-amz-security-token", token.reveal()));

    Headers all = new Headers();
    headers.forEach(all::add);
    added.forEach(all::set);
    if (!all.contains("host")) {
      all.add("host", hostOf(uri));
    }
    List<String> signed = signedNames(all);
    String signature = signature(method, uri, all, signed, payloadHash, timestamp);
    return added.add(
        "authorization",
        "%s Credential=%s/%s, SignedHeaders=%s, Signature=%s"
            .formatted(
                SigningKey.ALGORITHM,
                accessKeyId,
                scope(timestamp),
                String.join(";", signed),
                signature));
  }

  /// A presigned URI, valid for the duration `life`.
  public URI presign(String method, URI uri, Duration life) {
    String timestamp = SignatureErrors.BASIC.format(clock.instant());
    StringBuilder query =
        new StringBuilder(uri.getRawQuery() == null ? "" : uri.getRawQuery() + "&")
            .append(PresignedQuery.ALGORITHM + "=" + SigningKey.ALGORITHM)
            .append("&" + PresignedQuery.CREDENTIAL + "=")
            .append(PercentCoding.encode(accessKeyId + "/" + scope(timestamp)))
            .append("&" + PresignedQuery.DATE + "=" + timestamp)
            .append("&" + PresignedQuery.EXPIRES + "=" + life.toSeconds())
            .append("&" + PresignedQuery.SIGNED_HEADERS + "=host");
    sessionToken.ifPresent(
        token ->
            query
                .append("&" + PresignedQuery.SECURITY_TOKEN + "=")
                .append(PercentCoding.encode(token.reveal())));
    URI unsigned = withQuery(uri, query.toString());
    String payloadHash =
        service.has(ServiceTrait.SIGNED_PAYLOAD_HASH)
            ? "UNSIGNED-PAYLOAD"
            : SigningKey.sha256(new byte[0]);
    String signature =
        signature(
            method,
            unsigned,
            new Headers().add("host", hostOf(uri)),
            List.of("host"),
            payloadHash,
            timestamp);
    return withQuery(uri, query + "&" + PresignedQuery.SIGNATURE + "=" + signature);
  }

  private String signature(
      String method,
      URI uri,
      Headers headers,
      List<String> signed,
      String payloadHash,
      String timestamp) {
    Scope scope = scope(timestamp);
    String canonical =
        CanonicalRequest.reencoded(
            service.has(ServiceTrait.SIGNED_PATH_AS_SENT),
            method,
            uri.getRawPath(),
            RawQuery.of(uri.getRawQuery() == null ? "" : uri.getRawQuery()),
            headers,
            signed,
            payloadHash);
    return SigningKey.derive(secret, scope)
        .sign(SigningKey.stringToSign(timestamp, scope, canonical));
  }

  private Scope scope(String timestamp) {
    return new Scope(timestamp.substring(0, 8), region.name(), service.name());
  }

  private static List<String> signedNames(Headers headers) {
    Set<String> names = new TreeSet<>();
    headers.forEach((name, _) -> names.add(name.toLowerCase(Locale.ROOT)));
    names.removeAll(NEVER_SIGNED);
    return List.copyOf(names);
  }

  private static String hostOf(URI uri) {
    boolean usual =
        uri.getPort() == -1
            || (uri.getPort() == 80 && uri.getScheme().equals("http"))
            || (uri.getPort() == 443 && uri.getScheme().equals("https"));
    return usual ? uri.getHost() : uri.getHost() + ":" + uri.getPort();
  }

  private static URI withQuery(URI uri, String query) {
    return URI.create(
        uri.getScheme() + "://" + uri.getRawAuthority() + uri.getRawPath() + "?" + query);
  }
}
