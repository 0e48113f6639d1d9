package io.carillon.store;

import org.jspecify.annotations.Nullable;

/// A consistent view of the key space. Keys compare as unsigned bytes.
public interface Snapshot {
  byte @Nullable [] get(byte[] key);

  /// Visits the keys in `[from, to)` in order until the visitor returns false.
  void scan(byte[] from, byte[] to, Visitor visitor);

  /// Sees one row; returns whether to go on.
  @FunctionalInterface
  interface Visitor {
    boolean visit(byte[] key, byte[] value);
  }
}
