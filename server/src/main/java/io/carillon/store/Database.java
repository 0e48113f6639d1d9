package io.carillon.store;

import java.time.InstantSource;

/// One ordered key space with transactions. [#write], [#writeRelaxed] and the changes that plan
/// ([#change]) are the only ways to change it.
///
/// Changes are short, repeatable and do no I/O of their own: on RocksDB they run one after another
/// on the writer thread, on PostgreSQL they may run again after a conflict. A change that has to
/// evaluate policies, filters or JSON does so in a *plan*, see [#change]. Nothing uses the database
/// within a change or a plan except through its `tx` or snapshot; engines refuse it.
///
/// A change ends in one of three ways:
///
/// - *Committed:* its actions after the commit have run, and the caller gets its result.
/// - *Undone,* because it threw, or because the engine refused it ([ReadOnlyException]): it changed
///   nothing, its undo actions have run, and the exception reaches the caller as it is.
/// - *Unknown:* the engine throws [UnknownOutcomeException] where it cannot tell whether the commit
///   took place, as after a failed sync or a lost connection. The rows are all there or none is.
///   Its undo actions have run, those after the commit never do: memory is as before the change,
///   whatever the rows are, so nothing may rely on a commit action but to be quicker. Neither the
///   engine nor the caller repeats the change blindly. A request fails with 500 InternalError,
///   which clients repeat, as every operation of AWS allows; the outbox records an outcome again,
///   under a lease that is stale if it was recorded; a chore goes on with its next run.
///
/// A *conflict* with another change is no outcome: the engine undoes the change, undo actions
/// included, and runs it again until it is committed or fails. So a change may run more than once,
/// each run sees a later state, and only what it does through its `tx` counts; callers see no
/// conflict and need no retry of their own. An engine that ends such retries after a time throws
/// [ContendedException], and the change is undone. RocksDB and memory have no conflicts: one change
/// runs at a time.
public interface Database extends AutoCloseable {

  /// Runs `change` and returns once it, and everything it read, is synced to disk.
  <T> T write(Change<T> change);

  /// Runs `change` and returns once it is visible to others; a later sync covers it. For claims and
  /// acknowledgements, where losing it to power loss only means that the work is done again.
  <T> T writeRelaxed(Change<T> change);

  /// Runs `query` on a consistent snapshot.
  <T> T read(Query<T> query);

  /// Runs `plan` on a snapshot and records what it relies on: the guards of the tables that it
  /// reads, and single rows of other tables. It has no effect of its own.
  default <P> Planned<P> plan(Query<P> plan) {
    return read(snapshot -> Planned.on(snapshot, plan));
  }

  /// Runs `plan` on the caller's thread, and `application` of the result in a transaction as
  /// [#write] does. If anything that the plan relied on has changed in between, the plan is made
  /// again on the transaction first: the result is as if both had run there.
  default <P, T> T change(Query<P> plan, Application<P, T> application) {
    Planned<P> planned = plan(plan);
    return write(tx -> planned.apply(tx, plan, application));
  }

  /// As [#change], but as [#writeRelaxed].
  default <P, T> T changeRelaxed(Query<P> plan, Application<P, T> application) {
    Planned<P> planned = plan(plan);
    return writeRelaxed(tx -> planned.apply(tx, plan, application));
  }

  /// The queues `name`, whose rows are of the class `row`. To be called once for each name in a
  /// process.
  ///
  /// @param name unique in the store, by convention `service.plural`
  /// @param holder the incarnation of this node, for leases that end with it; 0 for none
  default <V> DueQueue<V> queue(String name, Class<V> row, long holder) {
    return new KeySpaceQueue<>(name, row, holder);
  }

  /// The engine's clock as this process knows it, for waits and for rows that are made before their
  /// change. [Snapshot#now] is exact.
  InstantSource clock();

  /// Whether other processes may use the database at the same time.
  default boolean isShared() {
    return false;
  }

  @Override
  void close();

  /// Work inside a write transaction. Unchecked exceptions only.
  @FunctionalInterface
  interface Change<T> {
    T run(Tx tx);
  }

  /// Applies a plan in a write transaction. Throws [StalePlanException] where the plan no longer
  /// fits for a reason that its premises do not cover.
  @FunctionalInterface
  interface Application<P, T> {
    T run(Tx tx, P plan);
  }

  /// Work on a snapshot.
  @FunctionalInterface
  interface Query<T> {
    T run(Snapshot snapshot);
  }
}
