package io.carillon.aws.sigv4;

import io.carillon.aws.AwsException;
import io.carillon.aws.ServiceSpec;
import io.carillon.aws.ServiceTrait;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/// The signature data of a request: parsed, not verified.
///
/// @param timestamp when it was signed, as in the string to sign
/// @param life how long a presigned request is valid; empty for signed headers
/// @param sessionToken empty for none
record Claim(
    SignatureErrors.Form form,
    String accessKeyId,
    Scope scope,
    List<String> signedHeaders,
    String signature,
    String timestamp,
    Instant signed,
    Optional<Duration> life,
    String sessionToken) {
  private static final Pattern DATE = Pattern.compile("[0-9]{8}");
  private static final Duration MAX_LIFE = Duration.ofDays(7);
  private static final String CREDENTIAL_FORMAT =
      "the Credential is mal-formed; expecting"
          + " \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";
  private static final List<String> REQUIRED =
      List.of(
          PresignedQuery.ALGORITHM,
          PresignedQuery.CREDENTIAL,
          PresignedQuery.SIGNATURE,
          PresignedQuery.DATE,
          PresignedQuery.SIGNED_HEADERS);

  /// Empty for an unsigned request.
  ///
  /// @throws AwsException where the signature is malformed or of an unsupported kind
  static Optional<Claim> read(Request http, ServiceSpec service, SignatureErrors errors) {
    List<String> authorizations = http.headers().all("authorization");
    RawQuery query = RawQuery.of(http.rawQuery());
    boolean presigned =
        !query.isEmpty()
            && (query.count(PresignedQuery.ALGORITHM) > 0
                || query.count(PresignedQuery.SIGNATURE) > 0);
    boolean oldPresigned = SignatureV2.isSigned(query);
    if (authorizations.size() > 1
        || (!authorizations.isEmpty() && (presigned || oldPresigned))
        || (presigned && oldPresigned)) {
      throw errors.ambiguous();
    }
    if (!authorizations.isEmpty()) {
      return Optional.of(
          ofHeader(authorizations.getFirst(), http.headers(), service.name(), errors));
    }
    if (oldPresigned && !service.has(ServiceTrait.PRESIGNED_VERSION_2)) {
      throw errors.unsupported("Signature Version 2");
    }
    return presigned ? Optional.of(ofQuery(query, service, errors)) : Optional.empty();
  }

  private static Claim ofHeader(
      String authorization, Headers headers, String service, SignatureErrors errors) {
    int space = authorization.indexOf(' ');
    String mechanism = space < 0 ? authorization : authorization.substring(0, space);
    if (!mechanism.equals(SigningKey.ALGORITHM)) {
      throw errors.unsupported(mechanism.equals("AWS") ? "Signature Version 2" : mechanism);
    }
    Map<String, String> part = new HashMap<>();
    for (String pair : authorization.substring(mechanism.length()).split(",", -1)) {
      int equals = pair.indexOf('=');
      if (equals < 0) {
        throw errors.malformedHeader(
            "'" + pair.trim() + "' is not a key=value pair (missing equal-sign).");
      }
      part.put(pair.substring(0, equals).trim(), pair.substring(equals + 1).trim());
    }
    for (String name : List.of("Credential", "SignedHeaders", "Signature")) {
      if (!part.containsKey(name)) {
        throw errors.malformedHeader("the '" + name + "' parameter is missing.");
      }
    }
    Scope.Credential credential =
        credential(part.getOrDefault("Credential", ""), service).orThrow(errors::malformedHeader);
    Instant signed = dateOf(headers).orElseThrow(errors::noDate);
    return new Claim(
        SignatureErrors.Form.HEADER,
        credential.accessKeyId(),
        credential.scope(),
        List.of(part.getOrDefault("SignedHeaders", "").split(";")),
        part.getOrDefault("Signature", ""),
        SignatureErrors.BASIC.format(signed),
        signed,
        Optional.empty(),
        headers.find("x-amz-security-token").orElse(""));
  }

  /// When a request was signed, by its own account: `x-amz-date`, else `Date`.
  private static Optional<Instant> dateOf(Headers headers) {
    Optional<String> own = headers.find("x-amz-date");
    if (own.isPresent()) {
      return SignatureErrors.parse(own.get());
    }
    Optional<String> date = headers.find("date");
    return date.flatMap(SignatureErrors::parse).or(() -> date.flatMap(Claim::parseHttpDate));
  }

  private static Claim ofQuery(RawQuery query, ServiceSpec service, SignatureErrors errors) {
    String algorithm = query.first(PresignedQuery.ALGORITHM).orElse("");
    if (!algorithm.isEmpty() && !algorithm.equals(SigningKey.ALGORITHM)) {
      throw errors.malformedQuery(
          "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\", not \"" + algorithm + "\"");
    }
    boolean needsLife = service.has(ServiceTrait.PRESIGNED_EXPIRY);
    if (REQUIRED.stream().anyMatch(name -> query.count(name) != 1)
        || (needsLife && query.count(PresignedQuery.EXPIRES) != 1)
        || query.count(PresignedQuery.SECURITY_TOKEN) > 1) {
      throw errors.malformedQuery(S3SignatureError.AUTHORIZATION_QUERY_PARAMETERS_ERROR.message());
    }
    Scope.Credential credential =
        credential(query.first(PresignedQuery.CREDENTIAL).orElse(""), service.name())
            .orThrow(
                why ->
                    errors.malformedQuery("Error parsing the X-Amz-Credential parameter; " + why));
    String timestamp = query.first(PresignedQuery.DATE).orElse("");
    Instant signed =
        SignatureErrors.parse(timestamp)
            .orElseThrow(
                () ->
                    errors.malformedQuery(
                        "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""));
    return new Claim(
        SignatureErrors.Form.QUERY,
        credential.accessKeyId(),
        credential.scope(),
        List.of(query.first(PresignedQuery.SIGNED_HEADERS).orElse("").split(";")),
        query.first(PresignedQuery.SIGNATURE).orElse(""),
        timestamp,
        signed,
        Optional.of(
            query
                .first(PresignedQuery.EXPIRES)
                .map(e -> life(e, errors))
                .orElse(SignatureVerifier.SKEW)),
        query.first(PresignedQuery.SECURITY_TOKEN).orElse(""));
  }

  private static Duration life(String text, SignatureErrors errors) {
    long seconds;
    try {
      seconds = Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw errors.malformedQuery("X-Amz-Expires should be a number");
    }
    if (seconds < 0) {
      throw errors.malformedQuery("X-Amz-Expires must be non-negative");
    }
    if (seconds > MAX_LIFE.toSeconds()) {
      throw errors.malformedQuery(
          "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires"
              + " must be less than 604800 seconds");
    }
    return Duration.ofSeconds(seconds);
  }

  private static ParsedCredential credential(String text, String service) {
    Optional<Scope.Credential> credential = Scope.Credential.tryParse(text);
    if (credential.isEmpty()) {
      return new ParsedCredential.Invalid(CREDENTIAL_FORMAT);
    }
    Scope scope = credential.get().scope();
    if (!DATE.matcher(scope.date()).matches()) {
      return new ParsedCredential.Invalid(
          "incorrect date format \""
              + scope.date()
              + "\". This date in the credential must be in the format \"yyyyMMdd\".");
    }
    if (!credential.get().terminator().equals(Scope.TERMINATOR)) {
      return new ParsedCredential.Invalid(
          "incorrect terminal \""
              + credential.get().terminator()
              + "\". This endpoint uses \"aws4_request\".");
    }
    if (!scope.service().equals(service)) {
      return new ParsedCredential.Invalid(
          "incorrect service \""
              + scope.service()
              + "\". This endpoint belongs to \""
              + service
              + "\".");
    }
    return new ParsedCredential.Valid(credential.get());
  }

  /// A credential, or the reason why it is invalid.
  private sealed interface ParsedCredential {
    record Valid(Scope.Credential credential) implements ParsedCredential {}

    record Invalid(String why) implements ParsedCredential {}

    default Scope.Credential orThrow(Function<String, AwsException> refusal) {
      return switch (this) {
        case Valid(Scope.Credential credential) -> credential;
        case Invalid(String why) -> throw refusal.apply(why);
      };
    }
  }

  private static Optional<Instant> parseHttpDate(String text) {
    try {
      return Optional.of(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text, Instant::from));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
