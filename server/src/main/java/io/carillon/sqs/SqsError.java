package io.carillon.sqs;

import io.carillon.aws.ErrorCode;

/// SQS has two codes for each error: JSON clients get the shape's name, query clients the older
/// code. Codes that end in `Exception` are not shapes of SQS but of its framework.
///
/// Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
/// and the operations' own pages.
public enum SqsError implements ErrorCode {
  BATCH_ENTRY_IDS_NOT_DISTINCT(
      "BatchEntryIdsNotDistinct",
      "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
      "Two or more batch entries in the request have the same Id."),
  BATCH_REQUEST_TOO_LONG(
      "BatchRequestTooLong",
      "AWS.SimpleQueueService.BatchRequestTooLong",
      "Batch requests cannot be longer than 1048576 bytes."),
  EMPTY_BATCH_REQUEST(
      "EmptyBatchRequest",
      "AWS.SimpleQueueService.EmptyBatchRequest",
      "There should be at least one entry in the request."),
  INVALID_ATTRIBUTE_NAME("InvalidAttributeName", "InvalidAttributeName", "Unknown attribute."),
  INVALID_ATTRIBUTE_VALUE(
      "InvalidAttributeValue", "InvalidAttributeValue", "Invalid value for an attribute."),
  INVALID_BATCH_ENTRY_ID(
      "InvalidBatchEntryId",
      "AWS.SimpleQueueService.InvalidBatchEntryId",
      "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can"
          + " be at most 80 letters long."),
  INVALID_MESSAGE_CONTENTS(
      "InvalidMessageContents",
      "InvalidMessageContents",
      "Invalid characters in the message body: XML allows #x9, #xA, #xD, #x20 to #xD7FF, #xE000 to"
          + " #xFFFD and #x10000 to #x10FFFF."),
  INVALID_PARAMETER_VALUE(
      "InvalidParameterValueException", "InvalidParameterValue", "A value is invalid."),
  MISSING_PARAMETER(
      "MissingRequiredParameterException", "MissingParameter", "A required parameter is missing."),
  PURGE_QUEUE_IN_PROGRESS(
      "PurgeQueueInProgress",
      "AWS.SimpleQueueService.PurgeQueueInProgress",
      "Only one PurgeQueue operation is allowed every 60 seconds.",
      403),
  QUEUE_DELETED_RECENTLY(
      "QueueDeletedRecently",
      "AWS.SimpleQueueService.QueueDeletedRecently",
      "You must wait 60 seconds after deleting a queue before you can create another with the same"
          + " name."),
  QUEUE_DOES_NOT_EXIST(
      "QueueDoesNotExist",
      "AWS.SimpleQueueService.NonExistentQueue",
      "The specified queue does not exist."),
  QUEUE_NAME_EXISTS(
      "QueueNameExists",
      "QueueAlreadyExists",
      "A queue already exists with the same name and a different value for an attribute."),
  RECEIPT_HANDLE_IS_INVALID(
      "ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", "The input receipt handle is invalid."),
  TOO_MANY_ENTRIES(
      "TooManyEntriesInBatchRequest",
      "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
      "Maximum number of entries per request are 10."),
  UNSUPPORTED_OPERATION(
      "UnsupportedOperation",
      "AWS.SimpleQueueService.UnsupportedOperation",
      "Carillon does not support this.");

  private final String code;
  private final String queryCode;
  private final String message;
  private final int status;

  SqsError(String code, String queryCode, String message) {
    this(code, queryCode, message, 400);
  }

  SqsError(String code, String queryCode, String message, int status) {
    this.code = code;
    this.queryCode = queryCode;
    this.message = message;
    this.status = status;
  }

  @Override
  public String code() {
    return code;
  }

  @Override
  public String queryCode() {
    return queryCode;
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
