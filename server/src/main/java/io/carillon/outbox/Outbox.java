package io.carillon.outbox;

import io.carillon.store.Tx;

/// Takes durable work, in the transaction that causes it.
@FunctionalInterface
public interface Outbox {

  /// Adds `work`. Once `tx` commits it will be done, or end as a dead letter with the reason.
  void add(Tx tx, Work work);
}
