package io.carillon.sns;

import io.carillon.aws.PageToken;
import org.jspecify.annotations.Nullable;

/// SNS lists in pages of 100; no request changes that.
final class SnsPages {
  static final int SIZE = 100;

  private SnsPages() {}

  /// @param lastKey empty on the last page
  static @Nullable String token(String lastKey) {
    return lastKey.isEmpty() ? null : PageToken.after(lastKey);
  }

  /// The last key of the page before; empty at the start.
  static String after(@Nullable String token) {
    return PageToken.lastKey(token, () -> SnsError.invalid("NextToken"));
  }
}
