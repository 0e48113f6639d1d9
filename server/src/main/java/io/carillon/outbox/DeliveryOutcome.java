package io.carillon.outbox;

import io.carillon.store.Tx;
import java.time.Duration;
import java.util.function.Consumer;

/// What became of a try.
public sealed interface DeliveryOutcome {

  /// It is done. `effect` runs in the transaction that removes the job, so handing on is atomic:
  /// the cause goes when the effect comes. An effect that throws makes this a [Retry].
  record Done(Consumer<Tx> effect) implements DeliveryOutcome {}

  /// It failed and may succeed later; uses up a try.
  record Retry(String why) implements DeliveryOutcome {}

  /// It could not be tried (throttled, no capacity, our own fault); uses up no try, only the job's
  /// age.
  ///
  /// @param notBefore a wait the far end asked for; zero leaves it to the policy
  record Postponed(String why, Duration notBefore) implements DeliveryOutcome {}

  /// It will never succeed.
  record Rejected(String why, Reason reason) implements DeliveryOutcome {

    /// What S3 tells apart when it proves a bucket's destinations.
    public enum Reason {
      ABSENT,
      DENIED,
      OTHER
    }

    public Rejected(String why) {
      this(why, Reason.OTHER);
    }
  }

  static DeliveryOutcome done() {
    return new Done(_ -> {});
  }
}
