package io.carillon.store;

import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/// An engine in memory that says that several nodes use it, for tests that run more than one.
public final class SharedMemory implements Database {
  private final Database database;

  public SharedMemory(InstantSource clock) {
    this.database = new MemoryDatabase(clock);
  }

  /// A node that takes others for dead as soon as it has seen them once.
  public static Nodes joinHastily(Database database, String name) {
    return Nodes.join(database, name, 0);
  }

  @Override
  public <T> T write(Change<T> change) {
    return database.write(change);
  }

  @Override
  public <T> T writeRelaxed(Change<T> change) {
    return database.writeRelaxed(change);
  }

  @Override
  public <T> T read(Query<T> query) {
    return database.read(query);
  }

  /// A head in the memory of one node would hide the rows of the others, so there are none.
  @Override
  public <V> DueQueue<V> queue(String name, Class<V> row, long holder) {
    return new KeySpaceQueue<>(name, row, holder, new NoHeads());
  }

  private static final class NoHeads extends Heads {
    @Override
    @Nullable Position of(String queue) {
      return null;
    }
  }

  @Override
  public InstantSource clock() {
    return database.clock();
  }

  @Override
  public boolean isShared() {
    return true;
  }

  @Override
  public void close() {
    database.close();
  }
}
