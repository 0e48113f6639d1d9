package io.carillon.store;

/// This start of this node, and which others have ended. What is made outside of the database, such
/// as files, carries the number of the incarnation that made it.
public interface Incarnations {

  /// The number of this start; no other start of any node has it.
  long current();

  /// Whether an incarnation has ended for good: [#requireLiving] refuses all that it would still
  /// commit.
  boolean hasEnded(Snapshot snapshot, long incarnation);

  /// Throws if this incarnation was declared to have ended, as one is that others have not heard of
  /// for long. To be called in the transaction that relies on it.
  void requireLiving(Tx tx);
}
