package io.carillon.sns;

import io.carillon.aws.AwsException;
import io.carillon.aws.ErrorCode;

/// The errors of SNS, in the order of its API reference.
///
/// Source: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html and its neighbours; codes
/// and statuses from the API model.
enum SnsError implements ErrorCode {
  AUTHORIZATION_ERROR("AuthorizationError", 403, "The user is denied access to this resource."),
  BATCH_ENTRY_IDS_NOT_DISTINCT(
      "BatchEntryIdsNotDistinct",
      400,
      "Two or more batch entries in the request have the same Id."),
  BATCH_REQUEST_TOO_LONG(
      "BatchRequestTooLong", 400, "The length of all the batch messages exceeds the limit."),
  EMPTY_BATCH_REQUEST("EmptyBatchRequest", 400, "The batch request doesn't contain any entries."),
  INVALID_BATCH_ENTRY_ID(
      "InvalidBatchEntryId",
      400,
      "The Id of a batch entry in a batch request doesn't abide by the specification."),
  INVALID_PARAMETER("InvalidParameter", 400, "Invalid parameter"),
  INVALID_PARAMETER_VALUE("ParameterValueInvalid", 400, "The parameter value is invalid."),
  NOT_FOUND("NotFound", 404, "The requested resource does not exist."),
  RESOURCE_NOT_FOUND("ResourceNotFound", 404, "Resource does not exist"),
  TAG_LIMIT_EXCEEDED("TagLimitExceeded", 400, "Could not complete request: tag quota exceeded"),
  TOO_MANY_ENTRIES_IN_BATCH_REQUEST(
      "TooManyEntriesInBatchRequest",
      400,
      "The batch request contains more entries than permissible.");

  private final String code;
  private final int status;
  private final String message;

  SnsError(String code, int status, String message) {
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

  /// `Invalid parameter: what`, SNS's wording of nearly all refusals.
  static AwsException invalid(String what) {
    return INVALID_PARAMETER.because("Invalid parameter: " + what);
  }

  /// The wording of operations that take several attributes: `Invalid parameter: Attributes Reason:
  /// what`.
  static AwsException amongAttributes(AwsException why) {
    return why.error() == INVALID_PARAMETER
        ? invalid("Attributes Reason: " + why.getMessage().replaceFirst("^Invalid parameter: ", ""))
        : why;
  }

  /// Refuses a feature of AWS that Carillon does not support, by name.
  static AwsException unsupported(String what) {
    return invalid(what + " is not supported by Carillon");
  }
}
