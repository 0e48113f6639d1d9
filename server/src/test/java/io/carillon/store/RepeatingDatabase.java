package io.carillon.store;

import java.time.InstantSource;

/// Runs every change, undoes it and runs it again, as an engine with concurrent writers does after
/// a conflict: a change that has an effect other than through its `tx` shows.
public final class RepeatingDatabase extends ForwardingDatabase {
  public RepeatingDatabase(Database database) {
    super(database);
  }

  /// The in-memory engine that repeats changes, for tests of operations.
  public static Database inMemory() {
    return new RepeatingDatabase(new MemoryDatabase());
  }

  /// As above, whose clock is `clock`.
  public static Database inMemory(InstantSource clock) {
    return new RepeatingDatabase(new MemoryDatabase(clock));
  }

  /// Undoes the first run.
  private static final class Again extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Again() {
      super(null, null, false, false);
    }
  }

  @Override
  public <T> T write(Change<T> change) {
    return database.write(repeated(change));
  }

  @Override
  public <T> T writeRelaxed(Change<T> change) {
    return database.writeRelaxed(repeated(change));
  }

  private static <T> Change<T> repeated(Change<T> change) {
    return tx -> {
      try {
        tx.withSavepoint(
            () -> {
              change.run(tx);
              throw new Again();
            });
      } catch (Again _) {
        // undone; an exception of the change itself is its result
      }
      return change.run(tx);
    };
  }
}
