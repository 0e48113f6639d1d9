package io.carillon.sqs;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Tells those who wait at a queue that something came. They remember how much had come before they
/// looked, so nothing that comes between looking and waiting is slept through.
final class ArrivalSignal {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition more = lock.newCondition();
  private final AtomicInteger waiting = new AtomicInteger();
  private long count;
  private boolean stopped;

  /// Counts one more who looks and may wait.
  ArrivalSignal enter() {
    waiting.incrementAndGet();
    return this;
  }

  /// Counts one fewer; null, which a map takes for nothing, when nobody is left.
  @Nullable ArrivalSignal leave() {
    return waiting.decrementAndGet() == 0 ? null : this;
  }

  long count() {
    lock.lock();
    try {
      return count;
    } finally {
      lock.unlock();
    }
  }

  void tell() {
    lock.lock();
    try {
      count++;
      more.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void stop() {
    lock.lock();
    try {
      stopped = true;
      more.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Waits until more than `seen` have come or `most` has passed; false once it is stopped.
  boolean await(long seen, Duration most) {
    long left = most.toNanos();
    lock.lock();
    try {
      while (count == seen && left > 0 && !stopped) {
        left = more.awaitNanos(left);
      }
      return !stopped;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }
}
