package io.carillon.outbox;

import io.carillon.store.Database;
import io.carillon.store.DueQueue;
import io.carillon.store.DueQueue.Held;
import io.carillon.store.DueQueue.Later;
import io.carillon.store.Nodes;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tx;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/// The table of jobs: a [DueQueue] with one queue for each [Channel].
///
/// A running job is under a lease that no clock ends: the node itself limits how long its attempts
/// take ([Attempts]), by a clock that never steps, and a node that does not is taken for dead. The
/// leases of dead incarnations are released by [InterruptedJobs].
final class Jobs {
  private static final Instant UNTIL_SETTLED = Instant.parse("9999-12-31T23:59:59Z");

  /// The due time of suspects, which no claim reaches.
  private static final Instant SUSPECT_DUE = UNTIL_SETTLED.plusMillis(500);

  private final InstantSource clock;
  private final Nodes nodes;
  private final DueQueue<JobRow> queue;
  private final AtomicInteger sequence = new AtomicInteger();

  Jobs(Database database, Nodes nodes) {
    this.clock = database.clock();
    this.nodes = nodes;
    this.queue = database.queue("outbox.jobs", JobRow.class, nodes.current());
  }

  Table.Encoded<JobRow> encoded(JobRow row) {
    return queue.encoded(row);
  }

  void add(Tx tx, Channel channel, Instant due, Table.Encoded<JobRow> row) {
    queue.add(tx, channel.queue(), nextId(), due, row);
  }

  ClaimedJob addClaimed(Tx tx, Channel channel, Table.Encoded<JobRow> row) {
    return ClaimedJob.of(
        channel, queue.addClaimed(tx, channel.queue(), nextId(), UNTIL_SETTLED, row));
  }

  /// Sorts by creation time, so that jobs due at the same time run in order. The incarnation keeps
  /// ids unique on several nodes, and after a clock was set back.
  private String nextId() {
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits(clock.millis(), 12)
        + '-'
        + hex.toHexDigits(nodes.current(), 8)
        + '-'
        + hex.toHexDigits(sequence.getAndIncrement());
  }

  /// The claimed jobs, and when the channel is due again as far as the table knows.
  record Batch(List<ClaimedJob> jobs, Optional<Instant> next) {}

  Batch claim(Tx tx, Channel channel, int limit) {
    Instant now = tx.now();
    List<ClaimedJob> claimed =
        queue.claim(tx, channel.queue(), now, limit, UNTIL_SETTLED).stream()
            .map(job -> ClaimedJob.of(channel, job))
            .toList();
    return new Batch(claimed, claimed.size() == limit ? Optional.of(now) : firstDue(tx, channel));
  }

  /// Whether a job is under a lease.
  boolean isClaimed(Snapshot snapshot, Channel channel, String id) {
    return queue.lease(snapshot, channel.queue(), id, 0).isPresent();
  }

  /// Claims a suspect; empty if it is running or gone.
  Optional<ClaimedJob> claimSuspect(Tx tx, Channel channel, String id) {
    return queue
        .claimOne(tx, channel.queue(), id, SUSPECT_DUE, UNTIL_SETTLED)
        .map(job -> ClaimedJob.of(channel, job));
  }

  /// Removes a job that has ended, with what it led to; false, and nothing happens, if its lease is
  /// stale.
  boolean settle(Tx tx, ClaimedJob job, Runnable effect) {
    return queue.settle(
        tx,
        job.lease(),
        () -> {
          if (job.row().isSuspect()) {
            CrashSuspects.remove(tx, job.channel(), job.id());
          }
          effect.run();
        });
  }

  /// Releases a job as `row`, due at `due`; false if its lease is stale. A suspect is not claimed
  /// when it is due; [IsolatedAttempts] starts it.
  boolean release(Tx tx, ClaimedJob job, Instant due, JobRow row) {
    if (!queue.release(tx, job.lease(), row.isSuspect() ? SUSPECT_DUE : due, row)) {
      return false;
    }
    if (row.isSuspect()) {
      CrashSuspects.postpone(tx, job.channel(), job.id(), due);
    } else if (job.row().isSuspect()) {
      CrashSuspects.remove(tx, job.channel(), job.id());
    }
    return true;
  }

  /// Releases a job whose attempt is not running as `row`, due now; a suspect keeps its
  /// postponement. False if its lease is stale.
  boolean releaseInterrupted(Tx tx, ClaimedJob job, JobRow row) {
    return queue.release(tx, job.lease(), row.isSuspect() ? SUSPECT_DUE : tx.now(), row);
  }

  /// The leases of all nodes.
  List<Held> held(Snapshot snapshot) {
    return queue.held(snapshot);
  }

  /// The job under a lease; empty if it is stale.
  Optional<ClaimedJob> find(Tx tx, Held held) {
    return queue
        .get(tx, held.lease())
        .map(row -> new ClaimedJob(Channel.of(held.lease().queue()), held.lease(), row));
  }

  /// Drops a lease whose job is gone; false if the lease is stale.
  boolean dropLease(Tx tx, Held held) {
    return queue.settle(tx, held.lease());
  }

  /// Moves the due times of waiting jobs from `from` on to what `to` says.
  ///
  /// @return how many were moved
  int reschedule(Database database, Channel channel, Instant from, DueTime to) {
    return queue.rescheduleRange(
        database,
        channel.queue(),
        from,
        UNTIL_SETTLED,
        (Later<JobRow> job) -> Optional.of(to.of(job.row(), job.due())));
  }

  /// A new due time for a job.
  @FunctionalInterface
  interface DueTime {
    Instant of(JobRow row, Instant due);
  }

  /// When the earliest job without a lease is due.
  Optional<Instant> firstDue(Snapshot snapshot, Channel channel) {
    return queue.firstDue(snapshot, channel.queue(), UNTIL_SETTLED);
  }

  /// The channels that hold jobs, in the order of their queues, after the queue `after`.
  List<Channel> channels(Snapshot snapshot, String after, int limit) {
    return queue.queues(snapshot, after, limit).stream().map(Channel::of).toList();
  }

  long depth(Snapshot snapshot, Channel channel) {
    return queue.rows(snapshot, channel.queue());
  }

  /// When the job that is due first was added.
  Optional<Instant> firstCreated(Snapshot snapshot, Channel channel) {
    return queue.list(snapshot, channel.queue(), 1).stream()
        .findFirst()
        .map(item -> item.row().created());
  }
}
