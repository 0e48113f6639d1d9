package io.carillon.store;

/// A write transaction: it sees what came before it and its own changes.
public interface Tx extends Snapshot {
  void put(byte[] key, byte[] value);

  void delete(byte[] key);

  /// Says that the row of `key`, which was put or deleted, is of a kept table.
  void changesKept(byte[] key);

  /// Runs `action` once this transaction is committed, in commit order; never if it fails.
  /// In-memory cursors, caches and wake-ups move here and nowhere else. It must be quick and must
  /// not throw.
  void afterCommit(Runnable action);

  /// Runs `action` if this transaction is undone because its change threw: what it took in memory
  /// is given back here. It must be quick and must not throw.
  void afterUndo(Runnable action);
}
