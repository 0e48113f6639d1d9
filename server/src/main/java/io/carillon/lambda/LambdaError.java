package io.carillon.lambda;

import io.carillon.aws.AwsException;
import io.carillon.aws.ErrorCode;
import io.carillon.aws.MemberConstraints;
import org.jspecify.annotations.Nullable;

/// Source: the errors of https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
enum LambdaError implements ErrorCode {
  INVALID_PARAMETER_VALUE(
      "InvalidParameterValueException", 400, "One of the parameters in the request is not valid."),
  INVALID_REQUEST_CONTENT(
      "InvalidRequestContentException", 400, "The request body could not be parsed as JSON."),
  POLICY_LENGTH_EXCEEDED(
      "PolicyLengthExceededException", 400, "The final policy size is bigger than the limit."),
  PRECONDITION_FAILED(
      "PreconditionFailedException",
      412,
      "The Revision Id provided does not match the latest Revision Id. Call the"
          + " GetFunction/GetAlias API to retrieve the latest Revision Id"),
  PROVISIONED_CONCURRENCY_CONFIG_NOT_FOUND(
      "ProvisionedConcurrencyConfigNotFoundException",
      404,
      "No Provisioned Concurrency Config found for this function"),
  RECURSIVE_INVOCATION(
      "RecursiveInvocationException",
      400,
      "Lambda has detected your function being invoked in a recursive loop with other AWS resources"
          + " and stopped your function's invocation."),
  REQUEST_TOO_LARGE(
      "RequestTooLargeException", 413, "Request must be smaller than the limit of its kind."),
  RESOURCE_CONFLICT(
      "ResourceConflictException",
      409,
      "The resource already exists, or another operation is in progress."),
  RESOURCE_NOT_FOUND(
      "ResourceNotFoundException", 404, "The resource you requested does not exist."),
  SERVICE("ServiceException", 500, "The Lambda service encountered an internal error."),
  TOO_MANY_REQUESTS("TooManyRequestsException", 429, "Rate Exceeded."),
  VALIDATION("ValidationException", 400, "1 validation error detected");

  private final String code;
  private final int status;
  private final String message;

  LambdaError(String code, int status, String message) {
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

  /// The error for a feature of AWS that this server does not have; it names the feature.
  static AwsException unsupported(String member) {
    return INVALID_PARAMETER_VALUE.because(member + " is not supported by this server.");
  }

  /// A constraint violation, in the format of AWS's validator.
  static AwsException constraint(@Nullable Object value, String member, String constraint) {
    return new MemberConstraints(VALIDATION).unsatisfied(member, String.valueOf(value), constraint);
  }
}
