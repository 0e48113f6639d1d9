package io.carillon.sqs;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Wakes the long polls of a queue when a message arrives. A waiter reads the count of arrivals
/// before it looks for messages, so it misses nothing that arrives between looking and waiting.
final class ArrivalSignal {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final AtomicInteger waiting = new AtomicInteger();
  private long count;
  private boolean stopped;

  /// Registers a waiter.
  ArrivalSignal enter() {
    waiting.incrementAndGet();
    return this;
  }

  /// Removes a waiter; null, which removes a map entry, if none is left.
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

  void signal() {
    lock.lock();
    try {
      count++;
      arrived.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void stop() {
    lock.lock();
    try {
      stopped = true;
      arrived.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Waits until more than `seen` messages have arrived or `timeout` has passed; false once it is
  /// stopped.
  boolean await(long seen, Duration timeout) {
    long remainingNanos = timeout.toNanos();
    lock.lock();
    try {
      while (count == seen && remainingNanos > 0 && !stopped) {
        remainingNanos = arrived.awaitNanos(remainingNanos);
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
