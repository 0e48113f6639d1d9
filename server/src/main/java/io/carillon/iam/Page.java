package io.carillon.iam;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One page of a listing, and the marker that asks for the next; null on the last.
record Page<T>(List<T> items, @Nullable String marker) {
  private static final int USUAL = 100;
  private static final int MOST = 1_000;

  /// What a request asks of a listing.
  ///
  /// @param after the key behind which the page begins; empty for the first page
  record Wanted(String after, int limit) {
    static Wanted of(@Nullable String marker, @Nullable Integer maxItems) {
      int limit = maxItems == null ? USUAL : Constraints.within("maxItems", maxItems, 1, MOST);
      return new Wanted(marker == null ? "" : decode(marker), limit);
    }
  }

  boolean isTruncated() {
    return marker != null;
  }

  <R> Page<R> map(Function<T, R> change) {
    return new Page<>(items.stream().map(change).toList(), marker);
  }

  /// The page of `all`, which is sorted by `key`.
  static <T> Page<T> of(Iterable<T> all, Function<T, String> key, Wanted wanted) {
    List<T> items = new ArrayList<>();
    for (T item : all) {
      if (key.apply(item).compareTo(wanted.after()) > 0) {
        if (items.size() == wanted.limit()) {
          return new Page<>(items, encode(key.apply(items.getLast())));
        }
        items.add(item);
      }
    }
    return new Page<>(items, null);
  }

  static String encode(String key) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(key.getBytes(StandardCharsets.UTF_8));
  }

  private static String decode(String marker) {
    try {
      return new String(Base64.getUrlDecoder().decode(marker), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException notOurs) {
      throw IamError.VALIDATION.because("Invalid Marker.");
    }
  }
}
