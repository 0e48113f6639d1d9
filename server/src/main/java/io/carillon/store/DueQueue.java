package io.carillon.store;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/// Many queues of rows in order of their due time, as an engine has them ([Database#queue]). The
/// outbox and SQS are built on it.
///
/// *Life of a row.* [#add] adds it, due at an instant. [#claim] takes the earliest rows that are
/// due by moving them to the end of their lease, and returns a [Lease] for each. The holder then
/// deletes the row ([#settle]), moves the end of its lease ([#extend]), or returns it changed
/// ([#release]). If the holder does nothing, the row is claimed again after the lease ends. A lease
/// that has ended but was not claimed again is still good.
///
/// *Tokens.* Each claim draws a token. Every statement under a lease carries it and decides by it,
/// in the transaction that it is part of, never by an earlier read. A newer claim makes the older
/// lease stale, and these methods then answer false and change nothing: whoever settles with an
/// effect drops the effect too ([#settle(Tx, Lease, Runnable)]).
///
/// *Holders.* A lease may name the incarnation of the node that holds it (see [Nodes]). A holder
/// that bounds its work itself claims without an end; others may take its rows once the node is
/// dead ([#held], [#release]).
///
/// *In SQS's terms.* The visibility timeout is the lease, a message's delay its first due time. A
/// receipt handle holds `id` and `claims`; [#lease] turns it into the present lease, also one of a
/// later receive, as SQS honours older handles. `claims` is the receive count. Deletion is
/// `settle`, ChangeMessageVisibility `extend`.
///
/// *Times* are stored in milliseconds. Those of several nodes compare, as they come from the
/// engine's clock ([Snapshot#now], [Database#clock]).
public interface DueQueue<V> {

  /// @param due when the lease ends
  /// @param claims how often the row was claimed since it was added or released, this time included
  /// @param token drawn by the claim
  record Lease(String queue, String id, Instant due, long claims, long token) {}

  /// A row with its lease.
  record Claimed<V>(Lease lease, V row) {}

  /// A row in its queue.
  record Item<V>(String id, Instant due, V row) {}

  /// A lease and the incarnation of the node that holds it; 0 for none.
  record Held(Lease lease, long holder) {}

  /// @param rows how many there are in all
  /// @param claimed how many are under a lease that has not ended
  /// @param delayed how many others are not due yet
  record Depth(long rows, long claimed, long delayed) {
    /// How many could be claimed now.
    public long due() {
      return rows - claimed - delayed;
    }
  }

  /// A row that is due later.
  ///
  /// @param isLeased whether `due` is the end of a lease
  record Later<V>(String id, Instant due, boolean isLeased, V row) {}

  /// A point in time, see [#firstDue(Snapshot, Mark, String, Instant)].
  record Mark(long generation) {}

  /// A row, encoded before the transaction that adds it.
  Table.Encoded<V> encoded(V row);

  /// @param id unique in its queue; orders rows that are due at the same time
  default void add(Tx tx, String queue, String id, Instant due, V row) {
    add(tx, queue, id, due, encoded(row));
  }

  /// As above, with a row that was encoded before the transaction.
  void add(Tx tx, String queue, String id, Instant due, Table.Encoded<V> row);

  /// Adds a row under a lease, for a holder that starts on it after the commit.
  Claimed<V> addClaimed(Tx tx, String queue, String id, Instant leaseUntil, Table.Encoded<V> row);

  /// Claims up to `limit` rows that are due at `now`, earliest first, until `leaseUntil`. If that
  /// is now, they can be claimed again at once.
  default List<Claimed<V>> claim(Tx tx, String queue, Instant now, int limit, Instant leaseUntil) {
    return claim(tx, queue, now, limit, leaseUntil, row -> row);
  }

  /// As above; `mark` changes each claimed row.
  List<Claimed<V>> claim(
      Tx tx, String queue, Instant now, int limit, Instant leaseUntil, UnaryOperator<V> mark);

  /// Claims one row whose due time is `due`, whether it is due or not; empty if there is none.
  Optional<Claimed<V>> claimOne(Tx tx, String queue, String id, Instant due, Instant leaseUntil);

  /// The present lease of a row that has been claimed at least `claims` times; empty if the row is
  /// not under a lease.
  Optional<Lease> lease(Snapshot snapshot, String queue, String id, long claims);

  /// The row under a lease, if the lease is good.
  Optional<V> get(Snapshot snapshot, Lease lease);

  /// Deletes the row; false if the lease is stale.
  boolean settle(Tx tx, Lease lease);

  /// As above, with the effect of what was done under the lease, which goes with it.
  default boolean settle(Tx tx, Lease lease, Runnable effect) {
    boolean settled = settle(tx, lease);
    if (settled) {
      effect.run();
    }
    return settled;
  }

  /// Moves the end of the lease: the row is claimed again from then on. False if the lease is
  /// stale.
  boolean extend(Tx tx, Lease lease, Instant until);

  /// Releases the row as `row`, due at `due`, as if it had never been claimed; false if the lease
  /// is stale.
  boolean release(Tx tx, Lease lease, Instant due, V row);

  /// Deletes up to `limit` rows in any state; answers how many. A long queue is purged in several
  /// transactions, as one slow change delays every writer.
  int purge(Tx tx, String queue, int limit);

  /// When the earliest row is due, leased ones included; empty if none is due before `end`.
  ///
  /// @param end as early as the caller allows: where leases end, settled rows may have left traces
  Optional<Instant> firstDue(Snapshot snapshot, String queue, Instant end);

  /// To be taken before the snapshot of a look.
  Mark mark();

  /// As [#firstDue(Snapshot, String, Instant)], for callers that look again and again and claim
  /// only what they see: it spares the next look what this one has skipped, as a claim does.
  ///
  /// @param mark taken before the snapshot
  Optional<Instant> firstDue(Snapshot snapshot, Mark mark, String queue, Instant end);

  /// Moves rows that are due from `from` on and before `end`, after a clock that was ahead has set
  /// their due times. A moved lease stays good.
  ///
  /// @param to the new due time; empty leaves the row as it is
  /// @return how many were moved
  int rescheduleRange(
      Database database,
      String queue,
      Instant from,
      Instant end,
      Function<Later<V>, Optional<Instant>> to);

  /// How many rows a queue holds, leased ones included.
  long rows(Snapshot snapshot, String queue);

  /// How many rows a queue holds in which state, for operators: takes as long as leased and delayed
  /// rows are many.
  Depth depth(Snapshot snapshot, String queue, Instant now);

  /// The first rows of a queue, for operators.
  List<Item<V>> list(Snapshot snapshot, String queue, int limit);

  /// The names of queues that hold rows, in order, after `after`.
  List<String> queues(Snapshot snapshot, String after, int limit);

  /// All leases, for those who look for what a dead node left.
  List<Held> held(Snapshot snapshot);
}
