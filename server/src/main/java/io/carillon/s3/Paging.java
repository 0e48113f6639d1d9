package io.carillon.s3;

import io.carillon.s3.model.S3Error;
import org.jspecify.annotations.Nullable;

/// What every listing of keys asks.
///
/// @param delimiter null for none
/// @param maxKeys at most 1,000, whatever was asked for
record Paging(String prefix, @Nullable String delimiter, int maxKeys) {
  private static final int MOST = 1000;

  static Paging of(@Nullable String prefix, @Nullable String delimiter, @Nullable Integer maxKeys) {
    return new Paging(
        prefix == null ? "" : prefix,
        delimiter == null || delimiter.isEmpty() ? null : delimiter,
        limit("max-keys", maxKeys, MOST));
  }

  /// @throws io.carillon.aws.AwsException InvalidArgument where it is negative
  static int limit(String name, @Nullable Integer asked, int most) {
    if (asked == null) {
      return most;
    }
    if (asked < 0) {
      throw S3Error.INVALID_ARGUMENT
          .because("Argument " + name + " must be an integer between 0 and 2147483647")
          .with("ArgumentName", name)
          .with("ArgumentValue", asked.toString());
    }
    return Math.min(asked, most);
  }
}
