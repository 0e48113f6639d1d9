package io.carillon.store;

import java.util.function.Supplier;

/// A write transaction: it sees the committed state and its own changes.
public interface Tx extends Snapshot {
  void put(byte[] key, byte[] value);

  void delete(byte[] key);

  /// Invalidates the cached row of `key`, which this transaction put or deleted.
  void invalidate(byte[] key);

  /// How many rows it has put and deleted so far.
  int changes();

  /// Runs a part of the change. If it throws, only that part is undone; then the exception is
  /// thrown on.
  <T> T withSavepoint(Supplier<T> part);

  /// As [#withSavepoint(Supplier)], without a result.
  default void withSavepoint(Runnable part) {
    withSavepoint(
        () -> {
          part.run();
          return true;
        });
  }

  /// Runs `action` once this transaction is committed, in commit order; never if it fails.
  /// In-memory cursors, caches and wake-ups change here and nowhere else. It must be quick and must
  /// not throw.
  void afterCommit(Runnable action);

  /// As [#afterCommit], but an engine may run it after it has given the callers their results: for
  /// work that the caller must not wait for.
  default void afterAnswer(Runnable action) {
    afterCommit(action);
  }

  /// Runs `action` if this transaction, or the part that calls this, is undone because it threw:
  /// reservations in memory are released here. It must be quick and must not throw.
  void afterUndo(Runnable action);
}
