package io.carillon.store;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/// The database on a sorted map, for tests and `--in-memory`: nothing survives the process.
public final class MemoryDatabase implements Database {
  private final TreeMap<byte[], byte[]> rows = new TreeMap<>(Arrays::compareUnsigned);
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

  @Override
  @SuppressWarnings("ReferenceEquality") // DELETED is a marker
  public <T> T write(Change<T> change) {
    Planned.requireNoPlan();
    if (lock.getReadHoldCount() > 0 || lock.isWriteLockedByCurrentThread()) {
      throw new IllegalStateException("A write within a transaction: use its tx");
    }
    lock.writeLock().lock();
    try {
      Overlay overlay = new Overlay(new Rows());
      Overlay.Transaction tx = overlay.begin();
      T result;
      try {
        result = change.run(tx);
      } catch (Throwable e) {
        tx.undo();
        throw e;
      }
      List<Runnable> actions = tx.complete();
      overlay
          .changes()
          .forEach(
              (key, value) -> {
                if (value == Overlay.DELETED) {
                  rows.remove(key);
                } else {
                  rows.put(key, value);
                }
              });
      actions.forEach(Runnable::run);
      return result;
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public <T> T writeRelaxed(Change<T> change) {
    return write(change);
  }

  @Override
  public <T> T read(Query<T> query) {
    Planned.requireNoPlan();
    if (lock.isWriteLockedByCurrentThread()) {
      throw new IllegalStateException("A read within a transaction: use its tx");
    }
    lock.readLock().lock();
    try {
      return query.run(new Rows());
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void close() {}

  /// The map while either lock is held.
  private final class Rows implements Overlay.Base, Snapshot {
    @Override
    public byte @Nullable [] get(byte[] key) {
      return rows.get(key);
    }

    @Override
    public <V> @Nullable V getCached(byte[] key, RowCodec<V> rows) {
      return Snapshot.super.getCached(key, rows);
    }

    @Override
    public void scan(byte[] from, byte[] to, Visitor visitor) {
      if (Arrays.compareUnsigned(from, to) >= 0) {
        return;
      }
      for (Map.Entry<byte[], byte[]> row : rows.subMap(from, to).entrySet()) {
        if (!visitor.visit(row.getKey(), row.getValue())) {
          return;
        }
      }
    }

    @Override
    public Overlay.Cursor seek(byte[] from, byte[] to) {
      return new RowCursor(rows.subMap(from, to).entrySet().iterator());
    }
  }

  private static final class RowCursor implements Overlay.Cursor {
    private final Iterator<Map.Entry<byte[], byte[]>> rows;
    private Map.@Nullable Entry<byte[], byte[]> at;

    private RowCursor(Iterator<Map.Entry<byte[], byte[]>> rows) {
      this.rows = rows;
      next();
    }

    @Override
    public byte @Nullable [] key() {
      return at == null ? null : at.getKey();
    }

    @Override
    public byte[] value() {
      if (at == null) {
        throw new IllegalStateException("After the last row");
      }
      return at.getValue();
    }

    @Override
    public void next() {
      at = rows.hasNext() ? rows.next() : null;
    }

    @Override
    public void close() {}
  }
}
