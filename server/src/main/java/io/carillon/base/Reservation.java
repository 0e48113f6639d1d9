package io.carillon.base;

/// What one request holds of a [MemoryBudget], from the first byte that it reads into memory until
/// its answer is sent. It belongs to the request's thread. A request that reads nothing into memory
/// touches no budget.
public final class Reservation implements AutoCloseable {
  private static final ScopedValue<Reservation> CURRENT = ScopedValue.newInstance();
  private static final Reservation UNCOUNTED = new Reservation(MemoryBudget.unlimited());

  private final MemoryBudget budget;
  private long held;

  public Reservation(MemoryBudget budget) {
    this.budget = budget;
  }

  /// That of the request that this thread answers. What runs outside of requests is not counted
  /// here: it has bounds of its own.
  public static Reservation current() {
    return CURRENT.isBound() ? CURRENT.get() : UNCOUNTED;
  }

  /// Runs `action` as the one that holds this.
  public <T> T call(ScopedValue.CallableOp<T, Exception> action) throws Exception {
    return ScopedValue.where(CURRENT, this).call(action);
  }

  /// Takes `bytes` more, waiting for room.
  ///
  /// @throws NoRoomException where there is none in time, or can never be
  public void take(long bytes) {
    if (counts() && bytes > 0) {
      if (held + bytes > budget.limitBytes()) {
        throw MemoryBudgetExceededException.tooLarge(held + bytes, budget.limitBytes());
      }
      budget.take(bytes);
      held += bytes;
    }
  }

  /// Takes `bytes` more if there is room now.
  public boolean tryTake(long bytes) {
    if (!counts()) {
      return true;
    }
    if (!budget.tryTake(bytes)) {
      return false;
    }
    held += bytes;
    return true;
  }

  /// Takes what is missing to `bytes` in all: what was taken before is not needed any more.
  ///
  /// @throws NoRoomException as [#take]
  public void reach(long bytes) {
    take(bytes - held);
  }

  /// Gives back all but `bytes`.
  public void shrinkTo(long bytes) {
    if (counts() && held > bytes) {
      budget.giveBack(held - bytes);
      held = bytes;
    }
  }

  public long heldBytes() {
    return held;
  }

  @Override
  public void close() {
    shrinkTo(0);
  }

  private boolean counts() {
    return this != UNCOUNTED;
  }
}
