package io.carillon.outbox;

import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.util.function.Consumer;

/// An outbox for tests that records all work as jobs.
@FunctionalInterface
public interface RecordingOutbox extends Outbox {
  @Override
  void add(Tx tx, Work work);

  @Override
  default Consumer<Tx> prepare(Work work) {
    return tx -> add(tx, work);
  }

  @Override
  default Consumer<Tx> plan(Snapshot snapshot, Work work) {
    return prepare(work);
  }

  /// Gives a job up as the outbox does; answers whether it was sent where the user asked for.
  public static boolean deadLettered(Database database, Delivery delivery, Job job, String why) {
    return database.change(
        snapshot -> delivery.planDeadLetter(snapshot, job, why),
        (tx, plan) -> {
          plan.effect().accept(tx);
          return plan.isSent();
        });
  }

  /// What an attempt comes to, with the plan of a local delivery made.
  static DeliveryOutcome decided(Database database, DeliveryOutcome outcome) {
    return outcome instanceof DeliveryOutcome.Local(var plan)
        ? database.plan(plan).value()
        : outcome;
  }
}
