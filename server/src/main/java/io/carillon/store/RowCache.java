package io.carillon.store;

import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Decoded rows of the tables that nearly every request reads and few change, such as buckets and
/// their policies, so that they are not fetched and decoded each time.
///
/// An entry says that no change of this row has begun since the sequence number `since`. The writer
/// invalidates rows before it writes them. So an entry found after taking a snapshot not older than
/// `since` is what the snapshot shows. A row that a reader fetched becomes an entry unless a change
/// began after the reader's snapshot.
///
/// That a row is absent is cached as well: most buckets have no policy.
final class RowCache {
  /// Some tens of MiB at most. Beyond that the cache is cleared; busy rows are soon back.
  private static final int MAX_ENTRIES = 50_000;

  /// Stands for a change under way: no snapshot is as late.
  private static final long CHANGING = Long.MAX_VALUE;

  /// A key that compares by its bytes.
  record Key(byte[] bytes) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key(byte[] theirs) && Arrays.equals(bytes, theirs);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(bytes);
    }
  }

  /// @param row null where there is none
  record Entry(@Nullable Object row, long since) {}

  private final Map<Key, Entry> entries = new ConcurrentHashMap<>();

  /// The sequence number of the last change. Guarded by this.
  private long lastChange;

  /// The entry of a row if it holds for a snapshot of that sequence number.
  @Nullable Entry find(Key key, long sequence) {
    Entry entry = entries.get(key);
    return entry == null || entry.since > sequence ? null : entry;
  }

  /// Caches the row that a snapshot of that sequence number showed, if it is still valid.
  synchronized void put(Key key, @Nullable Object row, long sequence) {
    if (sequence < lastChange) {
      return;
    }
    if (entries.size() >= MAX_ENTRIES) {
      entries.clear();
    }
    entries.put(key, new Entry(row, sequence));
  }

  /// Called by the writer before it changes these rows.
  synchronized void invalidate(Collection<Key> keys) {
    lastChange = CHANGING;
    keys.forEach(entries::remove);
  }

  /// Called by the writer when the changes are visible to new snapshots.
  synchronized void committed(long sequence) {
    lastChange = sequence;
  }

  int size() {
    return entries.size();
  }
}
