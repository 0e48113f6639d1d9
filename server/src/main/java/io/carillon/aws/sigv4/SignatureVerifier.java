package io.carillon.aws.sigv4;

import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import io.carillon.aws.Credentials;
import io.carillon.aws.Signing;
import io.carillon.aws.sigv4.SignatureErrors.Form;
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

/// Decides who sent a request, by Signature Version 4 in headers or query.
///
/// For S3 the signature covers what `x-amz-content-sha256` says of the body, so the head can be
/// judged before the body comes; the body is then checked while it is read. The other services sign
/// the body's hash itself: there the body, which is small, is read first, but not before key, token
/// and time have been found good.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
public final class SignatureVerifier {
  static final Duration SKEW = Duration.ofMinutes(15);

  /// A function's zip of 50 MB travels in base64; nothing else comes near.
  private static final int LAMBDA_BODY_LIMIT_BYTES = 72 << 20;

  private static final int BODY_LIMIT_BYTES = 6 << 20;

  private final AccessKeyLookup book;
  private final InstantSource clock;
  private final SigningKeys keys = new SigningKeys();

  public SignatureVerifier(Credentials.Source source, InstantSource clock) {
    this.book = new AccessKeyLookup(source, clock);
    this.clock = clock;
  }

  /// Verifies a request to a service.
  ///
  /// @param service the signing name of the service that the request was routed to, such as `s3`;
  ///   it also decides how a refusal reads
  /// @throws AwsException where the signature is malformed, expired, of an unknown key, or wrong
  public Verified verify(Request http, String service) throws IOException {
    return verify(http, service, http.rawPath());
  }

  /// The same for a request to S3 whose host may name the bucket. A browser's form that posts to a
  /// bucket comes out as the PUT of the object that it stands for: see [Signing#isForm].
  ///
  /// @param path the request's, with the bucket in front: so Version 2 signs it
  public Verified verify(Request http, String service, String path) throws IOException {
    SignatureErrors refusals = SignatureErrors.of(service, http);
    Optional<Claim> claim = Claim.read(http, service, refusals);
    if (service.equals("s3") && UploadForm.is(http, path)) {
      if (claim.isPresent()) {
        throw refusals.ambiguous();
      }
      return new PostVerifier(book, clock).verify(http, path);
    }
    if (claim.isEmpty() && service.equals("s3") && isOld(http)) {
      return new SignatureV2(book, clock).verify(http, path);
    }
    if (claim.isEmpty()) {
      return new Verified.Anonymous(PayloadCheck.ofAnonymous(http), Signing.NONE);
    }
    return verify(http, claim.get(), refusals);
  }

  private static boolean isOld(Request http) {
    return !http.rawQuery().isEmpty() && SignatureV2.signs(RawQuery.of(http.rawQuery()));
  }

  private Verified verify(Request http, Claim claim, SignatureErrors refusals) throws IOException {
    Scope scope = claim.scope();
    if (!Region.isValid(scope.region()) && Region.ofScope(scope.region()).isEmpty()) {
      throw refusals.wrongRegion(claim.form(), scope.region());
    }
    if (!claim.timestamp().startsWith(scope.date())) {
      throw refusals.wrongScopeDate(claim.form(), scope.date(), claim.timestamp());
    }
    checkTime(claim, refusals);
    Credentials credentials = book.find(claim.accessKeyId(), claim.sessionToken(), refusals);
    requireSigned(http, claim, refusals);

    boolean s3 = scope.service().equals("s3");
    byte[] body = s3 ? new byte[0] : read(http.body(), scope.service());
    String payloadHash = s3 ? PayloadCheck.headOf(http, claim.form()) : SigningKey.sha256(body);
    SigningKey key = keys.get(credentials.secret(), scope);
    checkSignature(http, claim, payloadHash, key, refusals);
    keys.keep(credentials.secret(), scope, key);

    Request checked =
        s3
            ? PayloadCheck.of(
                claim.form() == Form.QUERY ? HoistedHeaders.lowered(http) : http,
                payloadHash,
                new ChunkSignatures(key, claim.timestamp(), scope, claim.signature()))
            : http.withBody(Body.of(body));
    return new Verified.Signed(
        checked,
        credentials,
        scope,
        new Signing(
            claim.form() == Form.QUERY ? Signing.QUERY : Signing.HEADER,
            Signing.VERSION_4,
            claim.signed(),
            payloadHash));
  }

  private void checkTime(Claim claim, SignatureErrors refusals) {
    Instant now = clock.instant();
    if (claim.signed().isAfter(now.plus(SKEW))) {
      throw refusals.skewed(claim.timestamp(), claim.signed(), now, SKEW);
    }
    if (claim.life().isPresent()) {
      Duration life = claim.life().get();
      if (now.isAfter(claim.signed().plus(life))) {
        throw refusals.expired(claim.signed(), life, now);
      }
    } else if (claim.signed().isBefore(now.minus(SKEW))) {
      throw refusals.skewed(claim.timestamp(), claim.signed(), now, SKEW);
    }
  }

  /// `Host` and all of `x-amz-*` must be signed: an unsigned one could have been added on the way.
  /// S3 lets pass `x-amz-content-sha256`, whose value the signature covers anyway.
  private static void requireSigned(Request http, Claim claim, SignatureErrors refusals) {
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
      throw refusals.notSigned(missing);
    }
  }

  private static void checkSignature(
      Request http, Claim claim, String payloadHash, SigningKey key, SignatureErrors refusals) {
    Scope scope = claim.scope();
    RawQuery query = RawQuery.of(http.rawQuery()).without(PresignedQuery.SIGNATURE);
    String canonical =
        CanonicalRequest.asSent(
            scope.service(),
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
    String respelled =
        CanonicalRequest.respelled(
            scope.service(),
            http.method(),
            http.rawPath(),
            query,
            http.headers(),
            claim.signedHeaders(),
            payloadHash);
    String other = SigningKey.stringToSign(claim.timestamp(), scope, respelled);
    if (!SigningKey.matches(key.sign(other), claim.signature())) {
      throw refusals.mismatch(claim.accessKeyId(), stringToSign, claim.signature(), canonical);
    }
  }

  private static byte[] read(Body body, String service) throws IOException {
    boolean lambda = service.equals("lambda");
    int limit = lambda ? LAMBDA_BODY_LIMIT_BYTES : BODY_LIMIT_BYTES;
    if (body.length().orElse(0) > limit) {
      throw CommonError.REQUEST_ENTITY_TOO_LARGE.exception();
    }
    try {
      return body.readAll(limit, lambda ? Body.PAYLOAD_COPIES : Body.DOCUMENT_COPIES);
    } catch (Body.TooLargeException e) {
      throw CommonError.REQUEST_ENTITY_TOO_LARGE.exception();
    }
  }
}
