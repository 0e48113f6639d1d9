package io.carillon.sns;

import io.carillon.aws.PageToken;
import org.jspecify.annotations.Nullable;

/// SNS's lists come in pages of a hundred, whatever a caller asks.
final class SnsPages {
  static final int SIZE = 100;

  private SnsPages() {}

  /// @param lastKey empty where nothing follows
  static @Nullable String token(String lastKey) {
    return lastKey.isEmpty() ? null : PageToken.after(lastKey);
  }

  /// The last key seen; empty at the start.
  static String after(@Nullable String token) {
    return PageToken.lastKey(token, () -> SnsError.invalid("NextToken"));
  }
}
