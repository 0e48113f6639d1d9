package io.carillon.aws;

import java.util.LinkedHashMap;
import java.util.Map;

/// An answer to the client that is an error. The road writes it in the protocol of the call.
public final class AwsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient ErrorCode error;
  private final transient Map<String, String> members = new LinkedHashMap<>();

  public AwsException(ErrorCode error, String message) {
    super(message, null, false, false); // an answer, not a bug: no stack trace to pay for
    this.error = error;
  }

  /// Adds a member beside code and message, such as `BucketName`.
  public AwsException with(String member, String value) {
    members.put(member, value);
    return this;
  }

  public ErrorCode error() {
    return error;
  }

  public Map<String, String> members() {
    return members;
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
