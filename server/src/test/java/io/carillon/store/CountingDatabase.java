package io.carillon.store;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Counts transactions and the rows that reads outside of transactions see, for tests of costs;
/// fails on demand.
public final class CountingDatabase extends ForwardingDatabase {
  private final AtomicInteger fetched = new AtomicInteger();
  private final AtomicInteger scanned = new AtomicInteger();
  private final AtomicInteger written = new AtomicInteger();
  private final AtomicInteger failing = new AtomicInteger();
  private final AtomicInteger passing = new AtomicInteger(Integer.MAX_VALUE);
  private final AtomicInteger mostChanges = new AtomicInteger();

  public CountingDatabase(Database database) {
    super(database);
  }

  /// How many rows were read by key since the last reset.
  public int fetched() {
    return fetched.get();
  }

  /// How many rows scans visited since the last reset.
  public int scanned() {
    return scanned.get();
  }

  /// How many transactions there were since the last reset.
  public int written() {
    return written.get();
  }

  /// The most rows that one transaction put and deleted since the last reset.
  public int mostChanges() {
    return mostChanges.get();
  }

  /// Makes the next transactions fail.
  public void failNext(int transactions) {
    failing.set(transactions);
  }

  /// Makes all transactions fail after the next ones, until the next reset: the process has died.
  public void failAfter(int transactions) {
    passing.set(transactions);
  }

  private <T> Change<T> counted(Change<T> change) {
    written.incrementAndGet();
    if (failing.getAndUpdate(left -> Math.max(0, left - 1)) > 0
        || passing.getAndUpdate(left -> Math.max(0, left - 1)) == 0) {
      throw new IllegalStateException("the store failed");
    }
    return tx -> {
      T result = change.run(tx);
      mostChanges.accumulateAndGet(tx.changes(), Math::max);
      return result;
    };
  }

  public void reset() {
    written.set(0);
    mostChanges.set(0);
    passing.set(Integer.MAX_VALUE);
    fetched.set(0);
    scanned.set(0);
  }

  @Override
  public <T> T write(Change<T> change) {
    return database.write(counted(change));
  }

  @Override
  public <T> T writeRelaxed(Change<T> change) {
    return database.writeRelaxed(counted(change));
  }

  @Override
  public <T> T read(Query<T> query) {
    return database.read(snapshot -> query.run(new Counted(snapshot)));
  }

  private final class Counted implements Snapshot {
    private final Snapshot snapshot;

    Counted(Snapshot snapshot) {
      this.snapshot = snapshot;
    }

    @Override
    public byte @Nullable [] get(byte[] key) {
      fetched.incrementAndGet();
      return snapshot.get(key);
    }

    @Override
    public Instant now() {
      return snapshot.now();
    }

    @Override
    public void scan(byte[] from, byte[] to, int page, Visitor visitor) {
      snapshot.scan(
          from,
          to,
          page,
          (key, value) -> {
            scanned.incrementAndGet();
            return visitor.visit(key, value);
          });
    }
  }
}
