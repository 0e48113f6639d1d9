package io.carillon.store;

/// A write transaction: it sees what came before it and its own changes.
public interface Tx extends Snapshot {
  void put(byte[] key, byte[] value);

  void delete(byte[] key);

  /// Says that the row of `key`, which was put or deleted, is of a kept table.
  void invalidate(byte[] key);

  /// How many rows it has put and deleted so far.
  int changes();

  /// Runs a part of the change. If it throws, what it did is taken back, and only that; then the
  /// exception goes on.
  void withSavepoint(Runnable part);

  /// Runs `action` once this transaction is committed, in commit order; never if it fails.
  /// In-memory cursors, caches and wake-ups move here and nowhere else. It must be quick and must
  /// not throw.
  void afterCommit(Runnable action);

  /// Runs `action` if this transaction, or the part that calls this, is undone because it threw:
  /// what it took in memory is given back here. It must be quick and must not throw.
  void afterUndo(Runnable action);
}
