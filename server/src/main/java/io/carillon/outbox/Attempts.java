package io.carillon.outbox;

import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The running attempts: each has a virtual thread of its own, which also records its outcome.
///
/// *Time limit.* A delivery says how long an attempt may take. One that takes longer than that and
/// the grace is given up: its job is released as after a failure, its thread is interrupted, its
/// slot in the lane is free, and a later outcome is dropped.
final class Attempts {
  private static final Logger LOG = LoggerFactory.getLogger(Attempts.class);

  /// How often in its grace a long attempt is checked.
  private static final int CHECKS_PER_GRACE = 6;

  private final Recorder recorder;
  private final InstantSource clock;
  private final Duration grace;
  private final Map<Thread, Attempt> running = new ConcurrentHashMap<>();
  private final Thread watch = Thread.ofVirtual().name("outbox-watch").unstarted(this::watch);

  /// @param grace how much longer than its limit an attempt may take
  Attempts(Recorder recorder, InstantSource clock, Duration grace) {
    this.recorder = recorder;
    this.clock = clock;
    this.grace = grace;
  }

  void startWatch() {
    watch.start();
  }

  void start(Attempt attempt) {
    Thread thread =
        Thread.ofVirtual()
            .name("outbox-" + attempt.job().work().kind() + "-" + attempt.job().id())
            .unstarted(() -> run(attempt));
    running.put(thread, attempt);
    thread.start();
  }

  private void run(Attempt attempt) {
    try {
      recorder.record(attempt, attempt.run(clock));
    } finally {
      running.remove(Thread.currentThread());
      attempt.releaseSlot();
    }
  }

  private void watch() {
    Duration every = grace.dividedBy(CHECKS_PER_GRACE);
    try {
      while (!recorder.isStopping()) {
        Thread.sleep(every);
        running.forEach(this::giveUpIfOverdue);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void giveUpIfOverdue(Thread thread, Attempt attempt) {
    try {
      if (attempt.isOverdue(grace)) {
        LOG.warn("{} takes too long and is given up", thread.getName());
        recorder.write(attempt, new DeliveryOutcome.Retry("the attempt did not end in time"));
        thread.interrupt();
        attempt.releaseSlot();
      }
    } catch (RuntimeException | Error e) {
      LOG.error("{} takes too long and could not be given up", thread.getName(), e);
    }
  }

  /// From now on an attempt that is interrupted is released and not counted.
  void stop() {
    recorder.stop();
    watch.interrupt();
  }

  int running() {
    return running.size();
  }

  /// Waits for the running attempts, and for those that start meanwhile.
  ///
  /// @param untilNanos the deadline, by [System#nanoTime]
  /// @return whether all ended in time
  boolean join(long untilNanos) throws InterruptedException {
    while (!running.isEmpty()) {
      for (Thread thread : List.copyOf(running.keySet())) {
        Duration left = Duration.ofNanos(untilNanos - System.nanoTime());
        if (thread.isAlive() && (left.isNegative() || !thread.join(left))) {
          return false;
        }
      }
    }
    return true;
  }

  void interrupt() throws InterruptedException {
    Set<Thread> stuck = new HashSet<>();
    while (!stuck.containsAll(running.keySet())) {
      List<Thread> left = List.copyOf(running.keySet());
      left.forEach(Thread::interrupt);
      for (Thread thread : left) {
        if (!stuck.contains(thread) && !thread.join(Duration.ofSeconds(5))) {
          stuck.add(thread);
          LOG.warn(
              "{} does not end; its job is attempted again after the next start", thread.getName());
        }
      }
    }
  }
}
