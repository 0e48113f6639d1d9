package io.carillon.aws;

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

  public ErrorDialect map(CommonError error, String code, int status) {
    phrases.put(error, new Phrase(code, status, error.message(), false));
    return this;
  }

  public ErrorDialect map(CommonError error, String code, int status, String message) {
    phrases.put(error, new Phrase(code, status, message, false));
    return this;
  }

  /// Like [#map(CommonError, String, int)], where the query protocol has another code.
  public ErrorDialect map(CommonError error, String code, String queryCode, int status) {
    phrases.put(error, new Phrase(code, queryCode, status, error.message(), false));
    return this;
  }

  /// The exception with this service's code and message.
  public AwsException translate(AwsException original) {
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

  /// Precedes specific messages by this one, rather than being replaced by them.
  public ErrorDialect prefix(CommonError error, String code, int status, String message) {
    phrases.put(error, new Phrase(code, status, message, true));
    return this;
  }

  /// The codes as they are.
  public static ErrorDialect common() {
    return new ErrorDialect();
  }

  /// IAM and STS use the codes of the common page.
  public static ErrorDialect plain() {
    return common().map(CommonError.MISSING_PARAMETER, "ValidationError", 400);
  }

  /// For the services that name the operation in `X-Amz-Target`.
  public static ErrorDialect json() {
    return common()
        .map(CommonError.ACCESS_DENIED, "AccessDeniedException", 400)
        .map(CommonError.INVALID_ACTION, "UnknownOperationException", 400)
        .map(CommonError.INVALID_PARAMETER_VALUE, "ValidationException", 400)
        .map(CommonError.MISSING_AUTHENTICATION_TOKEN, "MissingAuthenticationTokenException", 400)
        .map(CommonError.REQUEST_ENTITY_TOO_LARGE, "RequestEntityTooLargeException", 413)
        .map(CommonError.SERVICE_UNAVAILABLE, "ServiceUnavailableException", 503)
        .map(CommonError.THROTTLING, "ThrottlingException", 400)
        .map(CommonError.VALIDATION, "ValidationException", 400);
  }
}
