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
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/// The items of a built-in receiver, oldest first: durable, and bounded in number and bytes. Adding
/// beyond the bounds evicts the oldest.
public final class Inbox<V> {

  /// @param id increases with each item and is never reused
  public record Item<V>(long id, V value) {}

  private record Totals(long nextId, long count, long sizeBytes) {
    static final Totals EMPTY = new Totals(1, 0, 0);
  }

  private static final String TOTALS_KEY = "totals";

  private final Database database;
  private final Table<Tuple, V> items;
  private final Table<String, Totals> totals;
  private final ToLongFunction<V> sizeBytes;
  private final int maxCount;
  private final long maxBytes;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /// @param name of the inbox's table
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

  /// Stores `value` durably.
  public long add(V value) {
    return database.write(
        tx -> {
          Totals before = totals.get(tx, TOTALS_KEY).orElse(Totals.EMPTY);
          long id = before.nextId();
          items.put(tx, Tuple.of(id), value);
          totals.put(
              tx,
              TOTALS_KEY,
              evictOldest(
                  tx,
                  new Totals(
                      id + 1,
                      before.count() + 1,
                      before.sizeBytes() + sizeBytes.applyAsLong(value))));
          tx.afterCommit(this::signalWaiters);
          return id;
        });
  }

  private Totals evictOldest(Tx tx, Totals now) {
    Totals remaining = now;
    while (remaining.count() > maxCount
        || (remaining.sizeBytes() > maxBytes && remaining.count() > 1)) {
      Table.Entry<Tuple, V> oldest = items.list(tx, Range.all(), 1).getFirst();
      items.delete(tx, oldest.key());
      remaining = without(remaining, oldest.value());
    }
    return remaining;
  }

  private Totals without(Totals before, V value) {
    return new Totals(
        before.nextId(), before.count() - 1, before.sizeBytes() - sizeBytes.applyAsLong(value));
  }

  public List<Item<V>> list() {
    return database.read(this::listItems);
  }

  public Optional<Item<V>> get(long id) {
    return database.read(
        snapshot -> items.get(snapshot, Tuple.of(id)).map(value -> new Item<>(id, value)));
  }

  /// Returns whether the item existed.
  public boolean delete(long id) {
    return database.write(
        tx -> {
          Optional<V> value = items.get(tx, Tuple.of(id));
          value.ifPresent(
              removed -> {
                items.delete(tx, Tuple.of(id));
                totals.put(
                    tx,
                    TOTALS_KEY,
                    without(totals.get(tx, TOTALS_KEY).orElse(Totals.EMPTY), removed));
              });
          return value.isPresent();
        });
  }

  /// Replaces an item by another of the same size. Returns false if it does not exist or `change`
  /// gives none.
  public boolean update(long id, Function<V, Optional<V>> change) {
    return database.write(
        tx -> {
          Optional<V> changed = items.get(tx, Tuple.of(id)).flatMap(change);
          changed.ifPresent(value -> items.put(tx, Tuple.of(id), value));
          return changed.isPresent();
        });
  }

  /// Waits for the first item that `filter` accepts; empty if there is none within `timeout`.
  public Optional<Item<V>> await(Predicate<V> filter, Duration timeout)
      throws InterruptedException {
    long nanosLeft = timeout.toNanos();
    lock.lock();
    try {
      while (true) {
        Optional<Item<V>> found =
            list().stream().filter(item -> filter.test(item.value())).findFirst();
        if (found.isPresent() || nanosLeft <= 0) {
          return found;
        }
        nanosLeft = changed.awaitNanos(nanosLeft);
      }
    } finally {
      lock.unlock();
    }
  }

  private List<Item<V>> listItems(Snapshot snapshot) {
    return items.list(snapshot, Range.all(), maxCount).stream()
        .map(row -> new Item<>(row.key().number(0), row.value()))
        .toList();
  }

  /// Signals on another thread: waiters hold the lock while they read, and a commit must not wait
  /// for that.
  private void signalWaiters() {
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
