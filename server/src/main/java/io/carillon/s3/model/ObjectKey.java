package io.carillon.s3.model;

import java.nio.charset.StandardCharsets;

/// The name of an object in its bucket: any text of 1 to 1,024 bytes in UTF-8, stored unchanged.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
public record ObjectKey(String value) {
  private static final int MAX_BYTES = 1024;

  /// @throws io.carillon.aws.AwsException KeyTooLongError; InvalidArgument for text that UTF-8
  ///   cannot encode
  public ObjectKey {
    if (value.isEmpty()) {
      throw S3Error.INVALID_REQUEST.because("A key must not be empty");
    }
    if (value.length() > MAX_BYTES / 3) { // a char has at most three bytes
      int bytes = value.getBytes(StandardCharsets.UTF_8).length;
      if (bytes > MAX_BYTES) {
        throw S3Error.KEY_TOO_LONG
            .with("Size", String.valueOf(bytes))
            .with("MaxSizeAllowed", String.valueOf(MAX_BYTES));
      }
    }
    if (value.chars().anyMatch(c -> Character.isSurrogate((char) c))
        && !StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
      throw S3Error.INVALID_ARGUMENT.because("The key is not valid UTF-8");
    }
  }

  @Override
  public String toString() {
    return value;
  }
}
