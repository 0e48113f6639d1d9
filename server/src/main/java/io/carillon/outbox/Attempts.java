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
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The tries that run: each on a virtual thread of its own, which also records what became of it.
///
/// *None runs for ever.* A delivery says how long a try can take at the most. One that takes a
/// minute longer is given up: its job is put back as after a failure, its thread is interrupted,
/// its place in the lane is free, and what it still answers is dropped. Whether an outcome counts
/// is decided within the transaction that would record it, so there is one for each try.
final class Attempts {
  private static final Logger LOG = LoggerFactory.getLogger(Attempts.class);

  /// What the jobs of a lane that wait for a read-only store do: look again after this long.
  static final Duration FULL_DISK_WAIT = Duration.ofSeconds(1);

  /// How often in its grace a try that takes long is looked at.
  private static final int LOOKS = 6;

  private static final Duration LONGEST_RECORD_WAIT = Duration.ofMinutes(1);
  private static final int REASON_CHARS = 1_000;
  private static final double JITTER = 0.1;

  private final Database database;
  private final TableOutbox outbox;
  private final DeadLetters deadLetters;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final DeliveryFailure.Listener failures;
  private final Settings settings;
  private final Map<Thread, Try> running = new ConcurrentHashMap<>();
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

  /// From now on a try that is interrupted is put back, not counted.
  void stop() {
    stopping = true;
    watch.interrupt();
  }

  int running() {
    return running.size();
  }

  /// Waits for those that run, and for those they leave behind.
  ///
  /// @param untilNanos for so long, by [System#nanoTime]
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
              "{} does not end; its job is tried again after the next start", thread.getName());
        }
      }
    }
  }

  /// @param verdict why the job is given up instead of being tried; null if it is tried
  /// @param ended runs once, when the try gives its place free
  void start(
      Channel channel,
      Claimed<Row> claimed,
      Delivery delivery,
      @Nullable String verdict,
      Runnable ended) {
    Try one = new Try(channel, claimed, delivery, verdict, ended);
    Thread thread =
        Thread.ofVirtual()
            .name("outbox-" + channel.kind() + "-" + claimed.lease().id())
            .unstarted(
                () -> {
                  try {
                    one.run();
                  } finally {
                    running.remove(Thread.currentThread());
                    one.leave();
                  }
                });
    running.put(thread, one);
    thread.start();
  }

  private void watch() {
    Duration every = settings.grace().dividedBy(LOOKS);
    while (!stopping && pause(every)) {
      running.forEach(
          (thread, one) -> {
            try {
              if (one.isOverdue()) {
                one.giveUp(thread);
              }
            } catch (RuntimeException | Error e) {
              LOG.error("{} takes too long and could not be given up", thread.getName(), e);
            }
          });
    }
  }

  /// As the time scale says.
  Duration scaled(Duration wait) {
    return scaled(wait, false);
  }

  private Duration scaled(Duration wait, boolean withJitter) {
    double factor = settings.timeScale() * (withJitter ? 1 + JITTER * random.nextDouble() : 1);
    return factor == 1 ? wait : Duration.ofNanos(Math.round(wait.toNanos() * factor));
  }

  private static boolean pause(Duration wait) {
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

  /// One try of one job.
  private final class Try {
    private final Channel channel;
    private final Claimed<Row> claimed;
    private final Delivery delivery;
    private final Job job;
    private final @Nullable String verdict;
    private final Runnable ended;
    private final long begun = System.nanoTime();
    private final AtomicBoolean left = new AtomicBoolean();

    /// Whether an outcome was recorded. Changed in transactions only, which run one after another.
    private volatile boolean over;

    /// Asked for when it is needed: a first try that succeeds needs none.
    private final Lazy<RetryPolicy> policy = new Lazy<>(this::policy);

    Try(
        Channel channel,
        Claimed<Row> claimed,
        Delivery delivery,
        @Nullable String verdict,
        Runnable ended) {
      this.ended = ended;
      this.channel = channel;
      this.claimed = claimed;
      this.delivery = delivery;
      this.verdict = verdict;
      this.job = TableOutbox.jobOf(channel, claimed);
    }

    private RetryPolicy policy() {
      try {
        return delivery.retryPolicy(job);
      } catch (RuntimeException e) {
        LOG.error("The retry policy of {} is unknown; taking three tries", channel, e);
        return RetryPolicy.ASYNC_INVOCATION;
      }
    }

    void leave() {
      if (left.compareAndSet(false, true)) {
        ended.run();
      }
    }

    boolean isOverdue() {
      Duration taken = Duration.ofNanos(System.nanoTime() - begun);
      return !over
          && taken.compareTo(settings.grace()) > 0 // spares asking
          && taken.compareTo(delivery.longestTry(job.work()).plus(settings.grace())) > 0;
    }

    /// Ends a try from outside.
    void giveUp(Thread thread) {
      LOG.warn("{} takes too long and is given up", thread.getName());
      write(new DeliveryOutcome.Retry("the try did not end in time"));
      thread.interrupt();
      leave();
    }

    void run() {
      DeliveryOutcome outcome;
      boolean first = job.attempts() == 1 && job.postponements() == 0 && job.interruptions() == 0;
      if (verdict != null) {
        outcome = new DeliveryOutcome.Rejected(verdict);
      } else if (!first && job.attempts() > policy.get().tries()) {
        outcome = new DeliveryOutcome.Rejected(lastError());
      } else if (!first && isTooOld(clock.instant())) {
        outcome = new DeliveryOutcome.Rejected("too old: " + lastError());
      } else {
        outcome = attempt();
      }
      record(outcome);
    }

    private String lastError() {
      return job.lastError().isEmpty() ? "the process ended during its last try" : job.lastError();
    }

    private DeliveryOutcome attempt() {
      try {
        return delivery.attempt(job);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // told from other failures when it is recorded
        return new DeliveryOutcome.Retry("interrupted");
      } catch (OutOfMemoryError e) { // the server's lack, and no failure of the job
        LOG.warn("{} {} found no memory", channel, job.id(), e);
        return new DeliveryOutcome.Postponed(describe(e), Duration.ZERO);
      } catch (Throwable e) {
        if (!over) {
          LOG.warn("{} {} failed", channel, job.id(), e);
        }
        return new DeliveryOutcome.Retry(describe(e));
      }
    }

    /// Records the outcome, and what follows if that fails, until it is recorded: nobody else will
    /// before the next start.
    private void record(DeliveryOutcome outcome) {
      DeliveryOutcome next = outcome;
      Duration wait = FULL_DISK_WAIT;
      while (!over) {
        try {
          write(next);
          return;
        } catch (ReadOnlyException e) {
          if (stopping || !pause(FULL_DISK_WAIT)) {
            return;
          }
        } catch (Throwable e) {
          if (next instanceof DeliveryOutcome.Done) {
            LOG.warn("The effect of {} {} failed", channel, job.id(), e);
            next = new DeliveryOutcome.Retry(describe(e));
          } else {
            LOG.error("What became of {} {} could not be recorded", channel, job.id(), e);
            if (stopping || !pause(wait)) {
              return;
            }
            wait = wait.compareTo(LONGEST_RECORD_WAIT) < 0 ? wait.multipliedBy(2) : wait;
          }
        }
      }
      LOG.warn("What {} {} answered comes too late and is dropped", channel, job.id());
    }

    private void write(DeliveryOutcome outcome) {
      boolean putBack =
          stopping && Thread.interrupted() && !(outcome instanceof DeliveryOutcome.Done);
      if (putBack) {
        putBackUncounted();
        return;
      }
      switch (outcome) {
        case DeliveryOutcome.Done(var effect) ->
            database.writeRelaxed(
                tx -> {
                  if (end(tx) && outbox.settle(tx, claimed)) {
                    effect.accept(tx);
                  }
                  return job;
                });
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
        case DeliveryOutcome.Rejected(String why, _) -> deadLetter(cut(why));
      }
    }

    /// Whether this is the first transaction that records an outcome.
    private boolean end(Tx tx) {
      if (over) {
        return false;
      }
      over = true;
      tx.afterUndo(() -> over = false);
      return true;
    }

    private void retry(String why, Duration wait, boolean uncounted) {
      Instant next = clock.instant().plus(wait);
      if (isTooOld(next)) {
        deadLetter(why);
        return;
      }
      Row row = claimed.row();
      Row after = uncounted ? row.putOff(why) : row.failed(job.attempts(), why);
      database.writeRelaxed(
          tx -> {
            if (end(tx) && outbox.release(tx, claimed, next, after)) {
              note(
                  tx,
                  uncounted
                      ? new DeliveryFailure.PutOff(why, next)
                      : new DeliveryFailure.Retrying(why, next));
            }
            return job;
          });
    }

    private void putBackUncounted() {
      database.writeRelaxed(
          tx -> end(tx) && outbox.release(tx, claimed, clock.instant(), claimed.row()));
    }

    private void deadLetter(String why) {
      try {
        database.writeRelaxed(tx -> deadLetter(tx, why, delivery));
      } catch (ReadOnlyException e) {
        throw e;
      } catch (RuntimeException e) {
        LOG.error("The dead-letter place of {} failed; taking the shelf", channel, e);
        database.writeRelaxed(
            tx ->
                deadLetter(tx, cut(why + "; its dead-letter place failed: " + describe(e)), null));
      }
    }

    private Job deadLetter(Tx tx, String why, @Nullable Delivery taker) {
      if (end(tx) && outbox.settle(tx, claimed)) {
        Job dead = verdict == null ? job : job.withInterruptedTries();
        boolean taken = taker != null && taker.deadLetter(tx, dead, why);
        if (!taken) {
          deadLetters.put(tx, dead, why, clock.instant());
        }
        note(tx, new DeliveryFailure.Buried(why, !taken));
      }
      return job;
    }

    /// A listener that fails must not keep a job from being put where it belongs.
    private void note(Tx tx, DeliveryFailure setback) {
      try {
        failures.note(tx, job, setback);
      } catch (RuntimeException e) {
        LOG.error("{} of {} could not be noted", setback, job.id(), e);
      }
    }

    private boolean isTooOld(Instant at) {
      return at.isAfter(job.created().plus(scaled(policy.get().maxAge())));
    }
  }
}
