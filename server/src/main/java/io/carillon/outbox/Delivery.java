package io.carillon.outbox;

import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/// Does the work of one kind. It may block: each attempt runs on a virtual thread of its own.
public interface Delivery {

  /// Attempts once. The start has been recorded, so an attempt that crashes the process is noticed.
  /// An exception counts as [DeliveryOutcome.Retry].
  DeliveryOutcome attempt(Job job) throws Exception;

  /// Plans to deliver work to another service of this server without a job: the effect runs in the
  /// transaction that would have added the work. Empty leaves the work to [#attempt], and so does
  /// an exception, thrown here or by the effect.
  default Optional<Consumer<Tx>> plan(Snapshot snapshot, Work work) {
    return Optional.empty();
  }

  RetryPolicy retryPolicy(Job job);

  /// Plans what becomes of a job that is given up: it is sent where the user asked for (dead-letter
  /// queue, failure destination), or kept, as of kinds without such a place.
  default DeadLetterPlan planDeadLetter(Snapshot snapshot, Job job, String why) {
    return DeadLetterPlan.KEEP;
  }

  /// The longest that an attempt of `work` may take. One that exceeds it by a minute is interrupted
  /// and counts as failed; a later outcome is dropped.
  default Duration longestAttempt(Work work) {
    return Duration.ofMinutes(2);
  }

  /// The longest that a job of this kind waits before an attempt: a later due time comes from a
  /// clock that was ahead. An hour is the longest wait of an HTTP delivery policy.
  default Duration longestWait() {
    return Duration.ofHours(1);
  }

  /// How many attempts of one lane may run at the same time.
  ///
  /// @param snapshot also of the transaction that adds a job
  default int concurrencyOfLane(Snapshot snapshot, String lane) {
    return 16;
  }

  /// The memory counted for a job before its payload is read, in bytes: that of a payload of a
  /// mebibyte, unless the kind says less.
  default long usualMemory() {
    return 2L << 20;
  }

  /// The memory that an attempt of this payload holds: the payload and the request made of it.
  default long memoryFor(byte[] payload) {
    return 2L * payload.length;
  }
}
