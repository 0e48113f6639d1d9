package io.carillon.aws;

import java.util.LinkedHashMap;
import java.util.Map;

/// An error response. The request pipeline writes it in the request's protocol.
public final class AwsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient ErrorCode error;
  private final transient Map<String, String> members = new LinkedHashMap<>();
  private final transient Map<String, String> headers = new LinkedHashMap<>();

  public AwsException(ErrorCode error, String message) {
    super(message, null, false, false); // a response, not a bug: no stack trace
    this.error = error;
  }

  /// Adds a member beside code and message, such as `BucketName`.
  public AwsException with(String member, String value) {
    members.put(member, value);
    return this;
  }

  /// Adds a header field to the response, such as `x-amz-bucket-region` or `x-amz-delete-marker`,
  /// which clients read where a response has no body.
  public AwsException withHeader(String name, String value) {
    headers.put(name, value);
    return this;
  }

  public ErrorCode error() {
    return error;
  }

  public Map<String, String> members() {
    return members;
  }

  public Map<String, String> headers() {
    return headers;
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
