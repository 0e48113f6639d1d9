package io.carillon.aws.sigv4;

import io.carillon.aws.ErrorCode;

/// Signature errors of the JSON services: status 400 for those that name the operation in
/// `X-Amz-Target`, 403 for those with REST paths.
///
/// Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/CommonErrors.html
/// and https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html
enum JsonSignatureError implements ErrorCode {
  EXPIRED_TOKEN(
      "ExpiredTokenException", 400, "The security token included in the request is expired"),
  INCOMPLETE_SIGNATURE(
      "IncompleteSignatureException",
      400,
      "The request signature does not conform to AWS standards."),
  INVALID_SIGNATURE("InvalidSignatureException", 400, Message.MISMATCH),
  UNRECOGNIZED_CLIENT(
      "UnrecognizedClientException", 400, "The security token included in the request is invalid."),

  REST_EXPIRED_TOKEN(
      "ExpiredTokenException", 403, "The security token included in the request is expired"),
  REST_INCOMPLETE_SIGNATURE(
      "IncompleteSignatureException",
      403,
      "The request signature does not conform to AWS standards."),
  REST_INVALID_SIGNATURE("InvalidSignatureException", 403, Message.MISMATCH),
  REST_UNRECOGNIZED_CLIENT(
      "UnrecognizedClientException", 403, "The security token included in the request is invalid.");

  private static final class Message {
    static final String MISMATCH =
        "The request signature we calculated does not match the signature you provided. Check your"
            + " AWS Secret Access Key and signing method. Consult the service documentation for"
            + " details.";
  }

  private final String code;
  private final int status;
  private final String message;

  JsonSignatureError(String code, int status, String message) {
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
