package io.carillon.aws.sigv4;

import static io.carillon.aws.sigv4.Example.change;
import static io.carillon.aws.sigv4.Example.mismatchCode;
import static io.carillon.aws.sigv4.Example.presigned;
import static io.carillon.aws.sigv4.Example.refusal;
import static io.carillon.aws.sigv4.Example.withHeader;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.aws.AwsException;
import io.carillon.aws.Credentials;
import io.carillon.aws.Specs;
import io.carillon.base.Region;
import io.carillon.base.Secret;
import io.carillon.http.Body;
import io.carillon.http.BodyOf;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignatureVerifierTest {
  private static final byte[] BODY = Example.bytes("Action=ListTopics&Version=2010-03-31");

  private static final URI BUCKET = URI.create("http://localhost:4566/bucket/key?tagging");

  private static final URI ROOT = URI.create("http://localhost:4566/");

  private static Request toS3() {
    return Example.signed("s3", "PUT", BUCKET, new Headers(), BODY);
  }

  private static Request to(String service) {
    Headers headers = new Headers().add("Content-Type", "application/x-www-form-urlencoded");
    if (service.equals("logs")) {
      headers.add("X-Amz-Target", "Logs_20140328.DescribeLogGroups");
    }
    return Example.signed(service, "POST", ROOT, headers, BODY);
  }

  private static Request withAuthorization(Request request, UnaryOperator<String> change) {
    String authorization = request.headers().find("authorization").orElseThrow();
    return withHeader(request, "authorization", change.apply(authorization));
  }

  @ParameterizedTest
  @MethodSource("io.carillon.aws.Specs#names")
  void requestsOfOurSignerVerify(String service) throws IOException {
    Request request = service.equals("s3") ? toS3() : to(service);

    Verified verified = Example.verifier().verify(request, Specs.of(service));

    assertThat(verified)
        .isInstanceOfSatisfying(
            Verified.Signed.class,
            signed -> {
              assertThat(signed.credentials()).isEqualTo(Example.longTerm());
              assertThat(signed.scope()).isEqualTo(new Scope("20130524", "us-east-1", service));
              assertThat(signed.presigned()).isFalse();
            });
    assertThat(verified.request().body().readAllBytes()).isEqualTo(BODY);
  }

  @Test
  void theScopeCanBeReadBeforeVerification() {
    assertThat(Scope.of(to("sns"))).contains(new Scope("20130524", "us-east-1", "sns"));
    assertThat(
            Scope.of(presigned(Example.signer("sqs").presign("GET", ROOT, Duration.ofMinutes(1)))))
        .contains(new Scope("20130524", "us-east-1", "sqs"));
    assertThat(Scope.of(Example.request("GET", "/", "", new Headers(), new byte[0]))).isEmpty();
    assertThat(Scope.of(withHeader(toS3(), "authorization", "Bearer x"))).isEmpty();
    assertThat(Scope.of(withHeader(toS3(), "authorization", "AWS4-HMAC-SHA256 Credential=a/b")))
        .isEmpty();
  }

  @Test
  void unsignedRequestsAreAnonymous() throws IOException {
    Request request =
        Example.request("GET", "/bucket/key", "", new Headers().add("Host", "localhost"), BODY);

    Verified verified = Example.verifier().verify(request, Specs.of("s3"));

    assertThat(verified).isInstanceOf(Verified.Anonymous.class);
    assertThat(verified.request().body().readAllBytes()).isEqualTo(BODY);
  }

  @Test
  void anonymousBodiesAreVerifiedAndUnframed() throws IOException {
    Headers hashed = new Headers().add("x-amz-content-sha256", Example.EMPTY_HASH);
    Headers framed =
        new Headers()
            .add("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
            .add("x-amz-decoded-content-length", "5")
            .add("Content-Encoding", "aws-chunked,gzip");

    Request request =
        Example.verifier()
            .verify(
                Example.request(
                    "PUT", "/b/k", "", framed, Example.bytes("5\r\nhello\r\n0\r\n\r\n")),
                Specs.of("s3"))
            .request();

    assertThat(request.body().readAllBytes()).isEqualTo(Example.bytes("hello"));
    assertThat(request.headers().first("Content-Encoding")).isEqualTo("gzip");
    assertThat(refusal(Example.request("PUT", "/b/k", "", hashed, BODY), "s3").error().code())
        .isEqualTo("XAmzContentSHA256Mismatch");
  }

  @Test
  void trailersOtherThanChecksumsAreRejected() {
    Headers headers =
        new Headers()
            .add("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
            .add("x-amz-decoded-content-length", "5")
            .add("x-amz-trailer", "x-amz-foo");

    AwsException refusal = refusal(Example.request("PUT", "/b/k", "", headers, BODY), "s3");
    assertThat(refusal.error().code()).isEqualTo("InvalidRequest");
    assertThat(refusal).hasMessageContaining("x-amz-foo");
  }

  @Test
  void anonymousChunksCannotBeSigned() {
    Headers headers =
        new Headers()
            .add("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
            .add("x-amz-decoded-content-length", "5");

    assertThat(refusal(Example.request("PUT", "/b/k", "", headers, BODY), "s3").error().code())
        .isEqualTo("InvalidRequest");
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3", "sns", "logs", "lambda"})
  void changingAnyPartOfTheHeadBreaksTheSignature(String service) {
    Request good = service.equals("s3") ? toS3() : to(service);
    String code = mismatchCode(service);

    assertThat(refusal(change(good, "DELETE", good.rawPath(), good.rawQuery()), service))
        .satisfies(e -> assertThat(e.error().code()).isEqualTo(code));
    assertThat(refusal(change(good, good.method(), "/other", good.rawQuery()), service))
        .satisfies(e -> assertThat(e.error().code()).isEqualTo(code));
    assertThat(refusal(change(good, good.method(), good.rawPath(), "acl"), service))
        .satisfies(e -> assertThat(e.error().code()).isEqualTo(code));
    assertThat(refusal(withHeader(good, "Host", "elsewhere"), service))
        .satisfies(e -> assertThat(e.error().code()).isEqualTo(code));
    assertThat(refusal(withHeader(good, "x-amz-date", "20130524T000001Z"), service))
        .satisfies(e -> assertThat(e.error().code()).isEqualTo(code));
    assertThat(refusal(withAuthorization(good, a -> a.replace("us-east-1", "us-east-2")), service))
        .satisfies(e -> assertThat(e.error().code()).isEqualTo(code));
    assertThat(
            refusal(
                withAuthorization(good, a -> a.replaceAll("Signature=.", "Signature=x")), service))
        .satisfies(e -> assertThat(e.error().code()).isEqualTo(code));
    assertThat(
            refusal(
                withAuthorization(good, a -> a.replaceAll("Signature=.*", "Signature=")), service))
        .satisfies(e -> assertThat(e.error().code()).isEqualTo(code));
  }

  @ParameterizedTest
  @ValueSource(strings = {"sns", "logs", "lambda", "sts"})
  void changingTheBodyBreaksTheSignature(String service) {
    Request tampered = to(service).withBody(Body.of(Example.bytes("Action=DeleteTopic")));

    assertThat(refusal(tampered, service).error().code()).isEqualTo(mismatchCode(service));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4096})
  void changingAnObjectsBodyIsDetectedBeforeItsLastByte(int readSize) throws IOException {
    byte[] tampered = BODY.clone();
    tampered[0] ^= 1;
    Body body =
        Example.verifier()
            .verify(toS3().withBody(Body.of(tampered)), Specs.of("s3"))
            .request()
            .body();

    AwsException refused =
        catchThrowableOfType(
            AwsException.class,
            () -> {
              int left = BODY.length; // reads the declared length, and not on to the end
              while (left > 0) {
                left -= body.read(new byte[readSize], 0, readSize);
              }
            });

    assertThat(refused.error().code()).isEqualTo("XAmzContentSHA256Mismatch");
    assertThat(refused.error().status()).isEqualTo(400);
    assertThat(refused.members())
        .containsEntry("ClientComputedContentSHA256", SigningKey.sha256(BODY))
        .containsEntry("S3ComputedContentSHA256", SigningKey.sha256(tampered));
  }

  @Test
  void aRemovedBodyIsDetectedAtOnce() {
    AwsException refused =
        catchThrowableOfType(
            AwsException.class,
            () -> Example.verifier().verify(toS3().withBody(Body.of(new byte[0])), Specs.of("s3")));

    assertThat(refused.error().code()).isEqualTo("XAmzContentSHA256Mismatch");
  }

  @Test
  void aBodyOfUnknownLengthIsComparedAtItsEnd() throws IOException {
    Body whole = Body.of(Example.bytes("other"));
    Body body = BodyOf.unknownLength(whole::read);

    assertThat(refusal(toS3().withBody(body), "s3").error().code())
        .isEqualTo("XAmzContentSHA256Mismatch");
  }

  @Test
  void anUnsignedPayloadIsNotVerified() throws IOException {
    Headers headers = new Headers().add("Host", "localhost:4566");
    Example.signer("s3").sign("PUT", BUCKET, headers, "UNSIGNED-PAYLOAD").forEach(headers::add);

    Verified verified =
        Example.verifier()
            .verify(
                Example.request("PUT", "/bucket/key", "tagging", headers, BODY), Specs.of("s3"));

    assertThat(verified.request().body().readAllBytes()).isEqualTo(BODY);
  }

  @ParameterizedTest
  @CsvSource({
    "UNSIGNED, InvalidArgument",
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, InvalidArgument",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, MissingContentLength",
  })
  void unverifiablePayloadsAreRejected(String payload, String code) {
    Headers headers = new Headers().add("Host", "localhost:4566");
    Example.signer("s3").sign("PUT", BUCKET, headers, payload).forEach(headers::add);

    assertThat(
            refusal(Example.request("PUT", "/bucket/key", "tagging", headers, BODY), "s3")
                .error()
                .code())
        .isEqualTo(code);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "-1", "1.5", "99999999999999999999"})
  void malformedDecodedLengthsAreRejected(String length) {
    Headers headers =
        new Headers().add("Host", "localhost:4566").add("x-amz-decoded-content-length", length);
    Example.signer("s3")
        .sign("PUT", BUCKET, headers, "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
        .forEach(headers::add);

    AwsException refused =
        refusal(Example.request("PUT", "/bucket/key", "tagging", headers, BODY), "s3");

    assertThat(refused.error().code()).isEqualTo("InvalidArgument");
    assertThat(refused.members()).containsEntry("ArgumentName", "x-amz-decoded-content-length");
  }

  @Test
  void s3ReportsItsCanonicalRequest() {
    AwsException refused =
        refusal(withAuthorization(toS3(), a -> a.replaceAll("Signature=.*", "Signature=0")), "s3");

    assertThat(refused.error().status()).isEqualTo(403);
    assertThat(refused.members())
        .containsEntry("AWSAccessKeyId", Example.KEY_ID)
        .containsEntry("SignatureProvided", "0")
        .hasEntrySatisfying(
            "StringToSign",
            text -> assertThat(text).startsWith("AWS4-HMAC-SHA256\n20130524T000000Z\n"))
        .hasEntrySatisfying(
            "CanonicalRequest", text -> assertThat(text).startsWith("PUT\n/bucket/key\ntagging=\n"))
        .hasEntrySatisfying(
            "CanonicalRequestBytes", text -> assertThat(text).startsWith("50 55 54 a 2f"));
  }

  @ParameterizedTest
  @CsvSource({
    "s3, InvalidAccessKeyId, 403",
    "sns, InvalidClientTokenId, 403",
    "iam, InvalidClientTokenId, 403",
    "logs, UnrecognizedClientException, 400",
    "lambda, UnrecognizedClientException, 403"
  })
  void anUnknownKeyIsRejected(String service, String code, int status) {
    Request request = service.equals("s3") ? toS3() : to(service);

    AwsException refused =
        refusal(withAuthorization(request, a -> a.replace(Example.KEY_ID, "AKIAUNKNOWN")), service);

    assertThat(refused.error().code()).isEqualTo(code);
    assertThat(refused.error().status()).isEqualTo(status);
  }

  @Test
  void noBodyIsReadForAnUnknownKey() {
    Body body = BodyOf.unknownLength(BodyOf.mustNotBeRead());
    Request request =
        withAuthorization(to("lambda").withBody(body), a -> a.replace(Example.KEY_ID, "AKIAX"));

    assertThat(refusal(request, "lambda").error().code()).isEqualTo("UnrecognizedClientException");
  }

  @Test
  void aBodyBeyondTheLimitIsRejected() {
    Request request = to("sns").withBody(Body.of(new byte[(6 << 20) + 1]));

    assertThat(refusal(request, "sns").error().code()).isEqualTo("RequestEntityTooLarge");
  }

  @ParameterizedTest
  @CsvSource({
    "s3, RequestTimeTooSkewed, 403",
    "sns, SignatureDoesNotMatch, 403",
    "logs, InvalidSignatureException, 400",
    "lambda, InvalidSignatureException, 403"
  })
  void signaturesAreValidForFifteenMinutes(String service, String code, int status)
      throws IOException {
    Request request = service.equals("s3") ? toS3() : to(service);
    Duration quarter = Duration.ofMinutes(15);

    Example.verifierAt(Example.DAY.plus(quarter)).verify(request, Specs.of(service));
    AwsException late =
        refusal(Example.verifierAt(Example.DAY.plus(quarter).plusSeconds(1)), request, service);
    AwsException early =
        refusal(Example.verifierAt(Example.DAY.minus(quarter).minusSeconds(1)), request, service);

    assertThat(late.error().code()).isEqualTo(code);
    assertThat(early.error().code()).isEqualTo(code);
    assertThat(late.error().status()).isEqualTo(status);
    if (service.equals("s3")) {
      assertThat(late.members())
          .containsEntry("RequestTime", "20130524T000000Z")
          .containsEntry("ServerTime", "2013-05-24T00:15:01Z")
          .containsEntry("MaxAllowedSkewMilliseconds", "900000");
    } else {
      assertThat(late)
          .hasMessage(
              "Signature expired: 20130524T000000Z is now earlier than 20130524T000001Z"
                  + " (20130524T001501Z - 15 min.)");
      assertThat(early)
          .hasMessage(
              "Signature not yet current: 20130524T000000Z is still later than 20130523T235959Z"
                  + " (20130523T234459Z + 15 min.)");
    }
  }

  @Test
  void theDateHeaderReplacesAMissingXAmzDate() throws IOException {
    Headers headers =
        new Headers()
            .add("Host", "localhost:4566")
            .add("Date", "Fri, 24 May 2013 00:00:00 GMT")
            .add("x-amz-content-sha256", Example.EMPTY_HASH);
    Scope scope = new Scope("20130524", "us-east-1", "s3");
    String canonical =
        "GET\n/b\n\ndate:Fri, 24 May 2013 00:00:00 GMT\nhost:localhost:4566\n\ndate;host\n"
            + Example.EMPTY_HASH;
    headers.add(
        "Authorization",
        Example.authorization(
            "date;host",
            SigningKey.derive(Example.SECRET, scope)
                .sign(SigningKey.stringToSign("20130524T000000Z", scope, canonical))));

    assertThat(
            Example.verifier()
                .verify(Example.request("GET", "/b", "", headers, new byte[0]), Specs.of("s3")))
        .isInstanceOf(Verified.Signed.class);
  }

  @ParameterizedTest
  @CsvSource({"s3, AccessDenied", "sns, IncompleteSignature", "logs, IncompleteSignatureException"})
  void aSignatureWithoutADateIsRejected(String service, String code) {
    Request request = service.equals("s3") ? toS3() : to(service);

    assertThat(refusal(withHeader(request, "x-amz-date", "yesterday"), service).error().code())
        .isEqualTo(code);
    request.headers().remove("x-amz-date");
    assertThat(refusal(request, service).error().code()).isEqualTo(code);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "AWS AKID:c2ln | InvalidRequest | Signature Version 2",
        "AWS4-ECDSA-P256-SHA256 Credential=a | InvalidRequest | AWS4-ECDSA-P256-SHA256",
        "Bearer x | InvalidRequest | Please use AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 | AuthorizationHeaderMalformed | key=value",
        "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host | AuthorizationHeaderMalformed"
            + " | Signature",
        "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0"
            + " | AuthorizationHeaderMalformed | the Credential is mal-formed",
        "AWS4-HMAC-SHA256 Credential=/20130524/us-east-1/s3/aws4_request, SignedHeaders=host,"
            + " Signature=0 | AuthorizationHeaderMalformed | the Credential is mal-formed",
        "AWS4-HMAC-SHA256 Credential=a/2013/us-east-1/s3/aws4_request, SignedHeaders=host,"
            + " Signature=0 | AuthorizationHeaderMalformed | incorrect date format \"2013\"",
        "AWS4-HMAC-SHA256 Credential=a/20130524/us-east-1/s3/aws5_request, SignedHeaders=host,"
            + " Signature=0 | AuthorizationHeaderMalformed | incorrect terminal \"aws5_request\"",
        "AWS4-HMAC-SHA256 Credential=a/20130524/us-east-1/ec2/aws4_request, SignedHeaders=host,"
            + " Signature=0 | AuthorizationHeaderMalformed | This endpoint belongs to \"s3\"",
        "AWS4-HMAC-SHA256 Credential=a/20130523/us-east-1/s3/aws4_request, SignedHeaders=host,"
            + " Signature=0 | AuthorizationHeaderMalformed | Invalid credential date",
        "AWS4-HMAC-SHA256 Credential=a/20130524/us_east_1/s3/aws4_request, SignedHeaders=host,"
            + " Signature=0 | AuthorizationHeaderMalformed | the region 'us_east_1' is wrong",
      })
  void malformedAuthorizationHeadersAreReported(String header, String code, String words) {
    AwsException refused = refusal(withHeader(toS3(), "authorization", header), "s3");

    assertThat(refused.error().code()).isEqualTo(code);
    assertThat(refused.error().status()).isEqualTo(400);
    assertThat(refused).hasMessageContaining(words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "AWS AKID:c2ln | IncompleteSignature",
        "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0 | IncompleteSignature",
        "AWS4-HMAC-SHA256 Credential=a/20130523/us-east-1/sns/aws4_request, SignedHeaders=host,"
            + " Signature=0 | SignatureDoesNotMatch",
        "AWS4-HMAC-SHA256 Credential=a/20130524/nowhere/sns/aws4_request, SignedHeaders=host,"
            + " Signature=0 | SignatureDoesNotMatch",
      })
  void otherServicesReportThemWithTheirOwnErrors(String header, String code) {
    assertThat(refusal(withHeader(to("sns"), "authorization", header), "sns").error().code())
        .isEqualTo(code);
  }

  @Test
  void xAmzHeadersMustBeSigned() {
    AwsException ofS3 = refusal(withHeader(toS3(), "x-amz-acl", "public-read"), "s3");
    AwsException ofSns = refusal(withHeader(to("sns"), "x-amz-acl", "x"), "sns");
    AwsException noHost =
        refusal(
            withAuthorization(
                toS3(), a -> a.replaceAll("SignedHeaders=[^,]*", "SignedHeaders=x-amz-date")),
            "s3");

    assertThat(ofS3.error().code()).isEqualTo("AccessDenied");
    assertThat(ofS3.members()).containsEntry("HeadersNotSigned", "x-amz-acl");
    assertThat(ofSns.error().code()).isEqualTo("SignatureDoesNotMatch");
    assertThat(noHost.members()).containsEntry("HeadersNotSigned", "host");
  }

  @Test
  void tracingHeadersNeedNotBeSigned() throws IOException {
    Request request = withHeader(toS3(), "x-amzn-trace-id", "Root=1");

    assertThat(Example.verifier().verify(request, Specs.of("s3")))
        .isInstanceOf(Verified.Signed.class);
  }

  @Test
  void s3RequiresAPayloadHash() {
    Request request = toS3();
    request.headers().remove("x-amz-content-sha256");

    AwsException refused = refusal(request, "s3");

    assertThat(refused.error().code()).isEqualTo("InvalidRequest");
    assertThat(refused).hasMessageContaining("x-amz-content-sha256");
  }

  @Test
  void onlyOneSigningMechanismIsAllowed() {
    Request both = toS3();
    Request twice = toS3();
    twice.headers().add("Authorization", "again");

    assertThat(refusal(change(both, "PUT", "/b", "X-Amz-Signature=0"), "s3").error().code())
        .isEqualTo("InvalidArgument");
    assertThat(refusal(twice, "s3").error().code()).isEqualTo("InvalidArgument");
  }

  @Test
  void aSessionNeedsItsToken() throws IOException {
    Credentials session = Example.session("token", Example.DAY.plusSeconds(60));
    SignatureVerifier verifier = Example.verifier(session, Example.DAY);
    Request good = bySession("token");

    assertThat(verifier.verify(good, Specs.of("s3"))).isInstanceOf(Verified.Signed.class);
    assertThat(refusal(verifier, bySession("other"), "s3").error().code())
        .isEqualTo("InvalidToken");
    assertThat(refusal(verifier, toS3(), "s3").error().code()).isEqualTo("InvalidAccessKeyId");
  }

  @Test
  void aLongTermKeyAcceptsNoToken() {
    assertThat(refusal(bySession("token"), "s3").error().code()).isEqualTo("InvalidToken");
  }

  @ParameterizedTest
  @CsvSource({
    "s3, ExpiredToken, 400",
    "sns, ExpiredToken, 403",
    "logs, ExpiredTokenException, 400",
    "lambda, ExpiredTokenException, 403"
  })
  void anExpiredSessionHasItsOwnError(String service, String code, int status) {
    Credentials session = Example.session("token", Example.DAY);
    Headers headers = new Headers();
    if (service.equals("logs")) {
      headers.add("X-Amz-Target", "Logs_20140328.DescribeLogGroups");
    }
    Signer signer =
        new Signer(
            Example.KEY_ID,
            Example.SECRET,
            Optional.of(new Secret("token")),
            Region.US_EAST_1,
            Specs.of(service),
            InstantSource.fixed(Example.DAY));
    Headers all = new Headers().add("Host", "localhost:4566");
    headers.forEach(all::add);
    signer.sign("POST", ROOT, headers, BODY).forEach(all::add);

    AwsException refused =
        refusal(
            Example.verifier(session, Example.DAY),
            Example.request("POST", "/", "", all, BODY),
            service);

    assertThat(refused.error().code()).isEqualTo(code);
    assertThat(refused.error().status()).isEqualTo(status);
  }

  private static Request bySession(String token) {
    Headers headers = new Headers().add("Host", "localhost:4566");
    new Signer(
            Example.KEY_ID,
            Example.SECRET,
            Optional.of(new Secret(token)),
            Region.US_EAST_1,
            Specs.of("s3"),
            InstantSource.fixed(Example.DAY))
        .sign("PUT", BUCKET, new Headers(), BODY)
        .forEach(headers::add);
    return Example.request("PUT", "/bucket/key", "tagging", headers, BODY);
  }
}
