package io.carillon.outbox;

import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.util.function.Consumer;

/// Takes durable work, in the transaction that causes it.
public interface Outbox {

  /// Adds `work`. Once `tx` commits it will be done, or end as a dead letter with the reason.
  void add(Tx tx, Work work);

  /// Plans `work`. The effect delivers it if it is due at once and this takes no more than a
  /// transaction (see [Delivery#plan]); otherwise it adds it.
  Consumer<Tx> plan(Snapshot snapshot, Work work);
}
