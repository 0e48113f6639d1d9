package io.carillon.events;

import io.carillon.aws.AwsException;
import io.carillon.aws.ErrorCode;
import io.carillon.aws.MemberConstraints;
import org.jspecify.annotations.Nullable;

/// The errors of EventBridge, in the order of its API reference.
///
/// Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/CommonErrors.html and the
/// operations' own pages.
enum EventsError implements ErrorCode {
  INVALID_EVENT_PATTERN("InvalidEventPatternException", "Event pattern is not valid."),
  LIMIT_EXCEEDED(
      "LimitExceededException", "The requested resource exceeds the maximum number allowed."),
  POLICY_LENGTH_EXCEEDED(
      "PolicyLengthExceededException", "The resource policy is longer than 10240 characters."),
  RESOURCE_ALREADY_EXISTS("ResourceAlreadyExistsException", "The resource already exists."),
  RESOURCE_NOT_FOUND("ResourceNotFoundException", "The specified resource does not exist."),
  VALIDATION("ValidationException", "The request is not valid.");

  static final MemberConstraints MEMBERS = new MemberConstraints(VALIDATION);

  private final String code;
  private final String message;

  EventsError(String code, String message) {
    this.code = code;
    this.message = message;
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

  /// EventBridge's wording for a parameter that it refuses.
  static AwsException parameter(String name, String reason) {
    return VALIDATION.because("Parameter " + name + " is not valid. Reason: " + reason);
  }

  /// Refuses a feature of AWS that Carillon does not support, by name.
  static AwsException unsupported(String what) {
    return VALIDATION.because(what + " is not supported by Carillon.");
  }

  static void refuseUnsupported(String what, @Nullable Object value) {
    if (value != null) {
      throw unsupported(what);
    }
  }
}
