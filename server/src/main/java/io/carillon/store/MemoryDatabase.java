package io.carillon.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/// The contract on a sorted map, for tests and `--in-memory`: nothing survives the process.
public final class MemoryDatabase implements Database {
  private final TreeMap<byte[], byte[]> rows = new TreeMap<>(Arrays::compareUnsigned);
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

  @Override
  public <T> T write(Change<T> change) {
    lock.writeLock().lock();
    try {
      Overlay tx = new Overlay();
      T result = change.run(tx);
      tx.changes.forEach(
          (key, value) -> {
            if (value.length == 0) {
              rows.remove(key);
            } else {
              rows.put(key, Arrays.copyOfRange(value, 1, value.length));
            }
          });
      tx.actions.forEach(Runnable::run);
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
    lock.readLock().lock();
    try {
      return query.run(new View());
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void close() {}

  private final class View implements Snapshot {
    @Override
    public byte @Nullable [] get(byte[] key) {
      return rows.get(key);
    }

    @Override
    public void scan(byte[] from, byte[] to, Visitor visitor) {
      for (Map.Entry<byte[], byte[]> row : rows.subMap(from, to).entrySet()) {
        if (!visitor.visit(row.getKey(), row.getValue())) {
          return;
        }
      }
    }
  }

  /// A transaction's own changes; an empty array marks a deletion, a leading byte a value.
  private final class Overlay implements Tx {
    private final TreeMap<byte[], byte[]> changes = new TreeMap<>(Arrays::compareUnsigned);
    private final List<Runnable> actions = new ArrayList<>();

    @Override
    public byte @Nullable [] get(byte[] key) {
      byte[] change = changes.get(key);
      if (change == null) {
        return rows.get(key);
      }
      return change.length == 0 ? null : Arrays.copyOfRange(change, 1, change.length);
    }

    @Override
    public void scan(byte[] from, byte[] to, Visitor visitor) {
      TreeMap<byte[], byte[]> merged = new TreeMap<>(rows.subMap(from, to));
      changes
          .subMap(from, to)
          .forEach(
              (key, value) -> {
                if (value.length == 0) {
                  merged.remove(key);
                } else {
                  merged.put(key, Arrays.copyOfRange(value, 1, value.length));
                }
              });
      for (Map.Entry<byte[], byte[]> row : merged.entrySet()) {
        if (!visitor.visit(row.getKey(), row.getValue())) {
          return;
        }
      }
    }

    @Override
    public void put(byte[] key, byte[] value) {
      byte[] marked = new byte[value.length + 1];
      System.arraycopy(value, 0, marked, 1, value.length);
      changes.put(key, marked);
    }

    @Override
    public void delete(byte[] key) {
      changes.put(key, new byte[0]);
    }

    @Override
    public void afterCommit(Runnable action) {
      actions.add(action);
    }
  }
}
