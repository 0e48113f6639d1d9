package io.carillon.s3.model;

import io.carillon.store.Range;
import io.carillon.store.Snapshot;
import io.carillon.store.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A page of a bucket's keys; keys with a delimiter after the prefix are grouped into common
/// prefixes.
///
/// The scan skips all keys of a common prefix in one step, so the cost of a page depends on its
/// entries, not on the number of keys.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-prefixes.html
///
/// @param truncated whether there is more
public record KeyListing(List<Entry> entries, boolean truncated) {

  /// An entry of a page; pages are sorted by text.
  public sealed interface Entry {
    String text();

    record Key(String text, ObjectVersion version) implements Entry {}

    record CommonPrefix(String text) implements Entry {}
  }

  /// A page begins after this position.
  ///
  /// @param wholePrefix whether everything that begins with the text comes before the page as well
  public record After(String text, boolean wholePrefix) {
    public static final After NOTHING = new After("", false);

    /// The position after `key` (`marker`, `start-after`). A marker that is a common prefix itself
    /// was the last entry of a page, so the whole prefix has been listed.
    public static After key(@Nullable String key, String prefix, @Nullable String delimiter) {
      if (key == null || key.isEmpty()) {
        return NOTHING;
      }
      return new After(key, commonPrefix(key, prefix, delimiter).filter(key::equals).isPresent());
    }

    public static After entry(Entry entry) {
      return new After(entry.text(), entry instanceof Entry.CommonPrefix);
    }
  }

  /// The page of objects after `after`, without those that a delete marker hides.
  public static KeyListing of(
      Versions versions,
      Snapshot snapshot,
      String bucket,
      String prefix,
      @Nullable String delimiter,
      After after,
      int limit) {
    if (limit == 0) {
      return new KeyListing(List.of(), false);
    }
    List<Entry> entries = new ArrayList<>();
    Tuple parent = Tuple.of(bucket);
    Range all = Range.withPrefix(parent, prefix);
    Range rest = all;
    if (!after.text().isEmpty()) {
      rest =
          after.wholePrefix()
              ? all.afterPrefix(parent, after.text())
              : all.after(Tuple.of(bucket, after.text()));
    }
    while (true) {
      boolean[] rolledUp = {false};
      versions.scan(
          snapshot,
          rest,
          (key, version) -> {
            if (version.deleteMarker()) {
              return true;
            }
            Optional<String> common = commonPrefix(key, prefix, delimiter);
            if (common.isPresent()) {
              entries.add(new Entry.CommonPrefix(common.get()));
              rolledUp[0] = true;
              return false;
            }
            entries.add(new Entry.Key(key, version));
            return entries.size() <= limit;
          });
      if (entries.size() > limit) {
        return new KeyListing(List.copyOf(entries.subList(0, limit)), true);
      }
      if (!rolledUp[0]) {
        return new KeyListing(List.copyOf(entries), false);
      }
      rest = all.afterPrefix(parent, entries.getLast().text());
    }
  }

  /// The key up to and including the first delimiter after the prefix; empty if there is none.
  static Optional<String> commonPrefix(String key, String prefix, @Nullable String delimiter) {
    if (delimiter == null || delimiter.isEmpty() || key.length() < prefix.length()) {
      return Optional.empty();
    }
    int at = key.indexOf(delimiter, prefix.length());
    return at < 0 ? Optional.empty() : Optional.of(key.substring(0, at + delimiter.length()));
  }
}
