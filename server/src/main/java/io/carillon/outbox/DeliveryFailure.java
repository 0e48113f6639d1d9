package io.carillon.outbox;

import io.carillon.store.Tx;
import java.time.Instant;

/// What kept a job from being done. `trace` writes it down for people.
public sealed interface DeliveryFailure {

  /// It will be tried again.
  record Retrying(String why, Instant next) implements DeliveryFailure {}

  /// It was put off without using up a try.
  record PutOff(String why, Instant next) implements DeliveryFailure {}

  /// It was given up.
  ///
  /// @param shelved whether it lies on the [DeadLetters]; otherwise it went where the user asked
  ///   for
  record Buried(String why, boolean shelved) implements DeliveryFailure {}

  /// Hears of setbacks in the transaction that records them.
  @FunctionalInterface
  interface Listener {
    void note(Tx tx, Job job, DeliveryFailure setback);
  }
}
