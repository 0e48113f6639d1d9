package io.carillon.outbox;

import io.carillon.store.ForwardingTx;
import io.carillon.store.Tx;

/// A transaction that forgets its undo actions.
final class WithoutUndo extends ForwardingTx {
  WithoutUndo(Tx tx) {
    super(tx);
  }

  @Override
  public void afterUndo(Runnable action) {}
}
