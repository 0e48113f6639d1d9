package io.carillon.outbox;

import io.carillon.outbox.OutboxSimulation.Bug;
import io.carillon.store.Database;
import io.carillon.store.DueQueue;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tx;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/// A queue with a planted bug.
///
/// @param holder the incarnation that uses it
record BuggyQueue<V>(DueQueue<V> queue, Bug bug, long holder) implements DueQueue<V> {

  @Override
  public boolean settle(Tx tx, Lease lease) {
    return switch (bug) {
      case SETTLED_TWICE -> {
        queue.settle(tx, lease);
        yield true;
      }
      case STALE_TOKEN_APPLIED ->
          queue
              .lease(tx, lease.queue(), lease.id(), 0)
              .filter(present -> queue.settle(tx, present))
              .isPresent();
      default -> queue.settle(tx, lease);
    };
  }

  @Override
  public boolean release(Tx tx, Lease lease, Instant due, V row) {
    return queue.release(tx, lease, bug == Bug.RETRIED_TOO_EARLY ? tx.now() : due, row);
  }

  @Override
  public Table.Encoded<V> encoded(V row) {
    return queue.encoded(row);
  }

  @Override
  public void add(Tx tx, String name, String id, Instant due, Table.Encoded<V> row) {
    queue.add(tx, name, id, due, row);
  }

  @Override
  public Claimed<V> addClaimed(
      Tx tx, String name, String id, Instant leaseUntil, Table.Encoded<V> row) {
    return queue.addClaimed(tx, name, id, leaseUntil, row);
  }

  @Override
  public List<Claimed<V>> claim(
      Tx tx, String name, Instant now, int limit, Instant leaseUntil, UnaryOperator<V> mark) {
    return queue.claim(tx, name, now, limit, leaseUntil, mark);
  }

  @Override
  public Optional<Claimed<V>> claimOne(
      Tx tx, String name, String id, Instant due, Instant leaseUntil) {
    return queue.claimOne(tx, name, id, due, leaseUntil);
  }

  @Override
  public Optional<Lease> lease(Snapshot snapshot, String name, String id, long claims) {
    return queue.lease(snapshot, name, id, claims);
  }

  @Override
  public Optional<V> get(Snapshot snapshot, Lease lease) {
    return queue.get(snapshot, lease);
  }

  @Override
  public boolean extend(Tx tx, Lease lease, Instant until) {
    return queue.extend(tx, lease, until);
  }

  @Override
  public int purge(Tx tx, String name, int limit) {
    return queue.purge(tx, name, limit);
  }

  @Override
  public Optional<Instant> firstDue(Snapshot snapshot, String name, Instant end) {
    return queue.firstDue(snapshot, name, end);
  }

  @Override
  public Mark mark() {
    return queue.mark();
  }

  @Override
  public Optional<Instant> firstDue(Snapshot snapshot, Mark mark, String name, Instant end) {
    return queue.firstDue(snapshot, mark, name, end);
  }

  @Override
  public int rescheduleRange(
      Database database,
      String name,
      Instant from,
      Instant end,
      Function<Later<V>, Optional<Instant>> to) {
    return queue.rescheduleRange(database, name, from, end, to);
  }

  @Override
  public long rows(Snapshot snapshot, String name) {
    return queue.rows(snapshot, name);
  }

  @Override
  public Depth depth(Snapshot snapshot, String name, Instant now) {
    return queue.depth(snapshot, name, now);
  }

  @Override
  public List<Item<V>> list(Snapshot snapshot, String name, int limit) {
    return queue.list(snapshot, name, limit);
  }

  @Override
  public List<String> queues(Snapshot snapshot, String after, int limit) {
    return queue.queues(snapshot, after, limit);
  }

  @Override
  public List<Held> held(Snapshot snapshot) {
    List<Held> held = queue.held(snapshot);
    return bug == Bug.LOST_CLAIM_FORGOTTEN
        ? held.stream().filter(one -> one.holder() != holder).toList()
        : held;
  }
}
