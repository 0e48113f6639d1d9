package io.carillon.aws;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The pagination token of a list: the last key of a page. It is opaque to callers; a malformed
/// token is rejected, rather than taken for a key.
public final class PageToken {
  private static final String MARK = "after:";

  private PageToken() {}

  public static String after(String lastKey) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString((MARK + lastKey).getBytes(StandardCharsets.UTF_8));
  }

  /// The last key of the previous page; empty for the first page.
  ///
  /// @param refusal the error for a malformed token
  public static String lastKey(@Nullable String token, Supplier<AwsException> refusal) {
    if (token == null || token.isEmpty()) {
      return "";
    }
    String marked;
    try {
      marked = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      throw refusal.get();
    }
    if (!marked.startsWith(MARK)) {
      throw refusal.get();
    }
    return marked.substring(MARK.length());
  }
}
