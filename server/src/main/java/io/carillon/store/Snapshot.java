package io.carillon.store;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A consistent view of the key space. Keys compare as unsigned bytes.
///
/// An engine over a network makes a round trip for each [#get], [#getAll] and [#getAllCached], and
/// for each page of a [#scan]. In this process there is none to save, so by default many look-ups
/// are one after another.
public interface Snapshot {
  byte @Nullable [] get(byte[] key);

  /// The engine's time. What several nodes compare, such as due times, is written by this clock.
  Instant now();

  /// The rows of `keys`, in that order; null where there is none.
  default List<byte @Nullable []> getAll(List<byte[]> keys) {
    List<byte @Nullable []> found = new ArrayList<>(keys.size());
    keys.forEach(key -> found.add(get(key)));
    return found;
  }

  /// As [#get], decoded, for a row of a cached table (see [Table#cached]): mostly from memory.
  default <V> @Nullable V getCached(byte[] key, RowCodec<V> rows) {
    byte[] row = get(key);
    return row == null ? null : rows.decode(row);
  }

  /// As [#getAll], decoded, for rows of a cached table.
  default <V> List<@Nullable V> getAllCached(List<byte[]> keys, RowCodec<V> rows) {
    List<@Nullable V> found = new ArrayList<>(keys.size());
    keys.forEach(key -> found.add(getCached(key, rows)));
    return found;
  }

  /// Where to read rows that stand under `guard`, the same for every guard. A plan's snapshot
  /// records that it relies on them.
  default Snapshot under(Guard guard) {
    return this;
  }

  /// Where to read rows that never change once they are written.
  default Snapshot unchanging() {
    return this;
  }

  /// Visits the rows with keys in `[from, to)` in order, and goes on as the visitor says. The rows
  /// that it skips cost nothing.
  ///
  /// @param page how many rows the visitor is going to need, as far as the caller knows, at least
  ///   1. An engine fetches no more than that ahead, perhaps fewer, and others only when the
  ///      visitor goes on after them
  void scan(byte[] from, byte[] to, int page, Visitor visitor);

  /// Sees one row. In a transaction it may change rows; the scan shows changes of later ones.
  @FunctionalInterface
  interface Visitor {
    ScanStep visit(byte[] key, byte[] value);
  }
}
