package io.carillon.events;

import io.carillon.aws.PageToken;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The pages of lists.
final class EventPages {
  private static final int MAX_SIZE = 100;

  private EventPages() {}

  /// The page size of a request.
  static int size(@Nullable Integer limit) {
    return limit == null ? MAX_SIZE : EventsError.MEMBERS.range("limit", limit, 1, MAX_SIZE);
  }

  /// The last name of the previous page; empty for the first page.
  static String after(@Nullable String token) {
    return PageToken.lastKey(
        token, () -> EventsError.parameter("NextToken", "Provided NextToken is not valid."));
  }

  /// A page of sorted things.
  ///
  /// @param token null at the end
  record Page<T>(List<T> items, @Nullable String token) {
    static <T> Page<T> of(List<T> sorted, Function<T, String> name, String after, int size) {
      List<T> rest = sorted.stream().filter(item -> name.apply(item).compareTo(after) > 0).toList();
      if (rest.size() <= size) {
        return new Page<>(rest, null);
      }
      List<T> items = rest.subList(0, size);
      return new Page<>(items, PageToken.after(name.apply(items.getLast())));
    }
  }
}
