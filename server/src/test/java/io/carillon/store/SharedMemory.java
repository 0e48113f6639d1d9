package io.carillon.store;

import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/// An engine in memory that says that several nodes use it, for tests that run more than one.
public final class SharedMemory extends ForwardingDatabase {
  public SharedMemory(InstantSource clock) {
    super(new MemoryDatabase(clock));
  }

  /// A node that takes others for dead as soon as it has seen them once.
  public static Nodes joinHastily(Database database, String name) {
    return Nodes.join(database, name, 0);
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
  public boolean isShared() {
    return true;
  }
}
