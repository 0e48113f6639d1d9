package io.carillon.outbox;

import io.carillon.store.Tx;

/// Where durable work is put, in the transaction that causes it.
@FunctionalInterface
public interface Outbox {

  /// Adds `work`; once `tx` commits it will be done, or buried with the reason.
  void add(Tx tx, Work work);
}
