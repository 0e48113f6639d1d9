package io.carillon.store;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/// The database on a sorted map, for tests and `--in-memory`: nothing survives the process.
public final class MemoryDatabase implements Database {
  private final TreeMap<byte[], byte[]> rows = new TreeMap<>(Arrays::compareUnsigned);
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final InstantSource clock;

  public MemoryDatabase() {
    this(InstantSource.system());
  }

  public MemoryDatabase(InstantSource clock) {
    this.clock = clock;
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // DELETED is a marker
  public <T> T write(Change<T> change) {
    Planned.requireNoPlan();
    if (lock.getReadHoldCount() > 0 || lock.isWriteLockedByCurrentThread()) {
      throw new IllegalStateException("A write within a transaction: use its tx");
    }
    lock.writeLock().lock();
    try {
      Overlay overlay = new Overlay(new Rows(), clock);
      Overlay.Transaction tx = overlay.begin();
      T result;
      try {
        result = change.run(tx);
      } catch (Throwable e) {
        tx.undo();
        throw e;
      }
      Overlay.Actions actions = tx.complete();
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
      actions.onCommit().forEach(Runnable::run);
      actions.onAnswer().forEach(Runnable::run);
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
  public InstantSource clock() {
    return clock;
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
    public Instant now() {
      return clock.instant();
    }

    @Override
    public <V> @Nullable V getCached(byte[] key, RowCodec<V> rows) {
      return Snapshot.super.getCached(key, rows);
    }

    @Override
    public void scan(byte[] from, byte[] to, int page, Visitor visitor) {
      Overlay.Cursor cursor = seek(from, to);
      byte[] key;
      while ((key = cursor.key()) != null) {
        switch (visitor.visit(key, cursor.value())) {
          case ScanStep.Next _ -> cursor.next();
          case ScanStep.SkipTo skip -> cursor.seek(skip.after(key).key());
          case ScanStep.Stop _ -> {
            return;
          }
        }
      }
    }

    @Override
    public Overlay.Cursor seek(byte[] from, byte[] to) {
      return new RowCursor(from, to);
    }
  }

  private final class RowCursor implements Overlay.Cursor {
    private final byte[] to;
    private Iterator<Map.Entry<byte[], byte[]>> range;
    private Map.@Nullable Entry<byte[], byte[]> at;

    private RowCursor(byte[] from, byte[] to) {
      this.to = to;
      this.range = rangeFrom(from);
      next();
    }

    private Iterator<Map.Entry<byte[], byte[]>> rangeFrom(byte[] from) {
      return Arrays.compareUnsigned(from, to) < 0
          ? rows.subMap(from, to).entrySet().iterator()
          : Collections.emptyIterator();
    }

    @Override
    public void seek(byte[] key) {
      range = rangeFrom(key);
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
      at = range.hasNext() ? range.next() : null;
    }

    @Override
    public void close() {}
  }
}
