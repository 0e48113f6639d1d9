package io.carillon.outbox;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// Threads and their waits, as the outbox uses them. The simulation has its own, in which one
/// thread runs at a time and a seed chooses which.
interface Threads {
  Threads VIRTUAL = new Virtual();

  /// A clock that never steps, as [System#nanoTime].
  long nanoTime();

  Thread unstarted(String name, Runnable body);

  void start(Thread thread);

  void sleep(Duration time) throws InterruptedException;

  /// As [Object#wait], for a caller that is synchronized on `monitor`.
  void await(Object monitor, long nanos) throws InterruptedException;

  /// As [Object#notifyAll].
  void notifyAll(Object monitor);

  void interrupt(Thread thread);

  /// Whether `thread` ends in time.
  boolean join(Thread thread, Duration patience) throws InterruptedException;

  /// Virtual threads.
  final class Virtual implements Threads {
    private Virtual() {}

    @Override
    public long nanoTime() {
      return System.nanoTime();
    }

    @Override
    public Thread unstarted(String name, Runnable body) {
      return Thread.ofVirtual().name(name).unstarted(body);
    }

    @Override
    public void start(Thread thread) {
      thread.start();
    }

    @Override
    public void sleep(Duration time) throws InterruptedException {
      Thread.sleep(time);
    }

    @Override
    public void await(Object monitor, long nanos) throws InterruptedException {
      TimeUnit.NANOSECONDS.timedWait(monitor, nanos);
    }

    @Override
    public void notifyAll(Object monitor) {
      monitor.notifyAll();
    }

    @Override
    public void interrupt(Thread thread) {
      thread.interrupt();
    }

    @Override
    public boolean join(Thread thread, Duration patience) throws InterruptedException {
      return thread.join(patience);
    }
  }
}
