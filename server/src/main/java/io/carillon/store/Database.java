package io.carillon.store;

/// One ordered key space with transactions. [#write] and [#writeRelaxed] are the only ways to
/// change it.
///
/// Changes are short, repeatable and do no I/O of their own: on RocksDB they run one after another
/// on the writer thread, on PostgreSQL they may run again after a conflict. A change that throws
/// changes nothing, and its exception reaches the caller.
public interface Database extends AutoCloseable {

  /// Runs `change` and returns once it, and everything it read, is synced to disk.
  <T> T write(Change<T> change);

  /// Runs `change` and returns once it is visible to others; a later sync covers it. For claims and
  /// acknowledgements, where losing it to power loss only means that the work is done again.
  <T> T writeRelaxed(Change<T> change);

  /// Runs `query` on a consistent snapshot.
  <T> T read(Query<T> query);

  @Override
  void close();

  /// Work inside a write transaction. Unchecked exceptions only.
  @FunctionalInterface
  interface Change<T> {
    T run(Tx tx);
  }

  /// Work on a snapshot.
  @FunctionalInterface
  interface Query<T> {
    T run(Snapshot snapshot);
  }
}
