package io.carillon.lambda;

import io.carillon.aws.PageToken;
import org.jspecify.annotations.Nullable;

/// Lists page by page: a marker is the last key seen.
final class LambdaPages {
  private LambdaPages() {}

  static int limit(@Nullable Integer asked, int most) {
    if (asked != null && (asked < 1 || asked > 10_000)) {
      throw LambdaError.constraint(asked, "maxItems", "Member must have value between 1 and 10000");
    }
    return asked == null ? most : Math.min(asked, most);
  }

  static String marker(String lastKey) {
    return PageToken.after(lastKey);
  }

  /// The last key seen; empty at the start.
  static String after(@Nullable String marker) {
    return PageToken.lastKey(
        marker, () -> LambdaError.INVALID_PARAMETER_VALUE.because("Invalid Marker: " + marker));
  }
}
