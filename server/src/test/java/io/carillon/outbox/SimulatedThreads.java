package io.carillon.outbox;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Threads of which one runs at a time: each runs until it waits or reaches a step ([#step]), and
/// then a seed chooses the next. Time stands still while any can run, and jumps to the end of the
/// next wait when none can. So a seed decides everything that happens.
final class SimulatedThreads {

  /// One node's threads. A crash ends them wherever they are, a pause holds them up.
  final class Node implements Threads {
    private boolean crashed;
    private long pausedUntil;

    void crash() {
      crashed = true;
    }

    void pause(Duration time) {
      pausedUntil = now + time.toNanos();
    }

    boolean isPaused() {
      return now < pausedUntil;
    }

    @Override
    public long nanoTime() {
      return now;
    }

    @Override
    public Thread unstarted(String name, Runnable body) {
      Simulated simulated = new Simulated(this);
      Thread thread =
          Thread.ofVirtual()
              .name(name)
              .unstarted(
                  () -> {
                    simulated.turn.acquireUninterruptibly();
                    try {
                      body.run();
                    } catch (Throwable e) {
                      failure = e;
                    } finally {
                      simulated.ended = true;
                      scheduler.release();
                    }
                  });
      byThread.put(thread, simulated);
      return thread;
    }

    @Override
    public void start(Thread thread) {
      Simulated simulated = simulated(thread);
      simulated.until = now;
      all.add(simulated);
      thread.start();
    }

    @Override
    public void sleep(Duration time) throws InterruptedException {
      Simulated self = simulated(Thread.currentThread());
      self.throwIfInterrupted();
      self.until = now + Math.max(0, time.toNanos());
      self.canWake = _ -> false;
      self.giveWay();
      self.throwIfInterrupted();
    }

    @Override
    public void await(Object monitor, long nanos) throws InterruptedException {
      Simulated self = simulated(Thread.currentThread());
      self.throwIfInterrupted();
      self.until = now + Math.max(0, nanos);
      self.monitor = monitor;
      self.canWake = _ -> false;
      self.resumed = false;
      scheduler.release();
      while (!self.resumed) {
        monitor.wait();
      }
      self.throwIfInterrupted();
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // a monitor is an object, whatever it equals
    public void notifyAll(Object monitor) {
      for (Simulated other : all) {
        if (other.monitor == monitor) {
          other.until = now;
        }
      }
    }

    @Override
    public void interrupt(Thread thread) {
      simulated(thread).interrupted = true;
    }

    @Override
    public boolean join(Thread thread, Duration patience) throws InterruptedException {
      Simulated other = simulated(thread);
      Simulated self = simulated(Thread.currentThread());
      self.throwIfInterrupted();
      self.until = now + Math.max(0, patience.toNanos());
      self.canWake = _ -> other.ended;
      self.giveWay();
      self.throwIfInterrupted();
      return other.ended;
    }
  }

  private final class Simulated {
    final Node node;
    final Semaphore turn = new Semaphore(0);
    long until;
    Predicate<Simulated> canWake = _ -> false;
    @Nullable Object monitor;
    boolean resumed;
    boolean interrupted;
    boolean ended;

    Simulated(Node node) {
      this.node = node;
    }

    boolean canRun() {
      return !node.isPaused() && (until <= now || interrupted || canWake.test(this));
    }

    long wakesAt() {
      boolean isWoken = interrupted || canWake.test(this);
      return isWoken ? node.pausedUntil : Math.max(until, node.pausedUntil);
    }

    /// Lets others run until this one is chosen again.
    void giveWay() {
      scheduler.release();
      turn.acquireUninterruptibly();
    }

    void throwIfInterrupted() throws InterruptedException {
      boolean isInterrupted = Thread.interrupted() || interrupted;
      interrupted = false;
      if (isInterrupted) {
        throw new InterruptedException();
      }
    }

    /// Runs it until it waits.
    void run() throws InterruptedException {
      Object waitsFor = monitor;
      if (waitsFor == null) {
        turn.release();
      } else {
        synchronized (waitsFor) {
          monitor = null;
          resumed = true;
          waitsFor.notifyAll();
        }
      }
      scheduler.acquire();
    }
  }

  private final RandomGenerator random;
  private final Semaphore scheduler = new Semaphore(0);
  private final List<Simulated> all = new ArrayList<>();
  private final ConcurrentHashMap<Thread, Simulated> byThread = new ConcurrentHashMap<>();
  private long now;
  private @Nullable Throwable failure;

  SimulatedThreads(RandomGenerator random) {
    this.random = random;
  }

  Node node() {
    return new Node();
  }

  /// The simulated time, in nanoseconds.
  long now() {
    return now;
  }

  /// A place where another thread may go on first.
  void step() {
    Simulated self = byThread.get(Thread.currentThread());
    if (self != null) {
      self.until = now;
      self.giveWay();
      if (self.interrupted) {
        self.interrupted = false;
        Thread.currentThread().interrupt();
      }
    }
  }

  /// Runs until `isOver`, or until `end`; to be called by a thread that is not simulated.
  ///
  /// @return whether it is over
  boolean run(long end, Predicate<SimulatedThreads> isOver) throws InterruptedException {
    while (!isOver.test(this)) {
      all.removeIf(thread -> thread.ended || thread.node.crashed);
      List<Simulated> ready = all.stream().filter(Simulated::canRun).toList();
      if (ready.isEmpty()) {
        long next = all.stream().mapToLong(Simulated::wakesAt).min().orElse(end);
        if (next >= end) {
          now = end;
          return isOver.test(this);
        }
        now = Math.max(now, next);
      } else {
        ready.get(random.nextInt(ready.size())).run();
        if (failure != null) {
          throw new AssertionError("A simulated thread failed", failure);
        }
      }
    }
    return true;
  }

  private Simulated simulated(Thread thread) {
    Simulated simulated = byThread.get(thread);
    if (simulated == null) {
      throw new IllegalStateException("Not a simulated thread: " + thread);
    }
    return simulated;
  }
}
