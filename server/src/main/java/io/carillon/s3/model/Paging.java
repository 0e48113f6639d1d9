package io.carillon.s3.model;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The parameters of all listings of keys.
///
/// @param delimiter null for none
/// @param maxKeys at max 1,000, even if more were requested
public record Paging(String prefix, @Nullable String delimiter, int maxKeys) {
  private static final int MAX_RESULTS = 1000;

  public static Paging of(
      @Nullable String prefix, @Nullable String delimiter, @Nullable Integer maxKeys) {
    return new Paging(
        prefix == null ? "" : prefix,
        delimiter == null || delimiter.isEmpty() ? null : delimiter,
        limit("max-keys", maxKeys, MAX_RESULTS));
  }

  /// @throws io.carillon.aws.AwsException InvalidArgument if it is negative
  public static int limit(String name, @Nullable Integer requested, int max) {
    if (requested == null) {
      return max;
    }
    if (requested < 0) {
      throw S3Error.INVALID_ARGUMENT
          .because("Argument " + name + " must be an integer between 0 and 2147483647")
          .with("ArgumentName", name)
          .with("ArgumentValue", requested.toString());
    }
    return Math.min(requested, max);
  }

  /// The key up to and including the first delimiter after the prefix; empty if there is none.
  Optional<String> commonPrefix(String key) {
    if (delimiter == null || key.length() < prefix.length()) {
      return Optional.empty();
    }
    int at = key.indexOf(delimiter, prefix.length());
    return at < 0 ? Optional.empty() : Optional.of(key.substring(0, at + delimiter.length()));
  }

  boolean isCommonPrefix(String text) {
    return commonPrefix(text).filter(text::equals).isPresent();
  }
}
