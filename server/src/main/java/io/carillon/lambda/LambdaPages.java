package io.carillon.lambda;

import io.carillon.aws.PageToken;
import org.jspecify.annotations.Nullable;

/// Pagination: a marker is the last key of the previous page.
final class LambdaPages {
  private LambdaPages() {}

  static int limit(@Nullable Integer requested, int max) {
    if (requested != null && (requested < 1 || requested > 10_000)) {
      throw LambdaError.constraint(
          requested, "maxItems", "Member must have value between 1 and 10000");
    }
    return requested == null ? max : Math.min(requested, max);
  }

  static String marker(String lastKey) {
    return PageToken.after(lastKey);
  }

  /// The last key of the previous page; empty for the first page.
  static String after(@Nullable String marker) {
    return PageToken.lastKey(
        marker, () -> LambdaError.INVALID_PARAMETER_VALUE.because("Invalid Marker: " + marker));
  }
}
