package io.carillon.store;

import org.jspecify.annotations.Nullable;

/// A consistent view of the key space. Keys compare as unsigned bytes.
public interface Snapshot {
  byte @Nullable [] get(byte[] key);

  /// As [#get], decoded, for a row of a cached table (see [Table#cached]): mostly from memory.
  default <V> @Nullable V getCached(byte[] key, RowCodec<V> rows) {
    byte[] row = get(key);
    return row == null ? null : rows.decode(row);
  }

  /// Where to read rows that stand under `guard`. A plan's snapshot records that it relies on them.
  default Snapshot under(Guard guard) {
    return this;
  }

  /// Where to read rows that never change once they are written.
  default Snapshot unchanging() {
    return this;
  }

  /// Visits the keys in `[from, to)` in order until the visitor returns false.
  void scan(byte[] from, byte[] to, Visitor visitor);

  /// Sees one row; returns whether to go on.
  @FunctionalInterface
  interface Visitor {
    boolean visit(byte[] key, byte[] value);
  }
}
