package io.carillon.outbox;

import io.carillon.store.Tx;
import java.time.Instant;

/// Why an attempt did not do its job. The trace records it for users.
public sealed interface DeliveryFailure {

  /// The job will be attempted again.
  record Retrying(String why, Instant next) implements DeliveryFailure {}

  /// The job was postponed without using up an attempt.
  record Postponed(String why, Instant next) implements DeliveryFailure {}

  /// The job was given up.
  ///
  /// @param isInDeadLetters whether it is in the [DeadLetters]; otherwise it went where the user
  ///   asked for
  record DeadLettered(String why, boolean isInDeadLetters) implements DeliveryFailure {}

  /// Told of failures in the transaction that records them.
  @FunctionalInterface
  interface Listener {
    void note(Tx tx, Job job, DeliveryFailure failure);
  }
}
