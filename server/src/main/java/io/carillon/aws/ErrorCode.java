package io.carillon.aws;

/// An error that AWS documents: its code, HTTP status and message. Each service has one enum of its
/// own errors, in the order of AWS's page; codes and statuses appear nowhere else.
public interface ErrorCode {
  /// The code on the wire, such as `NoSuchBucket`.
  String code();

  /// The code in the query protocol where it differs: SQS keeps its older codes there, and repeats
  /// them to JSON clients in the header `x-amzn-query-error`.
  default String queryCode() {
    return code();
  }

  int status();

  /// The default message.
  String message();

  default AwsException exception() {
    return new AwsException(this, message());
  }

  /// The error with a more specific message.
  default AwsException because(String message) {
    return new AwsException(this, message);
  }

  /// The error with an additional member, as S3's have.
  default AwsException with(String member, String value) {
    return exception().with(member, value);
  }
}
