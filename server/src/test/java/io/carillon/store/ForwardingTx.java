package io.carillon.store;

import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A transaction that is another one, but for what a test changes.
public abstract class ForwardingTx implements Tx {
  private final Tx tx;

  protected ForwardingTx(Tx tx) {
    this.tx = tx;
  }

  @Override
  public byte @Nullable [] get(byte[] key) {
    return tx.get(key);
  }

  @Override
  public List<byte @Nullable []> getAll(List<byte[]> keys) {
    return tx.getAll(keys);
  }

  @Override
  public <V> @Nullable V getCached(byte[] key, RowCodec<V> rows) {
    return tx.getCached(key, rows);
  }

  @Override
  public <V> List<@Nullable V> getAllCached(List<byte[]> keys, RowCodec<V> rows) {
    return tx.getAllCached(keys, rows);
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

  @Override
  public void afterCommit(Runnable action) {
    tx.afterCommit(action);
  }

  @Override
  public void afterUndo(Runnable action) {
    tx.afterUndo(action);
  }
}
