package io.carillon.s3.model;

import io.carillon.store.Range;
import io.carillon.store.Snapshot;
import io.carillon.store.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A page of a bucket's object versions and delete markers: keys in order, the newest version of
/// each first.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
///
/// @param truncated whether there is more
public record VersionListing(List<Entry> entries, boolean truncated) {

  /// An entry of a page.
  public sealed interface Entry {
    String text();

    /// @param latest whether it is the current version of its key
    record Version(String text, ObjectVersion version, boolean latest) implements Entry {}

    record CommonPrefix(String text) implements Entry {}
  }

  /// A page begins after this position.
  ///
  /// @param versionId the page begins after this version of the key; null for after all of them
  public record After(String key, @Nullable String versionId) {}

  public static VersionListing of(
      Versions versions,
      Snapshot snapshot,
      Bucket bucket,
      String prefix,
      @Nullable String delimiter,
      @Nullable After after,
      int limit) {
    if (limit == 0) {
      return new VersionListing(List.of(), false);
    }
    List<Entry> entries = new ArrayList<>();
    Tuple parent = Tuple.of(bucket.name());
    Range all = Range.withPrefix(parent, prefix);
    Range rest = all;
    if (after != null) {
      Optional<String> common = KeyListing.commonPrefix(after.key(), prefix, delimiter);
      if (after.key().startsWith(prefix) && common.isEmpty()) {
        addRestOfKey(versions, snapshot, bucket, after, entries, limit);
      }
      boolean wholePrefix = common.filter(after.key()::equals).isPresent();
      rest =
          wholePrefix
              ? all.afterPrefix(parent, after.key())
              : all.after(Tuple.of(bucket.name(), after.key()));
    }
    while (entries.size() <= limit) {
      boolean[] rolledUp = {false};
      versions.scan(
          snapshot,
          rest,
          (key, current) -> {
            Optional<String> common = KeyListing.commonPrefix(key, prefix, delimiter);
            if (common.isPresent()) {
              entries.add(new Entry.CommonPrefix(common.get()));
              rolledUp[0] = true;
              return false;
            }
            entries.add(new Entry.Version(key, current, true));
            addOlder(versions, snapshot, bucket, key, Long.MAX_VALUE, entries, limit);
            return entries.size() <= limit;
          });
      if (!rolledUp[0]) {
        break;
      }
      rest = all.afterPrefix(parent, entries.getLast().text());
    }
    return entries.size() > limit
        ? new VersionListing(List.copyOf(entries.subList(0, limit)), true)
        : new VersionListing(List.copyOf(entries), false);
  }

  private static void addRestOfKey(
      Versions versions,
      Snapshot snapshot,
      Bucket bucket,
      After after,
      List<Entry> entries,
      int limit) {
    if (after.versionId() == null || after.key().isEmpty()) {
      return;
    }
    ObjectKey key = new ObjectKey(after.key());
    long number = Versions.requireVersionId(after.versionId(), "version-id-marker");
    if (number == 0) {
      number =
          versions
              .find(snapshot, bucket, key, after.versionId())
              .map(ObjectVersion::sequence)
              .orElse(0L);
    }
    addOlder(versions, snapshot, bucket, key.value(), number, entries, limit);
  }

  private static void addOlder(
      Versions versions,
      Snapshot snapshot,
      Bucket bucket,
      String key,
      long below,
      List<Entry> entries,
      int limit) {
    int room = limit + 1 - entries.size();
    versions
        .older(snapshot, bucket.name(), key, below, room)
        .forEach(version -> entries.add(new Entry.Version(key, version, false)));
  }
}
