package io.carillon.sts;

import io.carillon.aws.ErrorCode;
import io.carillon.aws.MemberConstraints;

/// Source: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html and the
/// operations' own pages.
public enum StsError implements ErrorCode {
  ACCESS_DENIED("AccessDenied", 403, "Access denied"),
  MALFORMED_POLICY_DOCUMENT("MalformedPolicyDocument", 400, "Syntax errors in policy."),
  PACKED_POLICY_TOO_LARGE(
      "PackedPolicyTooLarge", 400, "The session's policies are larger than allowed."),
  VALIDATION("ValidationError", 400, "The input fails to satisfy the constraints.");

  static final MemberConstraints MEMBERS = new MemberConstraints(VALIDATION);

  private final String code;
  private final int status;
  private final String message;

  StsError(String code, int status, String message) {
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
