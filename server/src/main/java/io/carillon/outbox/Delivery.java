package io.carillon.outbox;

import io.carillon.store.Tx;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/// Does the work of one kind. It may block: each try runs on a virtual thread of its own.
public interface Delivery {

  /// Tries once. That it begins has been recorded, so a try that takes the process down is noticed.
  /// An exception counts as [DeliveryOutcome.Retry].
  DeliveryOutcome attempt(Job job) throws Exception;

  /// Hands work on at once: the effect by which another service of this server takes it in, run in
  /// the very transaction that would have put it in, while other writers wait. Empty leaves it to
  /// [#attempt], and so does an exception, thrown here or by the effect.
  default Optional<Consumer<Tx>> deliverInTransaction(Work work) {
    return Optional.empty();
  }

  RetryPolicy retryPolicy(Job job);

  /// Called in the transaction that gives the job up. Puts it where the user asked for (dead-letter
  /// queue, failure destination) and returns true; false leaves it to the dead-letter shelf.
  boolean deadLetter(Tx tx, Job job, String why);

  /// The longest that a try of `work` can take. One that takes a minute more is interrupted and
  /// counts as failed; whatever it answers then is dropped.
  default Duration longestTry(Work work) {
    return Duration.ofMinutes(2);
  }

  /// The longest that a job of this kind is put in or put back for: what is due later than that was
  /// put in by a clock that was ahead. An hour is the longest wait of an HTTP delivery policy.
  default Duration longestWait() {
    return Duration.ofHours(1);
  }

  /// How many jobs of one lane may be tried at a time.
  default int concurrencyOfLane(String lane) {
    return 16;
  }

  /// The most memory that a try usually holds, in bytes: so much is counted for a job before it is
  /// read. That of a payload of a mebibyte, unless the kind says less.
  default long usualMemory() {
    return 2L << 20;
  }

  /// How much memory a try of this payload holds: itself, and what is sent of it.
  default long memoryFor(byte[] payload) {
    return 2L * payload.length;
  }
}
