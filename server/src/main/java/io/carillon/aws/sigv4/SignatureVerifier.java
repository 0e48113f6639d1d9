package io.carillon.aws.sigv4;

import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import io.carillon.aws.Credentials;
import io.carillon.aws.ServiceSpec;
import io.carillon.aws.ServiceTrait;
import io.carillon.aws.Signing;
import io.carillon.base.Region;
import io.carillon.http.Body;
import io.carillon.http.Request;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Authenticates requests by Signature Version 4 in headers or query.
///
/// For S3 the signature covers `x-amz-content-sha256`, so the head is verified before the body
/// arrives; the body is then verified while it is read. The other services sign the body's hash
/// itself: there the body, which is small, is read first, but only after key, token and time have
/// been checked.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
public final class SignatureVerifier {
  static final Duration SKEW = Duration.ofMinutes(15);

  /// Larger bodies hold a payload, which is in memory once more.
  private static final int MAX_DOCUMENT_BYTES = 8 << 20;

  private final AccessKeyLookup accessKeys;
  private final InstantSource clock;
  private final SigningKeys keys = new SigningKeys();

  public SignatureVerifier(Credentials.Source source, InstantSource clock) {
    this.accessKeys = new AccessKeyLookup(source, clock);
    this.clock = clock;
  }

  /// Verifies a request to a service.
  ///
  /// @param service that the request was routed to
  /// @throws AwsException where the signature is malformed, expired, wrong or of an unknown key
  public Verified verify(Request http, ServiceSpec service) throws IOException {
    return verify(http, service, http.rawPath());
  }

  /// The same for a request to S3 whose host may name the bucket. A browser's form that is posted
  /// to a bucket becomes the equivalent PUT of an object: see [Signing#isForm].
  ///
  /// @param path of the request, with the bucket in front, as Version 2 signs it
  public Verified verify(Request http, ServiceSpec service, String path) throws IOException {
    SignatureErrors errors = SignatureErrors.of(service, http);
    Optional<Claim> claim = Claim.read(http, service, errors);
    if (service.has(ServiceTrait.UPLOAD_FORMS) && UploadForm.is(http, path)) {
      if (claim.isPresent()) {
        throw errors.ambiguous();
      }
      return new PostVerifier(service.name(), accessKeys, clock).verify(http, path);
    }
    if (claim.isEmpty() && service.has(ServiceTrait.PRESIGNED_VERSION_2) && isV2(http)) {
      return new SignatureV2(accessKeys, clock).verify(http, path);
    }
    if (claim.isEmpty()) {
      return new Verified.Anonymous(PayloadCheck.ofAnonymous(http), Signing.NONE);
    }
    return verify(http, service, claim.get(), errors);
  }

  private static boolean isV2(Request http) {
    return !http.rawQuery().isEmpty() && SignatureV2.isSigned(RawQuery.of(http.rawQuery()));
  }

  private Verified verify(Request http, ServiceSpec service, Claim claim, SignatureErrors errors)
      throws IOException {
    Scope scope = claim.scope();
    if (Region.ofScope(scope.region()).isEmpty()) {
      throw errors.wrongRegion(claim.form(), scope.region());
    }
    if (!claim.timestamp().startsWith(scope.date())) {
      throw errors.wrongScopeDate(claim.form(), scope.date(), claim.timestamp());
    }
    checkTime(claim, errors);
    Credentials credentials = accessKeys.find(claim.accessKeyId(), claim.sessionToken(), errors);
    requireSigned(http, claim, errors);

    boolean streams = service.has(ServiceTrait.SIGNED_PAYLOAD_HASH);
    byte[] body = streams ? new byte[0] : read(http.body(), service.limitBytes());
    String payloadHash =
        streams ? PayloadCheck.headOf(http, claim.form()) : SigningKey.sha256(body);
    SigningKey key = keys.get(credentials.secret(), scope);
    checkSignature(http, service, claim, payloadHash, key, errors);
    keys.put(credentials.secret(), scope, key);

    Request checked =
        streams
            ? PayloadCheck.of(
                claim.form() == SignatureErrors.Form.QUERY
                    ? HoistedHeaders.withHeaderFields(http)
                    : http,
                payloadHash,
                new ChunkSignatures(key, claim.timestamp(), scope, claim.signature()))
            : http.withBody(Body.of(body));
    return new Verified.Signed(
        checked,
        credentials,
        scope,
        new Signing(
            claim.form() == SignatureErrors.Form.QUERY ? Signing.QUERY : Signing.HEADER,
            Signing.VERSION_4,
            claim.signed(),
            payloadHash));
  }

  private void checkTime(Claim claim, SignatureErrors errors) {
    Instant now = clock.instant();
    if (claim.signed().isAfter(now.plus(SKEW))) {
      throw errors.skewed(claim.timestamp(), claim.signed(), now, SKEW);
    }
    if (claim.life().isPresent()) {
      Duration life = claim.life().get();
      if (now.isAfter(claim.signed().plus(life))) {
        throw errors.expired(claim.signed(), life, now);
      }
    } else if (claim.signed().isBefore(now.minus(SKEW))) {
      throw errors.skewed(claim.timestamp(), claim.signed(), now, SKEW);
    }
  }

  /// `Host` and all of `x-amz-*` must be signed: an unsigned one could have been added in transit.
  /// S3 accepts an unsigned `x-amz-content-sha256`, since the signature covers its value anyway.
  private static void requireSigned(Request http, Claim claim, SignatureErrors errors) {
    List<String> signed = claim.signedHeaders();
    List<String> missing = new ArrayList<>();
    if (!signed.contains("host")) {
      missing.add("host");
    }
    http.headers()
        .forEach(
            (name, _) -> {
              if (!name.regionMatches(true, 0, "x-amz-", 0, 6)) {
                return;
              }
              String lower = name.toLowerCase(Locale.ROOT);
              if (!lower.equals("x-amz-content-sha256")
                  && !signed.contains(lower)
                  && !missing.contains(lower)) {
                missing.add(lower);
              }
            });
    if (!missing.isEmpty()) {
      throw errors.notSigned(missing);
    }
  }

  private static void checkSignature(
      Request http,
      ServiceSpec service,
      Claim claim,
      String payloadHash,
      SigningKey key,
      SignatureErrors errors) {
    boolean pathAsSent = service.has(ServiceTrait.SIGNED_PATH_AS_SENT);
    Scope scope = claim.scope();
    RawQuery query = RawQuery.of(http.rawQuery()).without(PresignedQuery.SIGNATURE);
    String canonical =
        CanonicalRequest.asSent(
            pathAsSent,
            http.method(),
            http.rawPath(),
            query,
            http.headers(),
            claim.signedHeaders(),
            payloadHash);
    String stringToSign = SigningKey.stringToSign(claim.timestamp(), scope, canonical);
    if (SigningKey.matches(key.sign(stringToSign), claim.signature())) {
      return;
    }
    String reencoded =
        CanonicalRequest.reencoded(
            pathAsSent,
            http.method(),
            http.rawPath(),
            query,
            http.headers(),
            claim.signedHeaders(),
            payloadHash);
    String other = SigningKey.stringToSign(claim.timestamp(), scope, reencoded);
    if (!SigningKey.matches(key.sign(other), claim.signature())) {
      throw errors.mismatch(claim.accessKeyId(), stringToSign, claim.signature(), canonical);
    }
  }

  private static byte[] read(Body body, int limit) throws IOException {
    if (body.length().orElse(0) > limit) {
      throw CommonError.REQUEST_ENTITY_TOO_LARGE.exception();
    }
    try {
      return body.readAll(
          limit, limit > MAX_DOCUMENT_BYTES ? Body.PAYLOAD_COPIES : Body.DOCUMENT_COPIES);
    } catch (Body.TooLargeException e) {
      throw CommonError.REQUEST_ENTITY_TOO_LARGE.exception();
    }
  }
}
