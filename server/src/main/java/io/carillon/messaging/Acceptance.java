package io.carillon.messaging;

import io.carillon.outbox.DeliveryOutcome;
import io.carillon.store.Tx;
import java.util.function.Consumer;

/// The answer to a message.
public sealed interface Acceptance {

  /// As the outcome of a delivery.
  default DeliveryOutcome outcome() {
    return switch (this) {
      case Accepted(Consumer<Tx> effect) -> new DeliveryOutcome.Done(effect);
      case Refused(String why, _) -> new DeliveryOutcome.Rejected(why);
    };
  }

  /// `effect` accepts the message, in the transaction that removes its cause.
  record Accepted(Consumer<Tx> effect) implements Acceptance {}

  /// The destination will never accept it.
  record Refused(String why, Reason reason) implements Acceptance {

    /// S3 distinguishes these when it validates a bucket's destinations.
    public enum Reason {
      ABSENT,
      DENIED,
      OTHER
    }

    public Refused(String why) {
      this(why, Reason.OTHER);
    }
  }
}
