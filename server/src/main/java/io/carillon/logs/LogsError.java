package io.carillon.logs;

import io.carillon.aws.AwsException;
import io.carillon.aws.ErrorCode;
import io.carillon.aws.MemberConstraints;

/// Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/CommonErrors.html
/// and the operations' own pages.
public enum LogsError implements ErrorCode {
  INVALID_PARAMETER("InvalidParameterException", "A parameter is specified incorrectly."),
  LIMIT_EXCEEDED(
      "LimitExceededException",
      "You have reached the maximum number of resources that can be created."),
  LOG_GROUP_EXISTS("ResourceAlreadyExistsException", "The specified log group already exists"),
  LOG_STREAM_EXISTS("ResourceAlreadyExistsException", "The specified log stream already exists"),
  NO_SUCH_LOG_GROUP("ResourceNotFoundException", "The specified log group does not exist."),
  NO_SUCH_LOG_STREAM("ResourceNotFoundException", "The specified log stream does not exist."),
  NO_SUCH_RESOURCE_POLICY("ResourceNotFoundException", "The policy does not exist."),
  TOO_MANY_TAGS("TooManyTagsException", "A resource can have no more than 50 tags."),
  VALIDATION("ValidationException", "A parameter contradicts another.");

  static final MemberConstraints MEMBERS = new MemberConstraints(INVALID_PARAMETER);

  private final String code;
  private final String message;

  LogsError(String code, String message) {
    this.code = code;
    this.message = message;
  }

  static AwsException invalidToken() {
    return INVALID_PARAMETER.because("The specified nextToken is invalid.");
  }

  @Override
  public String code() {
    return code;
  }

  @Override
  public int status() {
    return 400;
  }

  @Override
  public String message() {
    return message;
  }
}
