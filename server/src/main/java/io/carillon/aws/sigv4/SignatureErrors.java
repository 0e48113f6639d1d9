package io.carillon.aws.sigv4;

import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import io.carillon.aws.ErrorCode;
import io.carillon.aws.ServiceSpec;
import io.carillon.http.Request;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/// The errors of a family of services for invalid signatures. S3 has its own; the others share
/// messages and differ in codes.
sealed interface SignatureErrors {
  DateTimeFormatter BASIC =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  /// Parses a time of the form `20130524T000000Z`; empty if malformed. Every request has one, and a
  /// formatter takes ten times as long.
  static Optional<Instant> parse(String basic) {
    if (basic.length() != 16 || basic.charAt(8) != 'T' || basic.charAt(15) != 'Z') {
      return Optional.empty();
    }
    try {
      LocalDateTime time =
          LocalDateTime.of(
              digits(basic, 0, 4),
              digits(basic, 4, 6),
              digits(basic, 6, 8),
              digits(basic, 9, 11),
              digits(basic, 11, 13),
              digits(basic, 13, 15));
      return Optional.of(time.toInstant(ZoneOffset.UTC));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /// -1, which no field of a time has, unless all are digits.
  private static int digits(String text, int from, int to) {
    int number = 0;
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      number = 10 * number + c - '0';
    }
    return number;
  }

  static SignatureErrors of(ServiceSpec service, Request http) {
    if (service.wires().getFirst() instanceof ServiceSpec.Wire.RestXml) {
      return new OfS3();
    }
    if (service.wires().getFirst() instanceof ServiceSpec.Wire.RestJson) {
      return new OfOthers(
          JsonSignatureError.REST_INCOMPLETE_SIGNATURE,
          JsonSignatureError.REST_INVALID_SIGNATURE,
          JsonSignatureError.REST_UNRECOGNIZED_CLIENT,
          JsonSignatureError.REST_EXPIRED_TOKEN);
    }
    if (http.headers().contains("x-amz-target")) {
      return new OfOthers(
          JsonSignatureError.INCOMPLETE_SIGNATURE,
          JsonSignatureError.INVALID_SIGNATURE,
          JsonSignatureError.UNRECOGNIZED_CLIENT,
          JsonSignatureError.EXPIRED_TOKEN);
    }
    return new OfOthers(
        CommonError.INCOMPLETE_SIGNATURE,
        CommonError.SIGNATURE_DOES_NOT_MATCH,
        CommonError.INVALID_CLIENT_TOKEN_ID,
        CommonError.EXPIRED_TOKEN);
  }

  /// A mechanism other than AWS4-HMAC-SHA256.
  AwsException unsupported(String mechanism);

  /// More than one of header, query and old-style query.
  AwsException ambiguous();

  AwsException malformedHeader(String why);

  AwsException malformedQuery(String why);

  /// A credential with the scope of another region.
  AwsException wrongRegion(Form form, String region);

  AwsException wrongScopeDate(Form form, String scopeDate, String timestamp);

  AwsException noDate();

  AwsException skewed(String timestamp, Instant signed, Instant now, Duration allowed);

  AwsException expired(Instant signed, Duration life, Instant now);

  AwsException unknownKey(String accessKeyId);

  AwsException wrongToken(String token);

  AwsException expiredToken(String token);

  AwsException notSigned(List<String> headers);

  AwsException mismatch(
      String accessKeyId, String stringToSign, String signature, String canonicalRequest);

  /// The place of the signature.
  enum Form {
    HEADER,
    QUERY
  }

  record OfS3() implements SignatureErrors {
    private static final String HEADER = "The authorization header is malformed; ";
    private static final String QUERY = "Error parsing the X-Amz-Credential parameter; ";

    @Override
    public AwsException unsupported(String mechanism) {
      return S3SignatureError.INVALID_REQUEST.because(
          "The authorization mechanism you have provided ("
              + mechanism
              + ") is not supported. Please use AWS4-HMAC-SHA256 (AWS CLI: aws configure set"
              + " default.s3.signature_version s3v4).");
    }

    @Override
    public AwsException ambiguous() {
      return S3SignatureError.INVALID_ARGUMENT.because(
          "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature"
              + " query string parameter or the Authorization header should be specified");
    }

    @Override
    public AwsException malformedHeader(String why) {
      return S3SignatureError.AUTHORIZATION_HEADER_MALFORMED.because(HEADER + why);
    }

    @Override
    public AwsException malformedQuery(String why) {
      return S3SignatureError.AUTHORIZATION_QUERY_PARAMETERS_ERROR.because(why);
    }

    private AwsException malformedCredential(Form form, String why) {
      return switch (form) {
        case HEADER -> malformedHeader(why);
        case QUERY -> malformedQuery(QUERY + why);
      };
    }

    @Override
    public AwsException wrongRegion(Form form, String region) {
      return malformedCredential(
              form, "the region '" + region + "' is wrong; expecting 'us-east-1'")
          .with("Region", "us-east-1");
    }

    @Override
    public AwsException wrongScopeDate(Form form, String scopeDate, String timestamp) {
      return malformedCredential(
          form,
          "Invalid credential date \""
              + scopeDate
              + "\". This date is not the same as X-Amz-Date: \""
              + timestamp.substring(0, 8)
              + "\".");
    }

    @Override
    public AwsException noDate() {
      return S3SignatureError.ACCESS_DENIED.because(
          "AWS authentication requires a valid Date or x-amz-date header");
    }

    @Override
    public AwsException skewed(String timestamp, Instant signed, Instant now, Duration allowed) {
      return S3SignatureError.REQUEST_TIME_TOO_SKEWED
          .with("RequestTime", timestamp)
          .with("ServerTime", now.truncatedTo(ChronoUnit.SECONDS).toString())
          .with("MaxAllowedSkewMilliseconds", Long.toString(allowed.toMillis()));
    }

    @Override
    public AwsException expired(Instant signed, Duration life, Instant now) {
      return S3SignatureError.ACCESS_DENIED
          .because("Request has expired")
          .with("X-Amz-Expires", Long.toString(life.toSeconds()))
          .with("Expires", signed.plus(life).toString())
          .with("ServerTime", now.truncatedTo(ChronoUnit.SECONDS).toString());
    }

    /// A signature that expires at a given time, not after a duration.
    AwsException expired(Instant end, Instant now) {
      return S3SignatureError.ACCESS_DENIED
          .because("Request has expired")
          .with("Expires", end.toString())
          .with("ServerTime", now.truncatedTo(ChronoUnit.SECONDS).toString());
    }

    @Override
    public AwsException unknownKey(String accessKeyId) {
      return S3SignatureError.INVALID_ACCESS_KEY_ID.with("AWSAccessKeyId", accessKeyId);
    }

    @Override
    public AwsException wrongToken(String token) {
      return S3SignatureError.INVALID_TOKEN.with("Token-0", token);
    }

    @Override
    public AwsException expiredToken(String token) {
      return S3SignatureError.EXPIRED_TOKEN.with("Token-0", token);
    }

    @Override
    public AwsException notSigned(List<String> headers) {
      return S3SignatureError.ACCESS_DENIED
          .because("There were headers present in the request which were not signed")
          .with("HeadersNotSigned", String.join(", ", headers));
    }

    @Override
    public AwsException mismatch(
        String accessKeyId, String stringToSign, String signature, String canonicalRequest) {
      return S3SignatureError.SIGNATURE_DOES_NOT_MATCH
          .with("AWSAccessKeyId", accessKeyId)
          .with("StringToSign", stringToSign)
          .with("SignatureProvided", signature)
          .with("StringToSignBytes", bytes(stringToSign))
          .with("CanonicalRequest", canonicalRequest)
          .with("CanonicalRequestBytes", bytes(canonicalRequest));
    }

    static String bytes(String text) {
      StringBuilder hex = new StringBuilder(text.length() * 3);
      for (int i = 0; i < text.length(); i++) {
        hex.append(i == 0 ? "" : " ").append(Integer.toHexString(text.charAt(i)));
      }
      return hex.toString();
    }
  }

  record OfOthers(ErrorCode incomplete, ErrorCode invalid, ErrorCode unknown, ErrorCode expired)
      implements SignatureErrors {

    @Override
    public AwsException unsupported(String mechanism) {
      return incomplete.because(
          "Unsupported AWS 'algorithm': '" + mechanism + "'. Supported is AWS4-HMAC-SHA256.");
    }

    @Override
    public AwsException ambiguous() {
      return incomplete.because(
          "Only one of Authorization header and query may carry a signature.");
    }

    @Override
    public AwsException malformedHeader(String why) {
      return incomplete.because("Authorization header: " + why);
    }

    @Override
    public AwsException malformedQuery(String why) {
      return incomplete.because(why);
    }

    @Override
    public AwsException wrongRegion(Form form, String region) {
      return invalid.because(
          "Credential should be scoped to a valid region, not '" + region + "'.");
    }

    @Override
    public AwsException wrongScopeDate(Form form, String scopeDate, String timestamp) {
      return invalid.because(
          "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from"
              + " HTTP: '"
              + scopeDate
              + "' != '"
              + timestamp.substring(0, 8)
              + "', from '"
              + timestamp
              + "'.");
    }

    @Override
    public AwsException noDate() {
      return incomplete.because(
          "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
    }

    @Override
    public AwsException skewed(String timestamp, Instant signed, Instant now, Duration allowed) {
      if (signed.isAfter(now)) {
        return invalid.because(
            "Signature not yet current: %s is still later than %s (%s + %d min.)"
                .formatted(
                    timestamp,
                    BASIC.format(now.plus(allowed)),
                    BASIC.format(now),
                    allowed.toMinutes()));
      }
      return tooOld(timestamp, now, allowed);
    }

    private AwsException tooOld(String timestamp, Instant now, Duration allowed) {
      return invalid.because(
          "Signature expired: %s is now earlier than %s (%s - %d min.)"
              .formatted(
                  timestamp,
                  BASIC.format(now.minus(allowed)),
                  BASIC.format(now),
                  allowed.toMinutes()));
    }

    @Override
    public AwsException expired(Instant signed, Duration life, Instant now) {
      return tooOld(BASIC.format(signed), now, life);
    }

    @Override
    public AwsException unknownKey(String accessKeyId) {
      return unknown.exception();
    }

    @Override
    public AwsException wrongToken(String token) {
      return unknown.exception();
    }

    @Override
    public AwsException expiredToken(String token) {
      return expired.exception();
    }

    @Override
    public AwsException notSigned(List<String> headers) {
      return invalid.because(
          "'"
              + String.join("', '", headers)
              + "' must be a 'SignedHeader' in the AWS Authorization.");
    }

    @Override
    public AwsException mismatch(
        String accessKeyId, String stringToSign, String signature, String canonicalRequest) {
      return invalid.exception();
    }
  }
}
