package io.carillon.aws.sigv4;

import io.carillon.aws.Credentials;
import io.carillon.aws.Signing;
import io.carillon.base.Region;
import io.carillon.http.Request;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// Verifies the signature of a browser upload's form, and its fields against the policy. The result
/// is the equivalent PutObject request. boto3's `generate_presigned_post` uses Signature Version 2
/// by default.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html
final class PostVerifier {
  /// A signing key is valid for a week.
  private static final Duration MAX_LIFE = Duration.ofDays(7);

  /// The largest single upload: 5 GiB.
  private static final long MAX_UPLOAD_BYTES = 5L << 30;

  private static final String V2_KEY_ID = "awsaccesskeyid";
  private static final String V2_SIGNATURE = "signature";
  private static final SignatureErrors ERRORS = new SignatureErrors.OfS3();

  private final String service;
  private final AccessKeyLookup accessKeys;
  private final InstantSource clock;

  /// @param service the signing name
  PostVerifier(String service, AccessKeyLookup accessKeys, InstantSource clock) {
    this.service = service;
    this.accessKeys = accessKeys;
    this.clock = clock;
  }

  /// @param scope empty for Signature Version 2, which has none
  private record FormSigner(Credentials credentials, Optional<Scope> scope, Signing signing) {}

  /// A verified form; the file has not been read yet.
  record Post(
      Credentials credentials,
      Optional<Scope> scope,
      Signing signing,
      long minBytes,
      long maxBytes) {}

  /// Reads a form up to its file, and verifies it.
  ///
  /// @param path of the request, with the bucket in front: the path of a bucket, as in
  ///   [UploadForm#is]
  Verified verify(Request http, String path) throws IOException {
    String bucket = PercentCoding.decode(path.replace("/", ""));
    UploadForm form = UploadForm.read(http);
    Optional<Post> verified = verify(form.fields(), bucket);
    if (verified.isEmpty()) {
      return new Verified.Anonymous(
          form.toPutObject(http, bucket, 0, MAX_UPLOAD_BYTES), Signing.NONE_OF_FORM);
    }
    Post post = verified.get();
    Request put =
        form.toPutObject(
            http, bucket, post.minBytes(), Math.min(post.maxBytes(), MAX_UPLOAD_BYTES));
    return post.scope().isPresent()
        ? new Verified.Signed(put, post.credentials(), post.scope().get(), post.signing())
        : new Verified.SignedV2(put, post.credentials(), post.signing());
  }

  /// Verifies a form. Empty where it has neither policy nor signature: then it is unsigned.
  ///
  /// @param form the fields before `file`, by lower-case name, with `${filename}` already replaced,
  ///   so that the checked key is the one that will be written
  /// @param bucket of the request
  Optional<Post> verify(Map<String, String> form, String bucket) {
    boolean old = form.containsKey(V2_KEY_ID) || form.containsKey(V2_SIGNATURE);
    boolean current = form.containsKey("x-amz-signature");
    if (old && current) {
      throw ERRORS.ambiguous();
    }
    if (!old && !current && !form.containsKey("policy")) {
      return Optional.empty();
    }
    String base64 = require(form, "Policy");
    FormSigner signer = old ? signerV2(form, base64) : signer(form, base64);

    PostPolicy policy = PostPolicy.parse(base64);
    if (!clock.instant().isBefore(policy.expiration())) {
      throw PostPolicy.violated("Policy expired.");
    }
    Map<String, String> fields = new HashMap<>(form);
    fields.put("bucket", bucket);
    policy.check(fields);
    return Optional.of(
        new Post(
            signer.credentials(),
            signer.scope(),
            signer.signing(),
            policy.minBytes(),
            policy.maxBytes()));
  }

  private FormSigner signer(Map<String, String> form, String base64) {
    String algorithm = require(form, "X-Amz-Algorithm");
    if (!algorithm.equals(SigningKey.ALGORITHM)) {
      throw ERRORS.unsupported(algorithm);
    }
    String signature = require(form, "X-Amz-Signature");
    Scope.Credential credential = credential(require(form, "X-Amz-Credential"));
    Scope scope = credential.scope();
    Instant signed = checkTime(scope, require(form, "X-Amz-Date"));
    Credentials credentials = find(form, credential.accessKeyId());
    SigningKey key = SigningKey.derive(credentials.secret(), scope);
    if (!SigningKey.matches(key.sign(base64), signature)) {
      throw SignatureV2.mismatch(credential.accessKeyId(), base64, signature);
    }
    return new FormSigner(
        credentials, Optional.of(scope), new Signing(Signing.FORM, Signing.VERSION_4, signed, ""));
  }

  private FormSigner signerV2(Map<String, String> form, String base64) {
    String accessKeyId = require(form, "AWSAccessKeyId");
    String signature = require(form, "Signature");
    Credentials credentials = find(form, accessKeyId);
    if (!SigningKey.matches(SignatureV2.sign(credentials.secret(), base64), signature)) {
      throw SignatureV2.mismatch(accessKeyId, base64, signature);
    }
    return new FormSigner(
        credentials, Optional.empty(), new Signing(Signing.FORM, Signing.VERSION_2, null, ""));
  }

  private Credentials find(Map<String, String> form, String accessKeyId) {
    return accessKeys.find(accessKeyId, form.getOrDefault("x-amz-security-token", ""), ERRORS);
  }

  private static String require(Map<String, String> form, String name) {
    String value = form.get(name.toLowerCase(Locale.ROOT));
    if (value == null) {
      throw UploadForm.missing(name);
    }
    return value;
  }

  private Scope.Credential credential(String text) {
    return Scope.Credential.tryParse(text)
        .filter(credential -> credential.scope().service().equals(service))
        .filter(credential -> credential.terminator().equals(Scope.TERMINATOR))
        .filter(credential -> Region.ofScope(credential.scope().region()).isPresent())
        .orElseThrow(
            () ->
                ERRORS.malformedQuery(
                    "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed;"
                        + " expecting \"<YOUR-AKID>/YYYYMMDD/REGION/"
                        + service
                        + "/aws4_request\"."));
  }

  private Instant checkTime(Scope scope, String timestamp) {
    Instant signed =
        SignatureErrors.parse(timestamp)
            .orElseThrow(
                () ->
                    S3SignatureError.INVALID_ARGUMENT
                        .because("X-Amz-Date must be formated via ISO8601 Long format")
                        .with("ArgumentName", "X-Amz-Date")
                        .with("ArgumentValue", timestamp));
    if (!timestamp.startsWith(scope.date())) {
      throw ERRORS.wrongScopeDate(SignatureErrors.Form.QUERY, scope.date(), timestamp);
    }
    Instant now = clock.instant();
    if (now.isAfter(signed.plus(MAX_LIFE))) {
      throw ERRORS.expired(signed, MAX_LIFE, now);
    }
    if (signed.isAfter(now.plus(SignatureVerifier.SKEW))) {
      throw ERRORS.skewed(timestamp, signed, now, SignatureVerifier.SKEW);
    }
    return signed;
  }
}
