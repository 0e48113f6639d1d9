package io.carillon.aws.protocol;

import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import io.carillon.aws.ErrorCode;
import java.util.EnumMap;
import java.util.Map;

/// A service's codes and messages for the errors that all services share.
///
/// Sources: the "Common errors" and "Error responses" pages of the services' API references.
public final class ErrorDialect {

  /// @param queryCode the code of the older query protocol, which JSON clients get too
  /// @param prefixes whether the message precedes the specific one, rather than being replaced by
  ///   it
  private record Phrase(String code, String queryCode, int status, String message, boolean prefixes)
      implements ErrorCode {
    Phrase(String code, int status, String message, boolean prefixes) {
      this(code, code, status, message, prefixes);
    }
  }

  private final Map<CommonError, Phrase> phrases = new EnumMap<>(CommonError.class);

  private ErrorDialect() {}

  private ErrorDialect map(CommonError error, String code, int status) {
    phrases.put(error, new Phrase(code, status, error.message(), false));
    return this;
  }

  private ErrorDialect map(CommonError error, String code, int status, String message) {
    phrases.put(error, new Phrase(code, status, message, false));
    return this;
  }

  /// Like [#map(CommonError, String, int)], where the query protocol has another code.
  private ErrorDialect map(CommonError error, String code, String queryCode, int status) {
    phrases.put(error, new Phrase(code, queryCode, status, error.message(), false));
    return this;
  }

  /// The exception with this service's code and message.
  AwsException translate(AwsException original) {
    Phrase phrase = original.error() instanceof CommonError common ? phrases.get(common) : null;
    if (phrase == null) {
      return original;
    }
    boolean specific = !original.getMessage().equals(original.error().message());
    String message = specific ? original.getMessage() : phrase.message();
    if (specific && phrase.prefixes()) {
      message = phrase.message() + ": " + original.getMessage();
    }
    AwsException translated = new AwsException(phrase, message);
    original.members().forEach(translated::with);
    original.headers().forEach(translated::withHeader);
    return translated;
  }

  public static ErrorDialect s3() {
    ErrorDialect s3 =
        new ErrorDialect()
            .map(
                CommonError.INTERNAL_FAILURE,
                "InternalError",
                500,
                "We encountered an internal error. Please try again.")
            .map(
                CommonError.INVALID_CLIENT_TOKEN_ID,
                "InvalidAccessKeyId",
                403,
                "The AWS Access Key Id you provided does not exist in our records.")
            .map(CommonError.INVALID_PARAMETER_VALUE, "InvalidArgument", 400, "Invalid Argument")
            .map(
                CommonError.REQUEST_ENTITY_TOO_LARGE,
                "MaxMessageLengthExceeded",
                400,
                "Your request was too big.")
            .map(
                CommonError.SERVICE_UNAVAILABLE,
                "ServiceUnavailable",
                503,
                "Service is unable to handle request.")
            .map(CommonError.THROTTLING, "SlowDown", 503, "Please reduce your request rate.")
            .map(CommonError.VALIDATION, "InvalidRequest", 400, "Invalid Request");
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

  /// IAM and STS use the codes of the common page.
  public static ErrorDialect plain() {
    return new ErrorDialect().map(CommonError.MISSING_PARAMETER, "ValidationError", 400);
  }

  public static ErrorDialect sns() {
    return new ErrorDialect()
        .map(CommonError.ACCESS_DENIED, "AuthorizationError", 403)
        .map(CommonError.INTERNAL_FAILURE, "InternalError", 500)
        .map(CommonError.INVALID_PARAMETER_VALUE, "InvalidParameter", 400)
        .map(CommonError.MISSING_PARAMETER, "ValidationError", 400)
        .map(CommonError.THROTTLING, "Throttled", 429)
        .map(CommonError.VALIDATION, "InvalidParameter", 400);
  }

  public static ErrorDialect sqsQuery() {
    return new ErrorDialect()
        .map(CommonError.INTERNAL_FAILURE, "InternalFailure", 500)
        .map(CommonError.THROTTLING, "RequestThrottled", 403)
        .map(CommonError.VALIDATION, "InvalidParameterValue", 400);
  }

  /// For the services that name the operation in `X-Amz-Target`.
  public static ErrorDialect json() {
    return new ErrorDialect()
        .map(CommonError.ACCESS_DENIED, "AccessDeniedException", 400)
        .map(CommonError.INVALID_ACTION, "UnknownOperationException", 400)
        .map(CommonError.INVALID_PARAMETER_VALUE, "ValidationException", 400)
        .map(CommonError.MISSING_AUTHENTICATION_TOKEN, "MissingAuthenticationTokenException", 400)
        .map(CommonError.REQUEST_ENTITY_TOO_LARGE, "RequestEntityTooLargeException", 413)
        .map(CommonError.SERVICE_UNAVAILABLE, "ServiceUnavailableException", 503)
        .map(CommonError.THROTTLING, "ThrottlingException", 400)
        .map(CommonError.VALIDATION, "ValidationException", 400);
  }

  /// The framework's codes end in `Exception`; the header `x-amzn-query-error` has the codes of the
  /// query protocol.
  public static ErrorDialect sqsJson() {
    return json()
        .map(CommonError.ACCESS_DENIED, "AccessDeniedException", "AccessDenied", 403)
        .map(CommonError.EXPIRED_TOKEN, "ExpiredTokenException", "ExpiredToken", 403)
        .map(
            CommonError.INCOMPLETE_SIGNATURE,
            "IncompleteSignatureException",
            "IncompleteSignature",
            400)
        .map(CommonError.INVALID_ACTION, "UnknownOperationException", "InvalidAction", 400)
        .map(
            CommonError.INVALID_CLIENT_TOKEN_ID,
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            403)
        .map(
            CommonError.INVALID_PARAMETER_VALUE,
            "InvalidParameterValueException",
            "InvalidParameterValue",
            400)
        .map(
            CommonError.MISSING_AUTHENTICATION_TOKEN,
            "MissingAuthenticationTokenException",
            "MissingAuthenticationToken",
            403)
        .map(
            CommonError.MISSING_PARAMETER,
            "MissingRequiredParameterException",
            "MissingParameter",
            400)
        .map(
            CommonError.SIGNATURE_DOES_NOT_MATCH,
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            403)
        .map(CommonError.THROTTLING, "RequestThrottled", 400)
        .map(
            CommonError.VALIDATION, "InvalidParameterValueException", "InvalidParameterValue", 400);
  }

  public static ErrorDialect logs() {
    return json().map(CommonError.MISSING_PARAMETER, "InvalidParameterException", 400);
  }

  public static ErrorDialect lambda() {
    return new ErrorDialect()
        .map(CommonError.ACCESS_DENIED, "AccessDeniedException", 403)
        .map(CommonError.INTERNAL_FAILURE, "ServiceException", 500)
        .map(CommonError.INVALID_ACTION, "UnknownOperationException", 404)
        .map(CommonError.INVALID_CLIENT_TOKEN_ID, "UnrecognizedClientException", 403)
        .map(CommonError.INVALID_PARAMETER_VALUE, "InvalidParameterValueException", 400)
        .map(CommonError.MISSING_AUTHENTICATION_TOKEN, "MissingAuthenticationTokenException", 403)
        .map(CommonError.MISSING_PARAMETER, "ValidationException", 400)
        .map(CommonError.REQUEST_ENTITY_TOO_LARGE, "RequestEntityTooLargeException", 413)
        .map(CommonError.SERIALIZATION, "InvalidRequestContentException", 400)
        .map(CommonError.SERVICE_UNAVAILABLE, "ServiceException", 503)
        .map(CommonError.THROTTLING, "TooManyRequestsException", 429)
        .map(CommonError.VALIDATION, "ValidationException", 400);
  }
}
