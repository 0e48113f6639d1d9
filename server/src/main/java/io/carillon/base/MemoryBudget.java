package io.carillon.base;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// A share of the heap and how much of it is held: a request reserves the memory that it reads into
/// here first, so that any number of requests at once cannot exhaust the heap.
///
/// A request that finds no room waits in a fair queue, so that small requests do not starve a large
/// one; after a bounded time it is refused. While there is room, reserving is one compare-and-set.
public final class MemoryBudget {
  /// AWS's clients have longer timeouts, and retry when refused.
  private static final Duration MAX_WAIT = Duration.ofSeconds(10);

  private static final long MIN_BYTES = 16L << 20;

  private final long limitBytes;
  private final long maxWaitNanos;
  private final AtomicLong held = new AtomicLong();
  private final AtomicInteger waiting = new AtomicInteger();

  /// Held by the first in the queue.
  private final ReentrantLock queue = new ReentrantLock(true);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition freed = lock.newCondition();

  /// @param maxWait how long [#take] waits for room
  public MemoryBudget(long limitBytes, Duration maxWait) {
    this.limitBytes = limitBytes;
    this.maxWaitNanos = maxWait.toNanos();
  }

  /// A share of the maximum heap size.
  public static MemoryBudget ofHeap(double share) {
    long bytes = (long) (Runtime.getRuntime().maxMemory() * share);
    return new MemoryBudget(Math.max(MIN_BYTES, bytes), MAX_WAIT);
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

  /// How much can be taken now; negative where more was [forced][#force].
  public long freeBytes() {
    return limitBytes - held.get();
  }

  /// Takes `bytes`, waiting for room.
  ///
  /// @throws MemoryBudgetExceededException if no room becomes free in time, or `bytes` exceeds the
  ///   limit
  public void take(long bytes) {
    if (bytes > limitBytes) {
      throw MemoryBudgetExceededException.tooLarge(bytes, limitBytes);
    }
    if (!tryTake(bytes) && !awaitTurn(bytes)) {
      throw MemoryBudgetExceededException.temporary();
    }
  }

  /// Takes `bytes` if there is room now and no other thread waits for it.
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

  private boolean awaitTurn(long bytes) {
    long deadline = System.nanoTime() + maxWaitNanos;
    waiting.incrementAndGet();
    try {
      if (!queue.tryLock(maxWaitNanos, TimeUnit.NANOSECONDS)) {
        return false;
      }
      try {
        return awaitRoom(bytes, deadline);
      } finally {
        queue.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      waiting.decrementAndGet();
    }
  }

  private boolean awaitRoom(long bytes, long deadline) throws InterruptedException {
    lock.lock();
    try {
      while (!takeIfFree(bytes)) {
        long remaining = deadline - System.nanoTime();
        if (remaining <= 0) {
          return false;
        }
        freed.awaitNanos(remaining);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /// Takes `bytes` even without room, for data that is in memory already; later requests wait until
  /// it is released.
  public void force(long bytes) {
    held.addAndGet(bytes);
  }

  public void release(long bytes) {
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
