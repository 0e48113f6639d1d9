package io.carillon.outbox;

import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.util.function.Consumer;

/// Takes durable work, in the transaction that causes it.
public interface Outbox {

  /// Prepares to add `work` before its transaction: the effect adds it. Once the transaction
  /// commits, the work will be done, or end as a dead letter with the reason.
  Consumer<Tx> prepare(Work work);

  /// As [#prepare], within the transaction.
  default void add(Tx tx, Work work) {
    prepare(work).accept(tx);
  }

  /// Plans `work`. The effect delivers it if it is due at once and this takes no more than a
  /// transaction (see [Delivery#plan]); otherwise it adds it.
  Consumer<Tx> plan(Snapshot snapshot, Work work);
}
