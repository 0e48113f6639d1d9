package io.carillon.iam;

import io.carillon.aws.ErrorCode;
import io.carillon.aws.MemberConstraints;

/// Source: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and the
/// operations' own pages.
public enum IamError implements ErrorCode {
  DELETE_CONFLICT("DeleteConflict", 409, "Cannot delete entity, it has subordinate entities."),
  ENTITY_ALREADY_EXISTS("EntityAlreadyExists", 409, "The entity already exists."),
  INVALID_INPUT("InvalidInput", 400, "An invalid or out-of-range value was supplied."),
  LIMIT_EXCEEDED("LimitExceeded", 409, "The request exceeds the current limits of the account."),
  MALFORMED_POLICY_DOCUMENT("MalformedPolicyDocument", 400, "Syntax errors in policy."),
  NO_SUCH_ENTITY("NoSuchEntity", 404, "The entity does not exist."),
  UNMODIFIABLE_ENTITY("UnmodifiableEntity", 400, "The entity cannot be changed."),
  VALIDATION("ValidationError", 400, "The input fails to satisfy the constraints.");

  static final MemberConstraints MEMBERS = new MemberConstraints(VALIDATION);

  private final String code;
  private final int status;
  private final String message;

  IamError(String code, int status, String message) {
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
