package io.carillon.outbox;

import io.carillon.store.Database;
import io.carillon.store.Tx;
import java.time.Duration;
import java.util.function.Consumer;

/// The outcome of an attempt.
public sealed interface DeliveryOutcome {

  /// It is done. `effect` runs in the transaction that removes the job, so a job and its effect
  /// never both exist, nor neither. An effect that throws makes this a [Retry].
  record Done(Consumer<Tx> effect) implements DeliveryOutcome {}

  /// It is decided by this server's own rows, as of a delivery to another service here: `plan`
  /// reads them and answers with one of the other outcomes, and is made again if one of them
  /// changes before that takes effect.
  record Local(Database.Query<DeliveryOutcome> plan) implements DeliveryOutcome {}

  /// It failed and may succeed later; uses up an attempt.
  record Retry(String why) implements DeliveryOutcome {}

  /// It could not be attempted (throttled, no capacity, our own fault). Uses up no attempt, only
  /// the job's age.
  ///
  /// @param notBefore a wait that the destination asked for; zero leaves it to the policy
  record Postponed(String why, Duration notBefore) implements DeliveryOutcome {}

  /// It will never succeed.
  record Rejected(String why) implements DeliveryOutcome {}

  static DeliveryOutcome done() {
    return new Done(_ -> {});
  }
}
