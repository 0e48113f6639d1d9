package io.carillon.aws;

/// Errors that every service may return.
///
/// Source: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and, for the JSON
/// and REST services, their own "Common Errors" pages.
public enum CommonError implements ErrorCode {
  ACCESS_DENIED("AccessDenied", 403, "Access Denied"),
  BAD_DIGEST(
      "BadDigest",
      400,
      "The Content-MD5 or checksum value that you specified did not match what the server"
          + " received."),
  EXPIRED_TOKEN("ExpiredToken", 403, "The security token included in the request is expired"),
  INCOMPLETE_SIGNATURE(
      "IncompleteSignature", 403, "The request signature does not conform to AWS standards."),
  INTERNAL_FAILURE(
      "InternalFailure",
      500,
      "The request processing has failed because of an unknown error, exception or failure."),
  INVALID_ACTION("InvalidAction", 400, "The action or operation requested is invalid."),
  INVALID_CLIENT_TOKEN_ID(
      "InvalidClientTokenId", 403, "The security token included in the request is invalid."),
  INVALID_DIGEST("InvalidDigest", 400, "The Content-MD5 you specified was invalid."),
  INVALID_PARAMETER_VALUE(
      "InvalidParameterValue",
      400,
      "An invalid or out-of-range value was supplied for the input parameter."),
  INVALID_URI("InvalidURI", 400, "Couldn't parse the specified URI."),
  METHOD_NOT_ALLOWED(
      "MethodNotAllowed", 405, "The specified method is not allowed against this resource."),
  MISSING_ACTION("MissingAction", 400, "The request is missing an action or a required parameter."),
  MISSING_AUTHENTICATION_TOKEN(
      "MissingAuthenticationToken", 403, "Request is missing Authentication Token"),
  MISSING_PARAMETER("MissingParameter", 400, "A required parameter is missing."),
  NOT_IMPLEMENTED("NotImplemented", 501, "This operation is not implemented."),
  REQUEST_ENTITY_TOO_LARGE("RequestEntityTooLarge", 413, "The request is too large."),
  SERIALIZATION("SerializationException", 400, "The request could not be read."),
  SERVICE_UNAVAILABLE(
      "ServiceUnavailable",
      503,
      "The request has failed due to a temporary failure of the server."),
  SIGNATURE_DOES_NOT_MATCH(
      "SignatureDoesNotMatch",
      403,
      "The request signature we calculated does not match the signature you provided. Check your"
          + " AWS Secret Access Key and signing method. Consult the service documentation for"
          + " details."),
  THROTTLING("Throttling", 400, "Rate exceeded"),
  VALIDATION(
      "ValidationError",
      400,
      "The input fails to satisfy the constraints specified by an AWS service.");

  private final String code;
  private final int status;
  private final String message;

  CommonError(String code, int status, String message) {
    this.code = code;
    this.status = status;
    this.message = message;
  }

  @Override
  public String code() {
    return code;
  }

  @Override
  public int status() {
    return status;
  }

  @Override
  public String message() {
    return message;
  }
}
