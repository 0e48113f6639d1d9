package io.carillon.iam;

import io.carillon.aws.PageToken;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One page of a listing, and the marker that asks for the next; null on the last.
record IamPage<T>(List<T> items, @Nullable String marker) {
  private static final int USUAL = 100;
  private static final int MOST = 1_000;

  /// What a request asks of a listing.
  ///
  /// @param after the key behind which the page begins; empty for the first page
  record Wanted(String after, int limit) {
    static Wanted of(@Nullable String marker, @Nullable Integer maxItems) {
      int limit = maxItems == null ? USUAL : IamConstraints.within("maxItems", maxItems, 1, MOST);
      String after =
          PageToken.lastKey(marker, () -> IamError.VALIDATION.because("Invalid Marker."));
      return new Wanted(after, limit);
    }
  }

  boolean isTruncated() {
    return marker != null;
  }

  <R> IamPage<R> map(Function<T, R> change) {
    return new IamPage<>(items.stream().map(change).toList(), marker);
  }

  /// The page of `all`, which is sorted by `key`.
  static <T> IamPage<T> of(Iterable<T> all, Function<T, String> key, Wanted wanted) {
    List<T> items = new ArrayList<>();
    for (T item : all) {
      if (key.apply(item).compareTo(wanted.after()) > 0) {
        if (items.size() == wanted.limit()) {
          return new IamPage<>(items, PageToken.after(key.apply(items.getLast())));
        }
        items.add(item);
      }
    }
    return new IamPage<>(items, null);
  }
}
