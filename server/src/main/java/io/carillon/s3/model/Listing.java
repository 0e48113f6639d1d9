package io.carillon.s3.model;

import io.carillon.store.Range;
import io.carillon.store.ScanStep;
import io.carillon.store.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A page of a bucket's objects, versions or uploads, sorted by key. Keys with a delimiter after
/// the prefix are grouped into common prefixes.
///
/// The scan skips all keys of a common prefix in one step, so the cost of a page depends on its
/// entries, not on the number of keys.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-prefixes.html
///
/// @param <T> what is listed
/// @param truncated whether there is more
public record Listing<T>(List<Entry<T>> entries, boolean truncated) {

  /// An entry of a page.
  public sealed interface Entry<T> {
    /// The key or the common prefix.
    String text();
  }

  public record Item<T>(String text, T item) implements Entry<T> {}

  public record CommonPrefix<T>(String text) implements Entry<T> {}

  /// A page begins after this position.
  ///
  /// @param wholePrefix whether everything that begins with the text comes before the page as well
  public record After(String text, boolean wholePrefix) {
    public static final After NOTHING = new After("", false);

    /// The position after `key` (`marker`, `start-after`). A marker that is a common prefix itself
    /// was the last entry of a page, so the whole prefix has been listed.
    public static After key(@Nullable String key, Paging paging) {
      return key == null || key.isEmpty() ? NOTHING : new After(key, paging.isCommonPrefix(key));
    }

    public static After entry(Entry<?> entry) {
      return new After(entry.text(), entry instanceof CommonPrefix);
    }
  }

  /// The page that a scan fills.
  static final class Page<T> {
    private final Tuple parent;
    private final Paging paging;
    private final List<Entry<T>> entries = new ArrayList<>();

    Page(String bucket, Paging paging) {
      this.parent = Tuple.of(bucket);
      this.paging = paging;
    }

    /// The keys with the prefix.
    Range range() {
      return Range.withPrefix(parent, paging.prefix());
    }

    Range range(After after) {
      if (after.text().isEmpty()) {
        return range();
      }
      return after.wholePrefix()
          ? range().afterPrefix(parent, after.text())
          : range().after(parent.and(after.text()));
    }

    /// How many entries it takes: one more than it has shows that there are more.
    int room() {
      return paging.maxKeys() == 0 ? 0 : paging.maxKeys() + 1 - entries.size();
    }

    /// Adds an entry of this key, or the common prefix that the scan skips then.
    ScanStep add(String key, T item) {
      Optional<String> common = paging.commonPrefix(key);
      if (common.isEmpty()) {
        entries.add(new Item<>(key, item));
        return ScanStep.nextIf(room() > 0);
      }
      entries.add(new CommonPrefix<>(common.get()));
      return room() > 0 ? ScanStep.skipPrefix(parent, common.get()) : ScanStep.STOP;
    }

    Listing<T> toListing() {
      int limit = paging.maxKeys();
      return entries.size() > limit
          ? new Listing<>(List.copyOf(entries.subList(0, limit)), true)
          : new Listing<>(List.copyOf(entries), false);
    }
  }
}
