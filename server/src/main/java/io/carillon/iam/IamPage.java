package io.carillon.iam;

import io.carillon.aws.PageToken;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One page of a listing, and the marker of the next page; null on the last page.
record IamPage<T>(List<T> items, @Nullable String marker) {
  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_LIMIT = 1_000;

  /// The paging parameters of a request.
  ///
  /// @param after the key after which the page begins; empty for the first page
  record Paging(String after, int limit) {
    static Paging of(@Nullable String marker, @Nullable Integer maxItems) {
      int limit =
          maxItems == null
              ? DEFAULT_LIMIT
              : IamError.MEMBERS.range("maxItems", maxItems, 1, MAX_LIMIT);
      String after =
          PageToken.lastKey(marker, () -> IamError.VALIDATION.because("Invalid Marker."));
      return new Paging(after, limit);
    }
  }

  boolean isTruncated() {
    return marker != null;
  }

  <R> IamPage<R> map(Function<T, R> mapper) {
    return new IamPage<>(items.stream().map(mapper).toList(), marker);
  }

  /// The page of `all`, which must be sorted by `key`.
  static <T> IamPage<T> of(Iterable<T> all, Function<T, String> key, Paging paging) {
    List<T> items = new ArrayList<>();
    for (T item : all) {
      if (key.apply(item).compareTo(paging.after()) > 0) {
        if (items.size() == paging.limit()) {
          return new IamPage<>(items, PageToken.after(key.apply(items.getLast())));
        }
        items.add(item);
      }
    }
    return new IamPage<>(items, null);
  }
}
