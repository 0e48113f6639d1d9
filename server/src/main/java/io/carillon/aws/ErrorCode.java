package io.carillon.aws;

/// An error that AWS documents: its code, HTTP status and message. Each service keeps its own in
/// one enum, in the order of AWS's page; no code or status stands anywhere else.
public interface ErrorCode {
  /// The code as clients see it, such as `NoSuchBucket`.
  String code();

  /// The code as the query protocol spells it where that differs: SQS keeps its older codes there,
  /// and repeats them to JSON clients in the header `x-amzn-query-error`.
  default String queryCode() {
    return code();
  }

  int status();

  /// The usual message.
  String message();

  default AwsException exception() {
    return new AwsException(this, message());
  }

  /// The error with a message that says more.
  default AwsException because(String message) {
    return new AwsException(this, message);
  }

  /// The usual error with one more member, as S3's carry.
  default AwsException with(String member, String value) {
    return exception().with(member, value);
  }
}
