package io.carillon.aws.sigv4;

import io.carillon.aws.AwsException;
import io.carillon.aws.Credentials;
import io.carillon.base.Region;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// Decides who signed the form of a browser upload, and whether it was filled in as they allow.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html
public final class PostVerifier {
  /// A signing key is good for a week.
  private static final Duration LONGEST_LIFE = Duration.ofDays(7);

  private static final Refusals REFUSALS = new Refusals.OfS3();

  private final KeyBook book;
  private final InstantSource clock;

  public PostVerifier(Credentials.Source source, InstantSource clock) {
    this.book = new KeyBook(source, clock);
    this.clock = clock;
  }

  /// An upload that its signer allows, as far as the form goes; the file has not come yet.
  public record Post(Credentials credentials, Scope scope, long shortestBytes, long longestBytes) {

    /// @throws AwsException where the file is shorter or longer than the policy allows
    public void checkLength(long bytes) {
      if (bytes > longestBytes) {
        throw S3SignatureError.ENTITY_TOO_LARGE
            .with("ProposedSize", Long.toString(bytes))
            .with("MaxSizeAllowed", Long.toString(longestBytes));
      }
      if (bytes < shortestBytes) {
        throw S3SignatureError.ENTITY_TOO_SMALL
            .with("ProposedSize", Long.toString(bytes))
            .with("MinSizeAllowed", Long.toString(shortestBytes));
      }
    }
  }

  /// Verifies a form. Empty where it carries neither policy nor signature: then nobody signed.
  ///
  /// @param form the fields before `file`, the name of the file already put for `${filename}` in
  ///   `key`, so that the key which will be written is the one that is judged
  /// @param bucket the one that is posted to
  public Optional<Post> verify(Map<String, String> form, String bucket) {
    Map<String, String> fields = new HashMap<>();
    form.forEach((name, value) -> fields.put(name.toLowerCase(Locale.ROOT), value));
    if (fields.containsKey("awsaccesskeyid") || fields.containsKey("signature")) {
      throw REFUSALS.unsupported("Signature Version 2");
    }
    if (!fields.containsKey("policy") && !fields.containsKey("x-amz-signature")) {
      return Optional.empty();
    }
    fields.put("bucket", bucket);
    String algorithm = require(fields, "X-Amz-Algorithm");
    if (!algorithm.equals(SigningKey.ALGORITHM)) {
      throw REFUSALS.unsupported(algorithm);
    }
    String base64 = require(fields, "Policy");
    String signature = require(fields, "X-Amz-Signature");
    Scope.Credential credential = credential(require(fields, "X-Amz-Credential"));
    checkTime(credential.scope(), require(fields, "X-Amz-Date"));

    Credentials credentials =
        book.find(
            credential.accessKeyId(), fields.getOrDefault("x-amz-security-token", ""), REFUSALS);
    SigningKey key = SigningKey.derive(credentials.secret(), credential.scope());
    if (!SigningKey.matches(key.sign(base64), signature)) {
      throw S3SignatureError.SIGNATURE_DOES_NOT_MATCH
          .with("AWSAccessKeyId", credential.accessKeyId())
          .with("StringToSign", base64)
          .with("SignatureProvided", signature);
    }

    PostPolicy policy = PostPolicy.parse(base64);
    if (!clock.instant().isBefore(policy.expiration())) {
      throw PostPolicy.violated("Policy expired.");
    }
    policy.check(fields);
    return Optional.of(
        new Post(credentials, credential.scope(), policy.shortestBytes(), policy.longestBytes()));
  }

  private static String require(Map<String, String> fields, String name) {
    String value = fields.get(name.toLowerCase(Locale.ROOT));
    if (value == null) {
      throw S3SignatureError.INVALID_ARGUMENT
          .because(
              "Bucket POST must contain a field named '"
                  + name
                  + "'.  If it is specified, please check the order of the fields.")
          .with("ArgumentName", name)
          .with("ArgumentValue", "");
    }
    return value;
  }

  private static Scope.Credential credential(String text) {
    return Scope.Credential.tryParse(text)
        .filter(credential -> credential.scope().service().equals("s3"))
        .filter(credential -> credential.terminator().equals(Scope.TERMINATOR))
        .filter(credential -> Region.isValid(credential.scope().region()))
        .orElseThrow(
            () ->
                REFUSALS.malformedQuery(
                    "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed;"
                        + " expecting \"<YOUR-AKID>/YYYYMMDD/REGION/s3/aws4_request\"."));
  }

  private void checkTime(Scope scope, String timestamp) {
    Instant signed =
        Refusals.parse(timestamp)
            .orElseThrow(
                () ->
                    S3SignatureError.INVALID_ARGUMENT
                        .because("X-Amz-Date must be formated via ISO8601 Long format")
                        .with("ArgumentName", "X-Amz-Date")
                        .with("ArgumentValue", timestamp));
    if (!timestamp.startsWith(scope.date())) {
      throw REFUSALS.wrongScopeDate(Refusals.Form.QUERY, scope.date(), timestamp);
    }
    Instant now = clock.instant();
    if (now.isAfter(signed.plus(LONGEST_LIFE))) {
      throw REFUSALS.expired(signed, LONGEST_LIFE, now);
    }
    if (signed.isAfter(now.plus(SignatureVerifier.SKEW))) {
      throw REFUSALS.skewed(timestamp, signed, now, SignatureVerifier.SKEW);
    }
  }
}
