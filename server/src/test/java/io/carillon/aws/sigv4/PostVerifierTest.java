package io.carillon.aws.sigv4;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.aws.AwsException;
import io.carillon.aws.Credentials;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PostVerifierTest {
  private static final Instant NOW = Instant.parse("2015-12-29T01:00:00Z");
  private static final String BUCKET = "sigv4examplebucket";
  private static final String CREDENTIAL =
      "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request";

  /// Of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html, line ends
  /// included.
  private static final String DOCUMENTED =
      """
      { "expiration": "2015-12-30T12:00:00.000Z",
        "conditions": [
          {"bucket": "sigv4examplebucket"},
          ["starts-with", "$key", "user/user1/"],
          {"acl": "public-read"},
          {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},
          ["starts-with", "$Content-Type", "image/"],
          {"x-amz-meta-uuid": "14365123651274"},
          {"x-amz-server-side-encryption": "AES256"},
          ["starts-with", "$x-amz-meta-tag", ""],

          {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},
          {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
          {"x-amz-date": "20151229T000000Z" }
        ]
      }\
      """
          .replace("\n", "\r\n");

  private static Map<String, String> documentedForm() {
    Map<String, String> form = new HashMap<>();
    form.put("key", "user/user1/photo.jpg");
    form.put("acl", "public-read");
    form.put(
        "success_action_redirect",
        "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html");
    form.put("Content-Type", "image/jpeg");
    form.put("x-amz-meta-uuid", "14365123651274");
    form.put("x-amz-server-side-encryption", "AES256");
    form.put("X-Amz-Credential", CREDENTIAL);
    form.put("X-Amz-Algorithm", "AWS4-HMAC-SHA256");
    form.put("X-Amz-Date", "20151229T000000Z");
    form.put("x-amz-meta-tag", "");
    form.put("Policy", base64(DOCUMENTED));
    form.put("X-Amz-Signature", "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e");
    return form;
  }

  private static String base64(String policy) {
    return Base64.getEncoder().encodeToString(policy.getBytes(StandardCharsets.UTF_8));
  }

  /// A signed form with these additional conditions, and only a key in it.
  private static Map<String, String> form(String conditions) {
    return sign(
        """
        {"expiration": "2015-12-30T12:00:00.000Z", "conditions": [
          ["starts-with", "$key", ""], {"x-amz-credential": "%s"},
          {"x-amz-algorithm": "AWS4-HMAC-SHA256"}, {"x-amz-date": "20151229T000000Z"} %s]}\
        """
            .formatted(CREDENTIAL, conditions));
  }

  private static Map<String, String> sign(String policy) {
    Map<String, String> form = new HashMap<>();
    form.put("key", "k");
    form.put("x-amz-credential", CREDENTIAL);
    form.put("x-amz-algorithm", "AWS4-HMAC-SHA256");
    form.put("x-amz-date", "20151229T000000Z");
    form.put("policy", base64(policy));
    Scope scope = new Scope("20151229", "us-east-1", "s3");
    form.put("x-amz-signature", SigningKey.derive(Example.SECRET, scope).sign(base64(policy)));
    return form;
  }

  private static PostVerifier verifierAt(Instant now) {
    return verifier(Example.longTerm(), now);
  }

  private static PostVerifier verifier(Credentials known, Instant now) {
    InstantSource clock = InstantSource.fixed(now);
    Credentials.Source source =
        (id, _) -> id.equals(known.accessKeyId()) ? Optional.of(known) : Optional.empty();
    return new PostVerifier("s3", new AccessKeyLookup(source, clock), clock);
  }

  private static Optional<PostVerifier.Post> verify(Map<String, String> form) {
    return verify(verifierAt(NOW), form, BUCKET);
  }

  private static Optional<PostVerifier.Post> verify(
      PostVerifier verifier, Map<String, String> form, String bucket) {
    Map<String, String> fields = new HashMap<>();
    form.forEach((name, value) -> fields.put(name.toLowerCase(Locale.ROOT), value));
    return verifier.verify(fields, bucket);
  }

  private static AwsException refusal(Map<String, String> form) {
    AwsException refused = catchThrowableOfType(AwsException.class, () -> verify(form));
    assertThat(refused).as("refusal of %s", form).isNotNull();
    return refused;
  }

  @Test
  void theDocumentedFormVerifies() {
    assertThat(verify(documentedForm()))
        .hasValueSatisfying(
            post -> {
              assertThat(post.credentials()).isEqualTo(Example.longTerm());
              assertThat(post.scope()).hasValue(new Scope("20151229", "us-east-1", "s3"));
              assertThat(post.signing().isForm()).isTrue();
              assertThat(post.minBytes()).isZero();
              assertThat(post.maxBytes()).isEqualTo(Long.MAX_VALUE);
            });
  }

  @Test
  void anUnsignedFormIsAnonymous() {
    assertThat(verify(Map.of("key", "k", "acl", "private"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"X-Amz-Credential", "X-Amz-Algorithm", "X-Amz-Date", "Policy", "X-Amz-Signature"})
  void missingFieldsAreNamed(String field) {
    Map<String, String> form = documentedForm();
    form.remove(field);

    AwsException refused = refusal(form);

    assertThat(refused.error().code()).isEqualTo("InvalidArgument");
    assertThat(refused.members()).containsEntry("ArgumentName", field);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "key | user/user2/photo.jpg | [\"starts-with\", \"$key\", \"user/user1/\"]",
        "acl | private | [\"eq\", \"$acl\", \"public-read\"]",
        "Content-Type | text/html | [\"starts-with\", \"$content-type\", \"image/\"]",
        "Content-Type | image/png,text/html | [\"starts-with\", \"$content-type\", \"image/\"]",
        "x-amz-meta-uuid | '' | [\"eq\", \"$x-amz-meta-uuid\", \"14365123651274\"]",
      })
  void fieldsThatViolateTheirConditionAreRejected(String field, String value, String condition) {
    Map<String, String> form = documentedForm();
    form.put(field, value);

    AwsException refused = refusal(form);

    assertThat(refused.error().code()).isEqualTo("AccessDenied");
    assertThat(refused)
        .hasMessage("Invalid according to Policy: Policy Condition failed: " + condition);
  }

  @Test
  void aMissingFieldViolatesItsCondition() {
    Map<String, String> form = documentedForm();
    form.remove("acl");

    assertThat(refusal(form)).hasMessageContaining("[\"eq\", \"$acl\", \"public-read\"]");
  }

  @Test
  void anotherBucketViolatesItsCondition() {
    AwsException refused =
        catchThrowableOfType(
            AwsException.class, () -> verify(verifierAt(NOW), documentedForm(), "other"));

    assertThat(refused).hasMessageContaining("$bucket");
  }

  @Test
  void everyFieldNeedsACondition() {
    Map<String, String> form = documentedForm();
    form.put("x-amz-meta-Other", "1");

    assertThat(refusal(form))
        .hasMessage("Invalid according to Policy: Extra input fields: x-amz-meta-other");
  }

  @Test
  void ignoredFieldsNeedNoCondition() {
    Map<String, String> form = documentedForm();
    form.put("x-ignore-me", "1");

    assertThat(verify(form)).isPresent();
  }

  @Test
  void everyContentTypeOfAListMustMatchThePrefix() {
    Map<String, String> form = documentedForm();
    form.put("Content-Type", "image/png, image/gif");

    assertThat(verify(form)).isPresent();
  }

  @Test
  void theNarrowestSizeRangeApplies() {
    Map<String, String> form =
        form(", [\"content-length-range\", 2, 10], [\"content-length-range\", \"3\", \"20\"]");
    PostVerifier.Post post = verify(form).orElseThrow();

    assertThat(post.minBytes()).isEqualTo(3);
    assertThat(post.maxBytes()).isEqualTo(10);
  }

  @Test
  void aVersion2FormIsLimitedByItsPolicy() {
    String policy =
        base64(
            "{\"expiration\": \"2015-12-30T12:00:00.000Z\", \"conditions\":"
                + " [[\"starts-with\", \"$key\", \"\"], {\"bucket\": \"sigv4examplebucket\"}]}");
    Map<String, String> form = new HashMap<>();
    form.put("key", "k");
    form.put("AWSAccessKeyId", "AKIAIOSFODNN7EXAMPLE");
    form.put("policy", policy);
    form.put("signature", SignatureV2.sign(Example.longTerm().secret(), policy));

    assertThat(verify(form))
        .hasValueSatisfying(
            post -> {
              assertThat(post.scope()).isEmpty();
              assertThat(post.signing().namesRegion()).isFalse();
            });
    form.put("signature", "x" + form.get("signature"));
    assertThat(refusal(form).error().code()).isEqualTo("SignatureDoesNotMatch");
  }

  @Test
  void trailingCommasAndEscapedDollarsAreAccepted() {
    Map<String, String> form = form(", {\"x-amz-meta-price\": \"\\$5\"},");
    form.put("x-amz-meta-price", "$5");

    assertThat(verify(form)).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "{\"conditions\": []}",
        "{\"expiration\": \"2015-12-30T12:00:00.000Z\"}",
        "{\"expiration\": \"tomorrow\", \"conditions\": []}",
        "{\"expiration\": 5, \"conditions\": []}",
        "{\"expiration\": \"2015-12-30T12:00:00.000Z\", \"conditions\": {}}",
        "{\"expiration\": \"2015-12-30T12:00:00.000Z\", \"conditions\": []} more",
        "{\"expiration\": \"2015-12-30T12:00:00.000Z\", \"conditions\": [",
      })
  void malformedPoliciesGrantNothing(String policy) {
    assertThat(refusal(sign(policy)).error().code()).isEqualTo("InvalidPolicyDocument");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"acl\"",
        "{}",
        "{\"acl\": \"a\", \"key\": \"k\"}",
        "{\"acl\": 5}",
        "[]",
        "[\"eq\", \"$acl\"]",
        "[\"eq\", \"acl\", \"private\"]",
        "[\"eq\", \"$acl\", 5]",
        "[\"eq\", 5, \"x\"]",
        "[\"ends-with\", \"$acl\", \"private\"]",
        "[\"content-length-range\", -1, 5]",
        "[\"content-length-range\", \"few\", 5]",
        "[\"content-length-range\", 1.5, 5]",
      })
  void malformedConditionsGrantNothing(String condition) {
    AwsException refused = refusal(form(", " + condition));

    assertThat(refused.error().code()).isEqualTo("InvalidPolicyDocument");
    assertThat(refused).hasMessageStartingWith("Invalid Policy: Invalid Condition: ");
  }

  @Test
  void aPolicyThatIsNotBase64GrantsNothing() {
    Map<String, String> form = form("");
    form.put("policy", "***");
    form.put(
        "x-amz-signature",
        SigningKey.derive(Example.SECRET, new Scope("20151229", "us-east-1", "s3")).sign("***"));

    assertThat(refusal(form).error().code()).isEqualTo("InvalidPolicyDocument");
  }

  @Test
  void aChangedPolicyDoesNotMatchItsSignature() {
    Map<String, String> form = documentedForm();
    form.put("Policy", base64(DOCUMENTED.replace("user1", "user2")));

    AwsException refused = refusal(form);

    assertThat(refused.error().code()).isEqualTo("SignatureDoesNotMatch");
    assertThat(refused.members()).containsKeys("AWSAccessKeyId", "StringToSign");
  }

  /// A policy counts only once its signer is authenticated: an unparsable one is only a signature
  /// that does not match.
  @Test
  void anUnsignedMalformedPolicyIsASignatureMismatch() {
    Map<String, String> older =
        new HashMap<>(Map.of("key", "k", "AWSAccessKeyId", "AKIAIOSFODNN7EXAMPLE"));
    older.put("signature", "x");
    for (Map<String, String> form : List.of(documentedForm(), older)) {
      for (String policy : List.of("***", "", base64("no JSON"), base64("{}"))) {
        form.put("Policy", policy);

        AwsException refused = refusal(form);

        assertThat(refused.error().code()).as(policy).isEqualTo("SignatureDoesNotMatch");
        assertThat(refused.error().status()).isEqualTo(403);
      }
    }
  }

  @Test
  void aPolicyIsValidUntilItExpires() {
    Instant end = Instant.parse("2015-12-30T12:00:00Z");

    assertThat(verify(verifierAt(end.minusMillis(1)), documentedForm(), BUCKET)).isPresent();
    AwsException late =
        catchThrowableOfType(
            AwsException.class, () -> verify(verifierAt(end), documentedForm(), BUCKET));
    assertThat(late.error().code()).isEqualTo("AccessDenied");
    assertThat(late).hasMessage("Invalid according to Policy: Policy expired.");
  }

  @Test
  void aSignatureIsValidForAtMostAWeek() {
    Map<String, String> form =
        sign(
            "{\"expiration\": \"2099-01-01T00:00:00Z\", \"conditions\": [[\"starts-with\","
                + " \"$key\", \"\"]]}");

    AwsException late =
        catchThrowableOfType(
            AwsException.class,
            () -> verify(verifierAt(Instant.parse("2016-01-05T00:00:01Z")), form, BUCKET));
    AwsException early =
        catchThrowableOfType(
            AwsException.class,
            () -> verify(verifierAt(Instant.parse("2015-12-28T23:44:59Z")), form, BUCKET));

    assertThat(late).hasMessage("Request has expired");
    assertThat(early.error().code()).isEqualTo("RequestTimeTooSkewed");
  }

  @ParameterizedTest
  @CsvSource({
    "x-amz-algorithm, AWS4-ECDSA-P256-SHA256, InvalidRequest",
    "x-amz-credential, nonsense, AuthorizationQueryParametersError",
    "x-amz-credential, AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/sns/aws4_request,"
        + " AuthorizationQueryParametersError",
    "x-amz-credential, AKIAIOSFODNN7EXAMPLE/20151228/us-east-1/s3/aws4_request,"
        + " AuthorizationQueryParametersError",
    "x-amz-credential, AKIAUNKNOWN/20151229/us-east-1/s3/aws4_request, InvalidAccessKeyId",
    "x-amz-date, today, InvalidArgument",
    "x-amz-security-token, token, InvalidToken",
    "AWSAccessKeyId, AKIAIOSFODNN7EXAMPLE, InvalidArgument",
  })
  void invalidSignatureFieldsAreNamed(String field, String value, String code) {
    Map<String, String> form = form("");
    form.put(field, value);

    assertThat(refusal(form).error().code()).isEqualTo(code);
  }

  @Test
  void aSessionsFormNeedsItsToken() {
    Map<String, String> form = form(", {\"x-amz-security-token\": \"token\"}");
    form.put("x-amz-security-token", "token");
    PostVerifier verifier = verifier(Example.session("token", NOW.plusSeconds(1)), NOW);

    assertThat(verify(verifier, form, BUCKET)).isPresent();
    form.put("x-amz-security-token", "other");
    AwsException refused =
        catchThrowableOfType(AwsException.class, () -> verify(verifier, form, BUCKET));
    assertThat(refused.error().code()).isEqualTo("InvalidToken");
  }
}
