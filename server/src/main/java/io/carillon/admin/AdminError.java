package io.carillon.admin;

import io.carillon.aws.ErrorCode;

/// Errors of the admin API.
public enum AdminError implements ErrorCode {
  ACCESS_DENIED(
      "AccessDenied",
      403,
      "This needs the admin token of the data folder or a signature of the first account's root"
          + " user."),
  BAD_PARAMETER("InvalidParameterValue", 400, "A parameter is not understood."),
  MISSING_PARAMETER("MissingParameter", 400, "A parameter is missing."),
  NO_SUCH_ITEM("NotFound", 404, "There is no such item."),
  NO_SUCH_PAGE("NotFound", 404, "There is no such page.");

  private final String code;
  private final int status;
  private final String message;

  AdminError(String code, int status, String message) {
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
