package io.carillon.sqs;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Wakes the long polls of a queue: one for each message that arrives, however many wait. A waiter
/// reads the count of signals before it looks for messages, so it misses nothing that arrives
/// between looking and waiting.
///
/// *No wake-up is lost.* After each change of the queue that can make a message visible earlier
/// than a waiter expects, some waiter looks at the queue and then knows when its first message will
/// be visible. Whoever leaves (with a message, which may become visible again; at its end, which
/// may be before a delayed message; with an error) wakes another, which looks in its place.
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

  /// Removes a waiter and wakes another; null, which removes a map entry, if none is left.
  @Nullable ArrivalSignal leave() {
    if (waiting.decrementAndGet() == 0) {
      return null;
    }
    signal();
    return this;
  }

  /// How many wait right now.
  int parked() {
    lock.lock();
    try {
      return lock.getWaitQueueLength(arrived);
    } finally {
      lock.unlock();
    }
  }

  long count() {
    lock.lock();
    try {
      return count;
    } finally {
      lock.unlock();
    }
  }

  /// Wakes the waiter that has waited longest: one message has arrived.
  void signal() {
    lock.lock();
    try {
      count++;
      arrived.signal();
    } finally {
      lock.unlock();
    }
  }

  /// Wakes all: the queue was deleted, or many of its messages are visible earlier.
  void signalAll() {
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

  /// Waits for a signal, which may have been given since the count was `seen`, or until `timeout`
  /// has passed; false once it is stopped.
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
