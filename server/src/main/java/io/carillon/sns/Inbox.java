package io.carillon.sns;

import io.carillon.store.Database;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/// What a built-in receiver has taken in, oldest first: kept over restarts, bounded in number and
/// bytes. What exceeds the bounds pushes the oldest out.
public final class Inbox<V> {

  /// @param id grows with each item, never comes again
  public record Item<V>(long id, V value) {}

  private record Totals(long nextId, long count, long sizeBytes) {
    static final Totals EMPTY = new Totals(1, 0, 0);
  }

  private static final String ONLY = "totals";

  private final Database database;
  private final Table<Tuple, V> items;
  private final Table<String, Totals> totals;
  private final ToLongFunction<V> sizeBytes;
  private final int maxCount;
  private final long maxBytes;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /// @param name of its table
  public Inbox(
      Database database,
      String name,
      Class<V> row,
      ToLongFunction<V> sizeBytes,
      int maxCount,
      long maxBytes) {
    this.database = database;
    this.items = Table.of(name, KeyCodec.TUPLE, row);
    this.totals = Table.of(name + "Totals", KeyCodec.STRING, Totals.class);
    this.sizeBytes = sizeBytes;
    this.maxCount = maxCount;
    this.maxBytes = maxBytes;
  }

  /// Takes `value` in; it is on disk when this returns.
  public long add(V value) {
    return database.write(
        tx -> {
          Totals before = totals.get(tx, ONLY).orElse(Totals.EMPTY);
          long id = before.nextId();
          items.put(tx, Tuple.of(id), value);
          totals.put(
              tx,
              ONLY,
              shrunk(
                  tx,
                  new Totals(
                      id + 1,
                      before.count() + 1,
                      before.sizeBytes() + sizeBytes.applyAsLong(value))));
          tx.afterCommit(this::wake);
          return id;
        });
  }

  private Totals shrunk(Tx tx, Totals now) {
    Totals left = now;
    while (left.count() > maxCount || (left.sizeBytes() > maxBytes && left.count() > 1)) {
      Table.Entry<Tuple, V> oldest = items.list(tx, Range.all(), 1).getFirst();
      items.delete(tx, oldest.key());
      left = without(left, oldest.value());
    }
    return left;
  }

  private Totals without(Totals before, V value) {
    return new Totals(
        before.nextId(), before.count() - 1, before.sizeBytes() - sizeBytes.applyAsLong(value));
  }

  public List<Item<V>> list() {
    return database.read(this::listed);
  }

  public Optional<Item<V>> get(long id) {
    return database.read(
        snapshot -> items.get(snapshot, Tuple.of(id)).map(value -> new Item<>(id, value)));
  }

  /// Returns whether it was there.
  public boolean delete(long id) {
    return database.write(
        tx -> {
          Optional<V> value = items.get(tx, Tuple.of(id));
          value.ifPresent(
              gone -> {
                items.delete(tx, Tuple.of(id));
                totals.put(tx, ONLY, without(totals.get(tx, ONLY).orElse(Totals.EMPTY), gone));
              });
          return value.isPresent();
        });
  }

  /// The first item that `wanted` takes, as soon as there is one; empty if none came in time.
  public Optional<Item<V>> await(Predicate<V> wanted, Duration atMost) throws InterruptedException {
    long nanosLeft = atMost.toNanos();
    lock.lock();
    try {
      while (true) {
        Optional<Item<V>> found =
            list().stream().filter(item -> wanted.test(item.value())).findFirst();
        if (found.isPresent() || nanosLeft <= 0) {
          return found;
        }
        nanosLeft = changed.awaitNanos(nanosLeft);
      }
    } finally {
      lock.unlock();
    }
  }

  private List<Item<V>> listed(Snapshot snapshot) {
    return items.list(snapshot, Range.all(), maxCount).stream()
        .map(row -> new Item<>(row.key().number(0), row.value()))
        .toList();
  }

  /// The commit does not wait for whoever looks through the items: a thread of its own does.
  private void wake() {
    Thread.startVirtualThread(
        () -> {
          lock.lock();
          try {
            changed.signalAll();
          } finally {
            lock.unlock();
          }
        });
  }
}
