package io.carillon.base;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// A share of the heap, and who holds how much of it: what a request reads into memory is reserved
/// here first, so that any number of them at once cannot exhaust the heap.
///
/// Whoever finds no room waits in line, first come, first served, so that small requests do not
/// starve a large one; after a bounded time he is refused. While there is room, reserving is one
/// compare-and-set.
public final class MemoryBudget {
  /// How long to wait for room; the clients of AWS wait for longer and try again when refused.
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final long LEAST_BYTES = 16L << 20;

  private final long limitBytes;
  private final long patienceNanos;
  private final AtomicLong held = new AtomicLong();
  private final AtomicInteger waiting = new AtomicInteger();

  /// Held by the one that is first in line.
  private final ReentrantLock line = new ReentrantLock(true);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition freed = lock.newCondition();

  /// @param patience how long [#take] waits for room
  public MemoryBudget(long limitBytes, Duration patience) {
    this.limitBytes = limitBytes;
    this.patienceNanos = patience.toNanos();
  }

  /// This share of the heap that the JVM was started with.
  public static MemoryBudget ofHeap(double share) {
    long bytes = (long) (Runtime.getRuntime().maxMemory() * share);
    return new MemoryBudget(Math.max(LEAST_BYTES, bytes), PATIENCE);
  }

  /// Counts and never refuses.
  public static MemoryBudget unlimited() {
    return new MemoryBudget(Long.MAX_VALUE, Duration.ZERO);
  }

  public long limitBytes() {
    return limitBytes;
  }

  public long heldBytes() {
    return held.get();
  }

  /// How much can be taken at once; less than nothing where more was [forced][#force].
  public long freeBytes() {
    return limitBytes - held.get();
  }

  /// Takes `bytes`, waiting for room.
  ///
  /// @throws NoRoomException where there is none in time, or can never be
  public void take(long bytes) {
    if (bytes > limitBytes) {
      throw MemoryBudgetExceededException.tooLarge(bytes, limitBytes);
    }
    if (!tryTake(bytes) && !waitFor(bytes)) {
      throw MemoryBudgetExceededException.forNow();
    }
  }

  /// Takes `bytes` if there is room now and nobody waits for it.
  public boolean tryTake(long bytes) {
    return waiting.get() == 0 && takeIfFree(bytes);
  }

  private boolean takeIfFree(long bytes) {
    while (true) {
      long now = held.get();
      if (bytes > limitBytes - now) {
        return false;
      }
      if (held.compareAndSet(now, now + bytes)) {
        return true;
      }
    }
  }

  private boolean waitFor(long bytes) {
    long deadline = System.nanoTime() + patienceNanos;
    waiting.incrementAndGet();
    try {
      if (!line.tryLock(patienceNanos, TimeUnit.NANOSECONDS)) {
        return false;
      }
      try {
        return waitInFront(bytes, deadline);
      } finally {
        line.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      waiting.decrementAndGet();
    }
  }

  private boolean waitInFront(long bytes, long deadline) throws InterruptedException {
    lock.lock();
    try {
      while (!takeIfFree(bytes)) {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          return false;
        }
        freed.awaitNanos(left);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /// Takes `bytes` although there may be no room, for what is in memory already: those who come
  /// later wait for it.
  public void force(long bytes) {
    held.addAndGet(bytes);
  }

  public void giveBack(long bytes) {
    held.addAndGet(-bytes);
    if (waiting.get() > 0) {
      lock.lock();
      try {
        freed.signal();
      } finally {
        lock.unlock();
      }
    }
  }
}
