package io.carillon.server;

import io.carillon.kernel.Chore;
import io.carillon.store.Database;
import io.carillon.store.KeyCodec;
import io.carillon.store.Nodes;
import io.carillon.store.Table;
import io.carillon.store.Tx;
import java.time.Duration;
import java.time.Instant;

/// Lets one node run a chore in each period. The lease is taken for a period when a run starts and
/// is not given back: whoever asks earlier does not run.
///
/// A node that has the database to itself runs everything and writes no leases.
final class ChoreLeases {
  /// @param incarnation who ran the chore last
  /// @param until when others may run it, by the engine's clock
  record Lease(long incarnation, Instant until) {}

  private static final Table<String, Lease> LEASES =
      Table.of("server.chores", KeyCodec.STRING, Lease.class);

  private final Database database;
  private final Nodes nodes;

  ChoreLeases(Database database, Nodes nodes) {
    this.database = database;
    this.nodes = nodes;
  }

  /// Whether this node has to run the chore now.
  boolean take(Chore chore) {
    return chore.lease().isEmpty()
        || !nodes.isShared()
        || database.<Boolean>writeRelaxed(tx -> take(tx, chore.lease().get(), chore.every()));
  }

  private boolean take(Tx tx, String name, Duration every) {
    Instant now = tx.now();
    Instant until = now.plus(every);
    if (LEASES.get(tx, name).filter(lease -> isHeldByAnother(tx, lease, now, until)).isPresent()) {
      return false;
    }
    LEASES.put(tx, name, new Lease(nodes.current(), until));
    return true;
  }

  /// A lease that ends later than a new one would was taken before the clock was set back.
  private boolean isHeldByAnother(Tx tx, Lease lease, Instant now, Instant latest) {
    return lease.incarnation() != nodes.current()
        && lease.until().isAfter(now)
        && !lease.until().isAfter(latest)
        && !nodes.isDead(tx, lease.incarnation());
  }
}
