package io.carillon.outbox;

import io.carillon.store.Tx;
import java.util.function.Consumer;

/// What becomes of a job that is given up.
///
/// @param isSent whether it goes where the user asked for; otherwise it becomes one of the
///   [DeadLetters]
/// @param effect runs in the transaction that gives the job up
public record DeadLetterPlan(boolean isSent, Consumer<Tx> effect) {
  /// It becomes one of the [DeadLetters], and nothing else happens.
  public static final DeadLetterPlan KEEP = kept(_ -> {});

  public static DeadLetterPlan sent(Consumer<Tx> effect) {
    return new DeadLetterPlan(true, effect);
  }

  public static DeadLetterPlan kept(Consumer<Tx> effect) {
    return new DeadLetterPlan(false, effect);
  }
}
