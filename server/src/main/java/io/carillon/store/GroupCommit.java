package io.carillon.store;

import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The only thread that changes a log-structured store, and its queues.
///
/// Callers submit a change and park. The thread takes all waiting changes, runs them one after
/// another over one [Overlay], writes the result as one batch, and completes them together: the
/// more callers, the more changes share a sync, so durable writes scale with concurrency.
///
/// *Durable and relaxed.* The relaxed changes of a round go first, in a batch of their own that is
/// not durableRound, and complete at once; the durable ones follow in a synced batch. Changes that
/// wait at the same time have no order, so this one is as good as any. A sync covers everything
/// written before it. Hence the rule: after a relaxed batch the store is *unsynced*; a durable
/// round ends with a sync if it wrote something or if the store was unsynced when it began,
/// whatever its changes did. So no caller learns, even by an exception, of a state that power loss
/// could revert.
///
/// *Sync marks.* Each batch records what had been synced before it. When no batch follows for a
/// second, and on closing, an empty batch is written to record the last sync.
///
/// *Failures.* A change that throws is undone and its exception thrown to its caller. If writing or
/// syncing fails, whatever the error, it is unknown what reached the disk: a batch may be in the
/// log although its sync failed. `onBroken` is called, which ends the process, and recovery at the
/// next start decides. If it returns, the callers whose changes were in that batch learn that their
/// outcome is unknown; all others are refused, as their changes never ran.
final class GroupCommit {
  private static final Logger LOG = LoggerFactory.getLogger(GroupCommit.class);

  /// Bounds one round, and so the wait of the next.
  private static final int MAX_ROUND = 1024;

  /// How long without changes before the last sync is recorded.
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /// The log that the thread writes.
  interface Log extends Overlay.Base {
    void write(Overlay overlay, boolean sync) throws Exception;

    void sync() throws Exception;

    /// Whether there is room for a batch; checked before each.
    boolean hasRoom();

    RuntimeException noRoom();

    /// Whether a batch in the log records the last sync.
    boolean isSyncRecorded();

    /// Records the last sync in a batch that is not synced itself. Recovery cannot tell a damaged
    /// batch from one that was being written unless a later one records its sync (see [WalCheck]).
    void recordSync() throws Exception;
  }

  private final Log log;
  private final Consumer<Throwable> onBroken;
  private final InstantSource clock;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final ArrayDeque<Pending<?>> durable = new ArrayDeque<>();
  private final ArrayDeque<Pending<?>> relaxed = new ArrayDeque<>();
  private boolean closing;
  private volatile @Nullable Throwable broken;

  /// Whether something was written since the last sync. Used by the thread only.
  private boolean unsynced;

  private final LongAdder changes = new LongAdder();
  private final LongAdder syncs = new LongAdder();

  GroupCommit(Log log, Consumer<Throwable> onBroken, InstantSource clock) {
    this.log = log;
    this.onBroken = onBroken;
    this.clock = clock;
    this.thread = Thread.ofPlatform().name("store-writer").unstarted(this::writeLoop);
  }

  void start() {
    thread.start();
  }

  long changes() {
    return changes.sum();
  }

  long syncs() {
    return syncs.sum();
  }

  <T> T submit(Database.Change<T> change, boolean mustSync) {
    Planned.requireNoPlan();
    if (isWriter()) {
      throw new IllegalStateException("A write within a transaction: use its tx");
    }
    Pending<T> pending = new Pending<>(change);
    lock.lock();
    try {
      requireUsable();
      (mustSync ? durable : relaxed).add(pending);
      arrived.signal();
    } finally {
      lock.unlock();
    }
    return pending.await();
  }

  /// Whether the calling thread runs a change.
  boolean isWriter() {
    return Thread.currentThread() == thread;
  }

  /// Completes the submitted changes, syncs, and ends the thread.
  void close() {
    lock.lock();
    try {
      closing = true;
      arrived.signal();
    } finally {
      lock.unlock();
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void requireUsable() {
    Throwable cause = broken;
    if (cause != null) {
      throw refused(cause);
    }
    if (closing) {
      throw new IllegalStateException("The store is closed");
    }
  }

  private static IllegalStateException refused(Throwable cause) {
    return new IllegalStateException("The store broke and takes no more writes", cause);
  }

  private void writeLoop() {
    List<Pending<?>> relaxedRound = new ArrayList<>();
    List<Pending<?>> durableRound = new ArrayList<>();
    try {
      while (take(relaxedRound, durableRound)) {
        run(relaxedRound, false);
        relaxedRound.clear();
        run(durableRound, true);
        durableRound.clear();
      }
      sync();
      recordSync();
    } catch (Throwable e) {
      breakStore(e, relaxedRound, durableRound);
    }
  }

  /// Waits for changes and takes them; false when closing and none is left.
  private boolean take(List<Pending<?>> relaxedRound, List<Pending<?>> durableRound)
      throws Exception {
    lock.lock();
    try {
      while (durable.isEmpty() && relaxed.isEmpty()) {
        if (closing) {
          return false;
        }
        if (log.isSyncRecorded()) {
          arrived.awaitUninterruptibly();
        } else if (isIdle()) {
          recordSync();
        }
      }
      move(relaxed, relaxedRound);
      move(durable, durableRound);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /// Waits for changes; true if none came for a while.
  @SuppressWarnings("WaitNotInLoop") // its caller looks again
  private boolean isIdle() {
    try {
      return arrived.awaitNanos(IDLE_NANOS) <= 0;
    } catch (InterruptedException _) {
      return false; // a change interrupted the thread that ran it; it goes on
    }
  }

  private static void move(ArrayDeque<Pending<?>> from, List<Pending<?>> to) {
    while (!from.isEmpty() && to.size() < MAX_ROUND) {
      to.add(from.remove());
    }
  }

  private void run(List<Pending<?>> round, boolean mustSync) throws Exception {
    if (round.isEmpty()) {
      return;
    }
    if (!log.hasRoom()) {
      for (Pending<?> pending : round) {
        pending.fail(log.noRoom());
        pending.complete();
      }
      return;
    }
    Overlay overlay = new Overlay(log, clock);
    for (Pending<?> pending : round) {
      pending.run(overlay);
    }
    if (!overlay.changes().isEmpty()) {
      log.write(overlay, mustSync);
      unsynced = !mustSync;
      if (mustSync) {
        syncs.increment();
      }
    } else if (mustSync) {
      sync();
    }
    changes.add(round.size());
    for (Pending<?> pending : round) {
      pending.committed();
    }
    for (Pending<?> pending : round) {
      pending.complete();
    }
    for (Pending<?> pending : round) {
      pending.answered();
    }
  }

  private void sync() throws Exception {
    if (unsynced) {
      log.sync();
      syncs.increment();
      unsynced = false;
    }
  }

  private void recordSync() throws Exception {
    if (!unsynced && !log.isSyncRecorded() && log.hasRoom()) {
      log.recordSync();
    }
  }

  private void breakStore(
      Throwable cause, List<Pending<?>> relaxedRound, List<Pending<?>> durableRound) {
    broken = cause;
    try {
      onBroken.accept(cause);
    } finally {
      failAll(cause, relaxedRound, durableRound);
    }
  }

  private void failAll(
      Throwable cause, List<Pending<?>> relaxedRound, List<Pending<?>> durableRound) {
    List<Pending<?>> unfinished = new ArrayList<>(relaxedRound);
    unfinished.addAll(durableRound);
    lock.lock();
    try {
      unfinished.addAll(relaxed);
      unfinished.addAll(durable);
      relaxed.clear();
      durable.clear();
    } finally {
      lock.unlock();
    }
    for (Pending<?> pending : unfinished) {
      pending.breakOff(cause);
      pending.complete();
    }
  }

  /// A change with its caller, which is parked until it completes.
  private static final class Pending<T> {
    private final Database.Change<T> change;
    private final Thread caller = Thread.currentThread();
    private Overlay.@Nullable Transaction tx;
    private Overlay.Actions actions = Overlay.Actions.NONE;

    @SuppressWarnings("NullAway.Init") // set by the time it is read, unless it failed
    private T result;

    private @Nullable Throwable failure;
    private volatile boolean isCompleted;

    private Pending(Database.Change<T> change) {
      this.change = change;
    }

    private void run(Overlay overlay) {
      Overlay.Transaction running = overlay.begin();
      try {
        result = change.run(running);
        actions = running.complete();
        tx = running;
      } catch (Throwable e) {
        running.undo();
        fail(e);
      }
    }

    /// The store broke before this was answered.
    private void breakOff(Throwable cause) {
      if (tx != null) {
        tx.undo(); // in memory only: the batch was given to the log
        fail(new UnknownOutcomeException("the store could not write or sync, and stopped", cause));
      } else {
        fail(refused(cause)); // it never ran, or threw, perhaps for a state that was never synced
      }
    }

    private void fail(Throwable e) {
      failure = e;
    }

    private void committed() {
      run(actions.onCommit());
    }

    private void answered() {
      run(actions.onAnswer());
    }

    private static void run(List<Runnable> actions) {
      for (Runnable action : actions) {
        try {
          action.run();
        } catch (OutOfMemoryError e) {
          // Memory no longer matches the store, and it is unknown where: the next start reads it
          // anew.
          throw e;
        } catch (Throwable e) {
          // The change is committed and its caller must see success. What the action should have
          // changed in memory no longer matches the store: a bug that has to be noticed.
          LOG.error("An action after a commit threw", e);
        }
      }
    }

    private void complete() {
      isCompleted = true;
      LockSupport.unpark(caller);
    }

    /// Parks until completed, interrupted or not: a caller that left would not know the outcome.
    private T await() {
      boolean interrupted = false;
      while (!isCompleted) {
        LockSupport.park(this);
        interrupted |= Thread.interrupted();
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      if (failure != null) {
        throw GroupCommit.<RuntimeException>asThrown(failure);
      }
      return result;
    }
  }

  /// Changes throw unchecked exceptions only, which are thrown on as they are.
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <E extends Throwable> E asThrown(Throwable failure) throws E {
    throw (E) failure;
  }
}
