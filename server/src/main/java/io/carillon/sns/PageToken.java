package io.carillon.sns;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/// `NextToken` of the lists: the key behind which the next page begins, not to be read by callers.
final class PageToken {
  static final int PAGE = 100;

  private PageToken() {}

  static @Nullable String of(String lastKey) {
    return lastKey.isEmpty()
        ? null
        : Base64.getUrlEncoder().encodeToString(lastKey.getBytes(StandardCharsets.UTF_8));
  }

  /// Empty for the first page.
  static String read(@Nullable String token) {
    if (token == null || token.isEmpty()) {
      return "";
    }
    try {
      return new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw SnsError.invalid("NextToken");
    }
  }
}
