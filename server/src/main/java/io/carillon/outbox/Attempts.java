package io.carillon.outbox;

import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The running attempts: each has a virtual thread of its own, which also records its outcome.
///
/// *Time limit.* A delivery says how long an attempt may take. One that takes longer than that and
/// the grace is given up: its job is released as after a failure, its thread is interrupted, its
/// slot in the lane is free, and a later outcome is dropped.
final class Attempts {
  private static final Logger LOG = LoggerFactory.getLogger(Attempts.class);

  private record Running(Thread thread, Attempt attempt) {}

  private final Recorder recorder;
  private final InstantSource clock;
  private final Duration grace;
  private final Map<Long, Running> running = new ConcurrentSkipListMap<>();
  private final AtomicLong numbers = new AtomicLong();
  private final Threads threads;

  /// @param grace how much longer than its limit an attempt may take
  Attempts(Recorder recorder, InstantSource clock, Duration grace, Threads threads) {
    this.recorder = recorder;
    this.clock = clock;
    this.grace = grace;
    this.threads = threads;
  }

  void start(Attempt attempt) {
    String name = "outbox-" + attempt.job().work().kind() + "-" + attempt.job().id();
    long number = numbers.incrementAndGet();
    Thread thread = threads.unstarted(name, () -> run(number, attempt));
    running.put(number, new Running(thread, attempt));
    try {
      threads.start(thread);
    } catch (RuntimeException | Error e) { // also out of memory
      running.remove(number);
      throw e;
    }
  }

  private void run(long number, Attempt attempt) {
    try {
      recorder.record(attempt, attempt.run(clock));
    } finally {
      running.remove(number);
      attempt.releaseSlot();
    }
  }

  /// Gives up the attempts that take too long.
  void giveUpOverdue() {
    running.values().forEach(one -> giveUpIfOverdue(one.thread, one.attempt));
  }

  /// The tokens of the leases under which attempts run.
  Set<Long> runningTokens() {
    return running.values().stream()
        .map(one -> one.attempt.claimed().lease().token())
        .collect(Collectors.toSet());
  }

  private void giveUpIfOverdue(Thread thread, Attempt attempt) {
    try {
      if (attempt.isOverdue(grace)) {
        LOG.warn("{} takes too long and is given up", thread.getName());
        recorder.write(attempt, new DeliveryOutcome.Retry("the attempt did not end in time"));
        threads.interrupt(thread);
        attempt.releaseSlot();
      }
    } catch (RuntimeException | Error e) {
      LOG.error("{} takes too long and could not be given up", thread.getName(), e);
    }
  }

  /// From now on an attempt that is interrupted is released and not counted.
  void stop() {
    recorder.stop();
  }

  int running() {
    return running.size();
  }

  private List<Thread> runningThreads() {
    return running.values().stream().map(Running::thread).toList();
  }

  /// Waits for the running attempts, and for those that start meanwhile.
  ///
  /// @param untilNanos the deadline, by [Threads#nanoTime]
  /// @return whether all ended in time
  boolean join(long untilNanos) throws InterruptedException {
    while (!running.isEmpty()) {
      for (Thread thread : runningThreads()) {
        Duration left = Duration.ofNanos(untilNanos - threads.nanoTime());
        if (thread.isAlive() && (left.isNegative() || !threads.join(thread, left))) {
          return false;
        }
      }
    }
    return true;
  }

  void interrupt() throws InterruptedException {
    Set<Thread> stuck = new HashSet<>();
    while (!stuck.containsAll(runningThreads())) {
      List<Thread> left = runningThreads();
      left.forEach(threads::interrupt);
      for (Thread thread : left) {
        if (!stuck.contains(thread) && !threads.join(thread, Duration.ofSeconds(5))) {
          stuck.add(thread);
          LOG.warn(
              "{} does not end; its job is attempted again after the next start", thread.getName());
        }
      }
    }
  }
}
