package io.carillon.outbox;

import io.carillon.base.Lazy;
import io.carillon.outbox.Dispatcher.Settings;
import io.carillon.outbox.TableOutbox.Channel;
import io.carillon.outbox.TableOutbox.Row;
import io.carillon.store.Database;
import io.carillon.store.DueQueue.Claimed;
import io.carillon.store.ReadOnlyException;
import io.carillon.store.Tx;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The running attempts: each has a virtual thread of its own, which also records its outcome.
///
/// *Time limit.* A delivery says how long an attempt may take. One that takes longer than that and
/// the grace is given up: its job is released as after a failure, its thread is interrupted, its
/// slot in the lane is free, and a later outcome is dropped. The transaction that records an
/// outcome decides whether it counts, so exactly one outcome counts for each attempt.
final class Attempts {
  private static final Logger LOG = LoggerFactory.getLogger(Attempts.class);

  /// How long to wait before trying a read-only store again.
  static final Duration FULL_DISK_DELAY = Duration.ofSeconds(1);

  /// How often in its grace a long attempt is checked.
  private static final int CHECKS_PER_GRACE = 6;

  private static final Duration MAX_RECORD_DELAY = Duration.ofMinutes(1);
  private static final int REASON_CHARS = 1_000;
  private static final double JITTER = 0.1;

  private final Database database;
  private final TableOutbox outbox;
  private final DeadLetters deadLetters;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final DeliveryFailure.Listener failures;
  private final Settings settings;
  private final Map<Thread, Attempt> running = new ConcurrentHashMap<>();
  private final Thread watch = Thread.ofVirtual().name("outbox-watch").unstarted(this::watch);
  private volatile boolean stopping;

  Attempts(
      Database database,
      TableOutbox outbox,
      DeadLetters deadLetters,
      InstantSource clock,
      RandomGenerator random,
      DeliveryFailure.Listener failures,
      Settings settings) {
    this.database = database;
    this.outbox = outbox;
    this.deadLetters = deadLetters;
    this.clock = clock;
    this.random = random;
    this.failures = failures;
    this.settings = settings;
  }

  void startWatch() {
    watch.start();
  }

  /// From now on an attempt that is interrupted is released and not counted.
  void stop() {
    stopping = true;
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

  /// @param giveUpReason why the job is given up without an attempt; null to attempt it
  /// @param ended runs once, when the attempt releases its slot
  void start(
      Channel channel,
      Claimed<Row> claimed,
      Delivery delivery,
      @Nullable String giveUpReason,
      Runnable ended) {
    Attempt attempt = new Attempt(channel, claimed, delivery, giveUpReason, ended);
    Thread thread =
        Thread.ofVirtual()
            .name("outbox-" + channel.kind() + "-" + claimed.lease().id())
            .unstarted(
                () -> {
                  try {
                    attempt.run();
                  } finally {
                    running.remove(Thread.currentThread());
                    attempt.releaseSlot();
                  }
                });
    running.put(thread, attempt);
    thread.start();
  }

  private void watch() {
    Duration every = settings.grace().dividedBy(CHECKS_PER_GRACE);
    while (!stopping && sleep(every)) {
      running.forEach(
          (thread, attempt) -> {
            try {
              if (attempt.isOverdue()) {
                attempt.giveUp(thread);
              }
            } catch (RuntimeException | Error e) {
              LOG.error("{} takes too long and could not be given up", thread.getName(), e);
            }
          });
    }
  }

  /// The wait multiplied by the time scale.
  Duration scaled(Duration wait) {
    return scaled(wait, false);
  }

  private Duration scaled(Duration wait, boolean withJitter) {
    double factor = settings.timeScale() * (withJitter ? 1 + JITTER * random.nextDouble() : 1);
    return factor == 1 ? wait : Duration.ofNanos(Math.round(wait.toNanos() * factor));
  }

  private static boolean sleep(Duration wait) {
    try {
      Thread.sleep(wait);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static String describe(Throwable e) {
    String message = e.getMessage();
    return cut(e.getClass().getSimpleName() + (message == null ? "" : ": " + message));
  }

  private static String cut(String reason) {
    return reason.length() <= REASON_CHARS ? reason : reason.substring(0, REASON_CHARS);
  }

  /// One attempt of one job.
  private final class Attempt {
    private final Channel channel;
    private final Claimed<Row> claimed;
    private final Delivery delivery;
    private final Job job;
    private final @Nullable String giveUpReason;
    private final Runnable ended;
    private final long startedNanos = System.nanoTime();
    private final AtomicBoolean slotReleased = new AtomicBoolean();

    /// Whether an outcome was recorded. Changed in transactions only, and those run one after
    /// another.
    private volatile boolean isRecorded;

    /// Fetched when needed: a first attempt that succeeds needs none.
    private final Lazy<RetryPolicy> policy = new Lazy<>(this::policy);

    Attempt(
        Channel channel,
        Claimed<Row> claimed,
        Delivery delivery,
        @Nullable String giveUpReason,
        Runnable ended) {
      this.ended = ended;
      this.channel = channel;
      this.claimed = claimed;
      this.delivery = delivery;
      this.giveUpReason = giveUpReason;
      this.job = TableOutbox.jobOf(channel, claimed);
    }

    private RetryPolicy policy() {
      try {
        return delivery.retryPolicy(job);
      } catch (RuntimeException e) {
        LOG.error("The retry policy of {} is unknown; taking three attempts", channel, e);
        return RetryPolicy.ASYNC_INVOCATION;
      }
    }

    void releaseSlot() {
      if (slotReleased.compareAndSet(false, true)) {
        ended.run();
      }
    }

    boolean isOverdue() {
      Duration taken = Duration.ofNanos(System.nanoTime() - startedNanos);
      return !isRecorded
          && taken.compareTo(settings.grace()) > 0 // cheap, and true for most
          && taken.compareTo(delivery.longestAttempt(job.work()).plus(settings.grace())) > 0;
    }

    /// Ends an overdue attempt.
    void giveUp(Thread thread) {
      LOG.warn("{} takes too long and is given up", thread.getName());
      write(new DeliveryOutcome.Retry("the attempt did not end in time"));
      thread.interrupt();
      releaseSlot();
    }

    void run() {
      DeliveryOutcome outcome;
      boolean first = job.attempts() == 1 && job.postponements() == 0 && job.interruptions() == 0;
      if (giveUpReason != null) {
        outcome = new DeliveryOutcome.Rejected(giveUpReason);
      } else if (!first && job.attempts() > policy.get().maxAttempts()) {
        outcome = new DeliveryOutcome.Rejected(lastError());
      } else if (!first && isTooOld(clock.instant())) {
        outcome = new DeliveryOutcome.Rejected("too old: " + lastError());
      } else {
        outcome = deliver();
      }
      record(outcome);
    }

    private String lastError() {
      return job.lastError().isEmpty()
          ? "the process ended during its last attempt"
          : job.lastError();
    }

    private DeliveryOutcome deliver() {
      try {
        return delivery.attempt(job);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // write() releases the job uncounted if stopping
        return new DeliveryOutcome.Retry("interrupted");
      } catch (Throwable e) {
        if (!isRecorded) {
          LOG.warn("{} {} failed", channel, job.id(), e);
        }
        return afterFailure(e);
      }
    }

    /// That memory ran out is the server's fault, not the job's.
    private static DeliveryOutcome afterFailure(Throwable e) {
      return e instanceof OutOfMemoryError
          ? new DeliveryOutcome.Postponed(describe(e), Duration.ZERO)
          : new DeliveryOutcome.Retry(describe(e));
    }

    /// Records the outcome, or the failure to do so, until one of them is recorded: nothing else
    /// records it before the next start.
    private void record(DeliveryOutcome outcome) {
      DeliveryOutcome next = outcome;
      Duration wait = FULL_DISK_DELAY;
      while (!isRecorded) {
        try {
          write(next);
          return;
        } catch (ReadOnlyException e) {
          if (stopping || !sleep(FULL_DISK_DELAY)) {
            return;
          }
        } catch (Throwable e) {
          if (next instanceof DeliveryOutcome.Done || next instanceof DeliveryOutcome.Local) {
            LOG.warn("The effect of {} {} failed", channel, job.id(), e);
            next = afterFailure(e);
          } else {
            LOG.error("The outcome of {} {} could not be recorded", channel, job.id(), e);
            if (stopping || !sleep(wait)) {
              return;
            }
            wait = wait.compareTo(MAX_RECORD_DELAY) < 0 ? wait.multipliedBy(2) : wait;
          }
        }
      }
      LOG.warn("The outcome of {} {} came too late and is dropped", channel, job.id());
    }

    private void write(DeliveryOutcome outcome) {
      boolean isInterruptedByStop =
          stopping && Thread.interrupted() && !(outcome instanceof DeliveryOutcome.Done);
      if (isInterruptedByStop) {
        releaseUncounted();
        return;
      }
      switch (outcome) {
        case DeliveryOutcome.Done(var effect) ->
            database.writeRelaxed(
                tx -> {
                  settle(tx, effect);
                  return job;
                });
        case DeliveryOutcome.Local(var plan) -> {
          DeliveryOutcome decided =
              database.changeRelaxed(
                  plan,
                  (tx, planned) -> {
                    if (planned instanceof DeliveryOutcome.Done(var effect)) {
                      settle(tx, effect);
                    }
                    return planned;
                  });
          if (!(decided instanceof DeliveryOutcome.Done)) {
            write(decided);
          }
        }
        case DeliveryOutcome.Retry(String why) ->
            policy
                .get()
                .waitAfter(job.attempts())
                .ifPresentOrElse(
                    wait -> retry(cut(why), scaled(wait, true), false), () -> deadLetter(cut(why)));
        case DeliveryOutcome.Postponed(String why, Duration notBefore) -> {
          Duration wait =
              notBefore.isPositive()
                  ? scaled(notBefore)
                  : scaled(policy.get().waitAfterPostponing(job.postponements()), true);
          retry(cut(why), wait, true);
        }
        case DeliveryOutcome.Rejected(String why) -> deadLetter(cut(why));
      }
    }

    private void settle(Tx tx, Consumer<Tx> effect) {
      if (markRecorded(tx) && outbox.settle(tx, claimed)) {
        effect.accept(tx);
      }
    }

    /// Marks the outcome as recorded; false if another transaction recorded one before.
    private boolean markRecorded(Tx tx) {
      if (isRecorded) {
        return false;
      }
      isRecorded = true;
      tx.afterUndo(() -> isRecorded = false);
      return true;
    }

    private void retry(String why, Duration wait, boolean uncounted) {
      Instant next = clock.instant().plus(wait);
      if (isTooOld(next)) {
        deadLetter(why);
        return;
      }
      Row row = claimed.row();
      Row updated = uncounted ? row.postponed(why) : row.failed(job.attempts(), why);
      database.writeRelaxed(
          tx -> {
            if (markRecorded(tx) && outbox.release(tx, claimed, next, updated)) {
              note(
                  tx,
                  uncounted
                      ? new DeliveryFailure.Postponed(why, next)
                      : new DeliveryFailure.Retrying(why, next));
            }
            return job;
          });
    }

    private void releaseUncounted() {
      database.writeRelaxed(
          tx -> markRecorded(tx) && outbox.release(tx, claimed, clock.instant(), claimed.row()));
    }

    private void deadLetter(String why) {
      try {
        database.writeRelaxed(tx -> deadLetter(tx, why, delivery));
      } catch (ReadOnlyException e) {
        throw e;
      } catch (RuntimeException e) {
        LOG.error(
            "The dead-letter destination of {} failed; keeping the job in the dead letters",
            channel,
            e);
        database.writeRelaxed(
            tx ->
                deadLetter(
                    tx, cut(why + "; its dead-letter destination failed: " + describe(e)), null));
      }
    }

    private Job deadLetter(Tx tx, String why, @Nullable Delivery taker) {
      if (markRecorded(tx) && outbox.settle(tx, claimed)) {
        Job dead = giveUpReason == null ? job : job.withInterruptedAttempts();
        boolean taken = taker != null && taker.deadLetter(tx, dead, why);
        if (!taken) {
          deadLetters.put(tx, dead, why, clock.instant());
        }
        note(tx, new DeliveryFailure.DeadLettered(why, !taken));
      }
      return job;
    }

    /// A listener that fails must not prevent the outcome from being recorded.
    private void note(Tx tx, DeliveryFailure failure) {
      try {
        failures.note(tx, job, failure);
      } catch (RuntimeException e) {
        LOG.error("{} of {} could not be noted", failure, job.id(), e);
      }
    }

    private boolean isTooOld(Instant at) {
      return at.isAfter(job.created().plus(scaled(policy.get().maxAge())));
    }
  }
}
