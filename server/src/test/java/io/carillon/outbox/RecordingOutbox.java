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

  /// What an attempt comes to, with the plan of a local delivery made.
  static DeliveryOutcome decided(Database database, DeliveryOutcome outcome) {
    return outcome instanceof DeliveryOutcome.Local(var plan)
        ? database.plan(plan).value()
        : outcome;
  }
}
