package io.carillon.store;

import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Decoded rows of the tables that nearly every request reads and few change, such as buckets and
/// their policies, so that they are neither fetched nor decoded each time.
///
/// An entry says: from the sequence number `since` on, nobody has begun to change this row. The
/// writer takes the entries of rows out before it writes them. So whoever finds an entry after
/// taking a snapshot that is not older than `since` has found what the snapshot shows. What a
/// reader fetched may become an entry unless a change began after its snapshot.
///
/// That a row is absent is kept as well: most buckets have no policy.
final class RowCache {
  /// Some tens of MiB at most. Beyond, all are let go and the busy ones are soon back.
  private static final int MOST = 50_000;

  /// Stands for "a change is under way": no snapshot is as late.
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

  /// The sequence number that the last change ended with. Guarded by this.
  private long changed;

  /// The entry of a row if it holds for a snapshot of that sequence number.
  @Nullable Entry find(Key key, long sequence) {
    Entry entry = entries.get(key);
    return entry == null || entry.since > sequence ? null : entry;
  }

  /// Keeps what a snapshot of that sequence number showed, if it still holds.
  synchronized void keep(Key key, @Nullable Object row, long sequence) {
    if (sequence < changed) {
      return;
    }
    if (entries.size() >= MOST) {
      entries.clear();
    }
    entries.put(key, new Entry(row, sequence));
  }

  /// Called by the writer before it changes these rows.
  synchronized void changing(Collection<Key> keys) {
    changed = CHANGING;
    keys.forEach(entries::remove);
  }

  /// Called by the writer when the changes are visible to new snapshots.
  synchronized void changed(long sequence) {
    changed = sequence;
  }

  int size() {
    return entries.size();
  }
}
