package io.carillon.aws.protocol;

import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import io.carillon.aws.ErrorCode;
import java.util.EnumMap;
import java.util.Map;

/// How a service spells the errors that all services share.
///
/// Sources: the "Common errors" and "Error responses" pages of the services' API references.
public final class ErrorDialect {

  /// @param queryCode the code of the older query protocol, of which JSON clients are told
  /// @param leads whether the message precedes the particular one, rather than stand in for it
  private record Phrase(String code, String queryCode, int status, String message, boolean leads)
      implements ErrorCode {
    Phrase(String code, int status, String message, boolean leads) {
      this(code, code, status, message, leads);
    }
  }

  private final Map<CommonError, Phrase> phrases = new EnumMap<>(CommonError.class);

  private ErrorDialect() {}

  private ErrorDialect say(CommonError error, String code, int status) {
    phrases.put(error, new Phrase(code, status, error.message(), false));
    return this;
  }

  private ErrorDialect say(CommonError error, String code, int status, String message) {
    phrases.put(error, new Phrase(code, status, message, false));
    return this;
  }

  /// Like [#say(CommonError, String, int)], where the query protocol has another code.
  private ErrorDialect say(CommonError error, String code, String queryCode, int status) {
    phrases.put(error, new Phrase(code, queryCode, status, error.message(), false));
    return this;
  }

  /// The exception as this service would put it.
  AwsException translate(AwsException said) {
    Phrase phrase = said.error() instanceof CommonError common ? phrases.get(common) : null;
    if (phrase == null) {
      return said;
    }
    boolean particular = !said.getMessage().equals(said.error().message());
    String message = particular ? said.getMessage() : phrase.message();
    if (particular && phrase.leads()) {
      message = phrase.message() + ": " + said.getMessage();
    }
    AwsException translated = new AwsException(phrase, message);
    said.members().forEach(translated::with);
    said.headers().forEach(translated::withHeader);
    return translated;
  }

  public static ErrorDialect s3() {
    ErrorDialect s3 =
        new ErrorDialect()
            .say(
                CommonError.INTERNAL_FAILURE,
                "InternalError",
                500,
                "We encountered an internal error. Please try again.")
            .say(CommonError.INVALID_PARAMETER_VALUE, "InvalidArgument", 400, "Invalid Argument")
            .say(
                CommonError.REQUEST_ENTITY_TOO_LARGE,
                "MaxMessageLengthExceeded",
                400,
                "Your request was too big.")
            .say(
                CommonError.SERVICE_UNAVAILABLE,
                "ServiceUnavailable",
                503,
                "Service is unable to handle request.")
            .say(CommonError.THROTTLING, "SlowDown", 503, "Please reduce your request rate.")
            .say(CommonError.VALIDATION, "InvalidRequest", 400, "Invalid Request");
    s3.phrases.put(
        CommonError.SERIALIZATION,
        new Phrase(
            "MalformedXML",
            400,
            "The XML you provided was not well-formed or did not validate against our published"
                + " schema",
            true));
    return s3;
  }

  /// IAM and STS say it as the common page does.
  public static ErrorDialect plain() {
    return new ErrorDialect().say(CommonError.MISSING_PARAMETER, "ValidationError", 400);
  }

  public static ErrorDialect sns() {
    return new ErrorDialect()
        .say(CommonError.ACCESS_DENIED, "AuthorizationError", 403)
        .say(CommonError.INTERNAL_FAILURE, "InternalError", 500)
        .say(CommonError.INVALID_PARAMETER_VALUE, "InvalidParameter", 400)
        .say(CommonError.MISSING_PARAMETER, "ValidationError", 400)
        .say(CommonError.THROTTLING, "Throttled", 429)
        .say(CommonError.VALIDATION, "InvalidParameter", 400);
  }

  public static ErrorDialect sqsQuery() {
    return new ErrorDialect()
        .say(CommonError.INTERNAL_FAILURE, "InternalFailure", 500)
        .say(CommonError.THROTTLING, "RequestThrottled", 403)
        .say(CommonError.VALIDATION, "InvalidParameterValue", 400);
  }

  /// For the services whose operation stands in `X-Amz-Target`.
  public static ErrorDialect json() {
    return new ErrorDialect()
        .say(CommonError.ACCESS_DENIED, "AccessDeniedException", 400)
        .say(CommonError.INVALID_ACTION, "UnknownOperationException", 400)
        .say(CommonError.INVALID_PARAMETER_VALUE, "ValidationException", 400)
        .say(CommonError.MISSING_AUTHENTICATION_TOKEN, "MissingAuthenticationTokenException", 400)
        .say(CommonError.REQUEST_ENTITY_TOO_LARGE, "RequestEntityTooLargeException", 413)
        .say(CommonError.SERVICE_UNAVAILABLE, "ServiceUnavailableException", 503)
        .say(CommonError.THROTTLING, "ThrottlingException", 400)
        .say(CommonError.VALIDATION, "ValidationException", 400);
  }

  /// The framework's errors end in `Exception`; the header `x-amzn-query-error` has the codes that
  /// the query protocol uses.
  public static ErrorDialect sqsJson() {
    return json()
        .say(CommonError.ACCESS_DENIED, "AccessDeniedException", "AccessDenied", 403)
        .say(CommonError.EXPIRED_TOKEN, "ExpiredTokenException", "ExpiredToken", 403)
        .say(
            CommonError.INCOMPLETE_SIGNATURE,
            "IncompleteSignatureException",
            "IncompleteSignature",
            400)
        .say(CommonError.INVALID_ACTION, "UnknownOperationException", "InvalidAction", 400)
        .say(
            CommonError.INVALID_CLIENT_TOKEN_ID,
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            403)
        .say(
            CommonError.INVALID_PARAMETER_VALUE,
            "InvalidParameterValueException",
            "InvalidParameterValue",
            400)
        .say(
            CommonError.MISSING_AUTHENTICATION_TOKEN,
            "MissingAuthenticationTokenException",
            "MissingAuthenticationToken",
            403)
        .say(
            CommonError.MISSING_PARAMETER,
            "MissingRequiredParameterException",
            "MissingParameter",
            400)
        .say(
            CommonError.SIGNATURE_DOES_NOT_MATCH,
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            403)
        .say(CommonError.THROTTLING, "RequestThrottled", 400)
        .say(
            CommonError.VALIDATION, "InvalidParameterValueException", "InvalidParameterValue", 400);
  }

  public static ErrorDialect logs() {
    return json().say(CommonError.MISSING_PARAMETER, "InvalidParameterException", 400);
  }

  public static ErrorDialect lambda() {
    return new ErrorDialect()
        .say(CommonError.ACCESS_DENIED, "AccessDeniedException", 403)
        .say(CommonError.INTERNAL_FAILURE, "ServiceException", 500)
        .say(CommonError.INVALID_ACTION, "UnknownOperationException", 404)
        .say(CommonError.INVALID_PARAMETER_VALUE, "InvalidParameterValueException", 400)
        .say(CommonError.MISSING_AUTHENTICATION_TOKEN, "MissingAuthenticationTokenException", 403)
        .say(CommonError.MISSING_PARAMETER, "ValidationException", 400)
        .say(CommonError.REQUEST_ENTITY_TOO_LARGE, "RequestEntityTooLargeException", 413)
        .say(CommonError.SERIALIZATION, "InvalidRequestContentException", 400)
        .say(CommonError.SERVICE_UNAVAILABLE, "ServiceException", 503)
        .say(CommonError.THROTTLING, "TooManyRequestsException", 429)
        .say(CommonError.VALIDATION, "ValidationException", 400);
  }
}
