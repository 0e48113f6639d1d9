package io.carillon.store;

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

/// The one thread that changes a log-structured store, and the queues before it.
///
/// Callers hand in a change and park. The thread takes all that wait, runs them one after another
/// over one [Overlay], writes what they left as one batch, and answers them together: the more
/// callers, the more changes share a sync, so durable writes scale with concurrency.
///
/// *Durable and relaxed.* Relaxed changes of a round go first, in a batch of their own that is not
/// synced, and are answered at once; the durable ones follow in a synced batch. Changes that wait
/// at the same time have no order, so this one is as good as any. A sync covers all that was
/// written before it. Hence the rule: after a relaxed batch the store is *unsynced*; a durable
/// round ends with a sync if it wrote something or if the store was unsynced when it began,
/// whatever its changes did. So nobody is told, even by an exception, of a state that power loss
/// could take back.
///
/// *Witnesses.* Each batch says what had been synced before it. When none follows for a second, and
/// at the end, one without changes is written to say so of the last.
///
/// *Failures.* A change that throws is undone and its exception handed to its caller. If writing or
/// syncing fails, nobody knows what reached the disk: `onBroken` is told, which ends the process,
/// and recovery at the next start decides. Should it return, everything is refused from then on.
final class GroupCommit {
  private static final Logger LOG = LoggerFactory.getLogger(GroupCommit.class);

  /// Bounds one round, and with it the wait of those behind it.
  private static final int ROUND = 1024;

  /// After how long without changes the last sync is written down.
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(1);

  /// What the thread writes to.
  interface Log extends Overlay.Base {
    void write(Overlay overlay, boolean sync) throws Exception;

    void sync() throws Exception;

    /// Whether there is room for a batch, asked before each.
    boolean hasRoom();

    RuntimeException noRoom();

    /// Whether something in the log says that what was synced last had been.
    boolean isAttested();

    /// Writes it down, unsynced. For recovery, which cannot tell a damaged batch from one that was
    /// being written when no later one speaks for it (see [WalCheck]).
    void attest() throws Exception;
  }

  private final Log log;
  private final Consumer<Throwable> onBroken;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final ArrayDeque<Pending<?>> durable = new ArrayDeque<>();
  private final ArrayDeque<Pending<?>> relaxed = new ArrayDeque<>();
  private boolean closing;
  private volatile @Nullable Throwable broken;

  /// Whether something was written since the last sync. Of the thread alone.
  private boolean unsynced;

  private final LongAdder changes = new LongAdder();
  private final LongAdder syncs = new LongAdder();

  GroupCommit(Log log, Consumer<Throwable> onBroken) {
    this.log = log;
    this.onBroken = onBroken;
    this.thread = Thread.ofPlatform().name("store-writer").unstarted(this::serve);
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
    if (Thread.currentThread() == thread) {
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

  /// Serves what was handed in, syncs, and ends the thread.
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
      throw new IllegalStateException("The store broke and takes no more writes", cause);
    }
    if (closing) {
      throw new IllegalStateException("The store is closed");
    }
  }

  private void serve() {
    List<Pending<?>> unhurried = new ArrayList<>();
    List<Pending<?>> synced = new ArrayList<>();
    try {
      while (take(unhurried, synced)) {
        run(unhurried, false);
        unhurried.clear();
        run(synced, true);
        synced.clear();
      }
      sync();
      attest();
    } catch (Throwable e) {
      breakDown(e, unhurried, synced);
    }
  }

  /// Waits for changes and takes them; false once closing and none is left.
  private boolean take(List<Pending<?>> unhurried, List<Pending<?>> synced) throws Exception {
    lock.lock();
    try {
      while (durable.isEmpty() && relaxed.isEmpty()) {
        if (closing) {
          return false;
        }
        if (log.isAttested()) {
          arrived.awaitUninterruptibly();
        } else if (isQuiet()) {
          attest();
        }
      }
      move(relaxed, unhurried);
      move(durable, synced);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /// Waits for changes; whether none came for a while.
  private boolean isQuiet() {
    try {
      return arrived.awaitNanos(QUIET_NANOS) <= 0;
    } catch (InterruptedException _) {
      return false; // a change interrupted the thread that ran it; it serves on
    }
  }

  private static void move(ArrayDeque<Pending<?>> from, List<Pending<?>> to) {
    while (!from.isEmpty() && to.size() < ROUND) {
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
        pending.answer();
      }
      return;
    }
    Overlay overlay = new Overlay(log);
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
      pending.answer();
    }
  }

  private void sync() throws Exception {
    if (unsynced) {
      log.sync();
      syncs.increment();
      unsynced = false;
    }
  }

  private void attest() throws Exception {
    if (!unsynced && !log.isAttested() && log.hasRoom()) {
      log.attest();
    }
  }

  private void breakDown(Throwable cause, List<Pending<?>> unhurried, List<Pending<?>> synced) {
    broken = cause;
    try {
      onBroken.accept(cause);
    } finally {
      refuseAll(cause, unhurried, synced);
    }
  }

  private void refuseAll(Throwable cause, List<Pending<?>> unhurried, List<Pending<?>> synced) {
    List<Pending<?>> lost = new ArrayList<>(unhurried);
    lost.addAll(synced);
    lock.lock();
    try {
      lost.addAll(relaxed);
      lost.addAll(durable);
      relaxed.clear();
      durable.clear();
    } finally {
      lock.unlock();
    }
    for (Pending<?> pending : lost) {
      pending.fail(
          new IllegalStateException("The store broke; whether this was written is unknown", cause));
      pending.answer();
    }
  }

  /// A change with its caller, who is parked until it is answered.
  private static final class Pending<T> {
    private final Database.Change<T> change;
    private final Thread caller = Thread.currentThread();
    private List<Runnable> actions = List.of();

    @SuppressWarnings("NullAway.Init") // set by the time it is read, unless it failed
    private T result;

    private @Nullable Throwable failure;
    private volatile boolean answered;

    private Pending(Database.Change<T> change) {
      this.change = change;
    }

    private void run(Overlay overlay) {
      Overlay.Transaction tx = overlay.begin();
      try {
        result = change.run(tx);
        actions = tx.keep();
      } catch (Throwable e) {
        tx.undo();
        fail(e);
      }
    }

    private void fail(Throwable e) {
      failure = e;
    }

    private void committed() {
      for (Runnable action : actions) {
        try {
          action.run();
        } catch (OutOfMemoryError e) {
          // Memory is behind the store, and nobody could say by what: the next start reads it anew.
          throw e;
        } catch (Throwable e) {
          // The change stands and its caller must hear so. What the action should have moved in
          // memory is behind the store now: a bug that has to be seen.
          LOG.error("An action after a commit threw", e);
        }
      }
    }

    private void answer() {
      answered = true;
      LockSupport.unpark(caller);
    }

    /// Parks until answered, interrupted or not: a caller that left would not know what it did.
    private T await() {
      boolean interrupted = false;
      while (!answered) {
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

  /// Changes throw unchecked exceptions only, and theirs are handed on as they are.
  @SuppressWarnings("unchecked")
  private static <E extends Throwable> E asThrown(Throwable failure) throws E {
    throw (E) failure;
  }
}
