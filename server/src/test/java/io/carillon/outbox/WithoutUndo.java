package io.carillon.outbox;

import io.carillon.store.RowCodec;
import io.carillon.store.Tx;
import java.time.Instant;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A transaction that forgets its undo actions.
record WithoutUndo(Tx tx) implements Tx {
  @Override
  public void afterUndo(Runnable action) {}

  @Override
  public void afterCommit(Runnable action) {
    tx.afterCommit(action);
  }

  @Override
  public byte @Nullable [] get(byte[] key) {
    return tx.get(key);
  }

  @Override
  public <V> @Nullable V getCached(byte[] key, RowCodec<V> rows) {
    return tx.getCached(key, rows);
  }

  @Override
  public Instant now() {
    return tx.now();
  }

  @Override
  public void scan(byte[] from, byte[] to, int page, Visitor visitor) {
    tx.scan(from, to, page, visitor);
  }

  @Override
  public void put(byte[] key, byte[] value) {
    tx.put(key, value);
  }

  @Override
  public void delete(byte[] key) {
    tx.delete(key);
  }

  @Override
  public void invalidate(byte[] key) {
    tx.invalidate(key);
  }

  @Override
  public int changes() {
    return tx.changes();
  }

  @Override
  public <T> T withSavepoint(Supplier<T> part) {
    return tx.withSavepoint(part);
  }
}
