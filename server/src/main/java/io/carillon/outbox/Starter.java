package io.carillon.outbox;

import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.time.Instant;
import java.util.Optional;
import java.util.Queue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Starts the attempts of claimed jobs, in the slots of their lanes.
///
/// @param unstarted jobs under leases that could not be started; [LostClaims] releases them
record Starter(
    Deliveries deliveries,
    Lanes lanes,
    Attempts attempts,
    Waits waits,
    Threads threads,
    Queue<ClaimedJob> unstarted) {
  private static final Logger LOG = LoggerFactory.getLogger(Starter.class);

  /// A waiting job of the channel is due at `due`.
  void noteDue(Channel channel, Instant due) {
    if (deliveries.has(channel)) {
      lanes.noteDue(channel, due);
    } else {
      deliveries.warnOfUnknown(channel);
    }
  }

  /// The effect that delivers the work; empty if it has to become a job.
  Optional<Consumer<Tx>> plan(Snapshot snapshot, Work work) {
    return deliveries.plan(snapshot, work);
  }

  /// Reserves a slot for a job that is added and due at once; false if the job has to wait. After
  /// the commit [#start] follows, or [#releaseSlot] if the transaction is undone.
  boolean reserve(Snapshot snapshot, Channel channel) {
    return deliveries.has(channel)
        && lanes.reserve(
            channel, deliveries.limitOf(snapshot, channel), deliveries.memoryOf(channel));
  }

  void releaseSlot(Channel channel) {
    lanes.releaseSlot(channel);
  }

  /// Starts an attempt whose slot and usual memory are reserved already.
  void start(ClaimedJob job) {
    start(job, null, () -> {});
  }

  /// Starts the attempt of a suspect, regardless of its lane's bound.
  ///
  /// @param giveUpReason why the job is given up without an attempt; null to attempt it
  /// @param ended runs once, when the attempt releases its slot
  void startSuspect(ClaimedJob job, @Nullable String giveUpReason, Runnable ended) {
    lanes.admit(job.channel(), deliveries.memoryOf(job.channel()));
    start(job, giveUpReason, ended);
  }

  private void start(ClaimedJob job, @Nullable String giveUpReason, Runnable ended) {
    Delivery delivery;
    long bytes;
    try {
      delivery = deliveries.require(job.channel());
      bytes = delivery.memoryFor(job.row().payload());
    } catch (RuntimeException | Error e) {
      lanes.releaseSlot(job.channel());
      ended.run();
      leave(job, e);
      return;
    }
    lanes.started(job.channel(), bytes);
    Runnable releaseSlot =
        () -> {
          ended.run();
          lanes.ended(job.channel(), bytes);
        };
    Attempt attempt = new Attempt(job, delivery, waits, threads, giveUpReason, releaseSlot);
    try {
      attempts.start(attempt);
    } catch (RuntimeException | Error e) { // also out of memory
      attempt.releaseSlot();
      leave(job, e);
    }
  }

  private void leave(ClaimedJob job, Throwable why) {
    LOG.error("{} {} could not be started and will be due again", job.channel(), job.id(), why);
    unstarted.add(job);
  }
}
