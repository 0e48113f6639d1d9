package io.carillon.store;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Loses outcomes, as an engine does whose connection breaks in a commit: it throws
/// [UnknownOutcomeException] for some changes, which it has committed or undone. Which ones, a seed
/// or the test decides. As the engine cannot tell either, undo actions run and commit actions do
/// not, whatever it did.
public final class LosingDatabase extends ForwardingDatabase {
  /// What became of a change whose outcome is lost.
  public enum Lost {
    COMMITTED,
    UNDONE
  }

  private final RandomGenerator random;
  private final Queue<Lost> next = new ArrayDeque<>();
  private final AtomicInteger lost = new AtomicInteger();
  private int percent;

  /// @param random of a seed; draws once for each change that a test has not decided
  /// @param percent of changes whose outcomes are lost; half of them are committed
  public LosingDatabase(Database database, RandomGenerator random, int percent) {
    super(database);
    this.random = random;
    this.percent = percent;
  }

  /// Loses the outcome of the next change, in addition to those for which it is called before.
  public synchronized void loseNext(Lost fate) {
    next.add(fate);
  }

  /// From now on this percentage of outcomes is lost; 0 ends it.
  public synchronized void lose(int percent) {
    this.percent = percent;
  }

  /// How many outcomes were lost.
  public int lost() {
    return lost.get();
  }

  private synchronized @Nullable Lost draw() {
    if (!next.isEmpty()) {
      return next.remove();
    }
    int drawn = random.nextInt(200);
    return drawn >= 2 * percent ? null : drawn < percent ? Lost.COMMITTED : Lost.UNDONE;
  }

  @Override
  public <T> T write(Change<T> change) {
    return run(change, database::write);
  }

  @Override
  public <T> T writeRelaxed(Change<T> change) {
    return run(change, database::writeRelaxed);
  }

  private interface Write<T> {
    T run(Change<T> change);
  }

  private <T> T run(Change<T> change, Write<T> write) {
    Planned.requireNoPlan();
    return switch (draw()) {
      case null -> write.run(change);
      case COMMITTED -> throw committed(change, write);
      case UNDONE -> throw undone(change, write);
    };
  }

  private <T> UnknownOutcomeException committed(Change<T> change, Write<T> write) {
    List<Runnable> undoActions = new ArrayList<>();
    write.run(
        tx -> {
          undoActions.clear(); // of a run that the engine repeats
          return change.run(new Unanswered(tx, undoActions));
        });
    undoActions.reversed().forEach(Runnable::run);
    return unknown();
  }

  private <T> UnknownOutcomeException undone(Change<T> change, Write<T> write) {
    try {
      write.run(
          tx -> {
            change.run(tx);
            throw new BrokenOff();
          });
    } catch (BrokenOff _) {
      return unknown();
    }
    throw new IllegalStateException("The engine committed a change that threw");
  }

  private UnknownOutcomeException unknown() {
    lost.incrementAndGet();
    return new UnknownOutcomeException("the test lost the answer", null);
  }

  private static final class BrokenOff extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BrokenOff() {
      super(null, null, false, false);
    }
  }

  /// A transaction whose commit its caller does not learn.
  private static final class Unanswered extends ForwardingTx {
    private final List<Runnable> undoActions;

    Unanswered(Tx tx, List<Runnable> undoActions) {
      super(tx);
      this.undoActions = undoActions;
    }

    @Override
    public void afterCommit(Runnable action) {
      // never runs
    }

    @Override
    public void afterUndo(Runnable action) {
      super.afterUndo(action); // in case the change throws
      undoActions.add(action);
    }

    @Override
    public <T> T withSavepoint(Supplier<T> part) {
      int before = undoActions.size();
      try {
        return super.withSavepoint(part);
      } catch (Throwable e) {
        undoActions.subList(before, undoActions.size()).clear();
        throw e;
      }
    }
  }
}
