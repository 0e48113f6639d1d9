package io.carillon.base;

/// The part of a [MemoryBudget] that one request holds, from the first byte that it reads into
/// memory until its response is sent. It belongs to the request's thread. A request that reads
/// nothing into memory does not touch the budget.
public final class Reservation implements AutoCloseable {
  private static final ScopedValue<Reservation> CURRENT = ScopedValue.newInstance();
  private static final Reservation UNCOUNTED = new Reservation(MemoryBudget.unlimited());

  private final MemoryBudget budget;
  private long held;

  public Reservation(MemoryBudget budget) {
    this.budget = budget;
  }

  /// The reservation of the request that this thread serves. Work outside of requests is not
  /// counted here; it has limits of its own.
  public static Reservation current() {
    return CURRENT.isBound() ? CURRENT.get() : UNCOUNTED;
  }

  /// Runs `action` with this as the [current][#current] reservation.
  public <T> T call(ScopedValue.CallableOp<T, Exception> action) throws Exception {
    return ScopedValue.where(CURRENT, this).call(action);
  }

  /// Takes `bytes` more, waiting for room.
  ///
  /// @throws MemoryBudgetExceededException as [MemoryBudget#take]
  public void take(long bytes) {
    if (isCounted() && bytes > 0) {
      if (held + bytes > budget.limitBytes()) {
        throw MemoryBudgetExceededException.tooLarge(held + bytes, budget.limitBytes());
      }
      budget.take(bytes);
      held += bytes;
    }
  }

  /// Takes `bytes` more if there is room now.
  public boolean tryTake(long bytes) {
    if (!isCounted()) {
      return true;
    }
    if (!budget.tryTake(bytes)) {
      return false;
    }
    held += bytes;
    return true;
  }

  /// Grows the reservation to `bytes` in total; does nothing if it is larger already.
  ///
  /// @throws MemoryBudgetExceededException as [MemoryBudget#take]
  public void growTo(long bytes) {
    take(bytes - held);
  }

  /// Releases all but `bytes`.
  public void shrinkTo(long bytes) {
    if (isCounted() && held > bytes) {
      budget.release(held - bytes);
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

  private boolean isCounted() {
    return this != UNCOUNTED;
  }
}
