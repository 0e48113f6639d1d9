package io.carillon.outbox;

import io.carillon.base.Lazy;
import io.carillon.store.Tx;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One attempt of one job: tries it, unless it has been tried enough or is too old.
final class Attempt {
  private static final Logger LOG = LoggerFactory.getLogger(Attempt.class);

  private final ClaimedJob claimed;
  private final Job job;
  private final Delivery delivery;
  private final Waits waits;
  private final @Nullable String giveUpReason;
  private final Runnable ended;
  private final Threads threads;
  private final long startedNanos;
  private final AtomicBoolean slotReleased = new AtomicBoolean();

  /// Fetched when needed: a first attempt that succeeds needs none.
  private final Lazy<RetryPolicy> policy = new Lazy<>(this::fetchPolicy);

  /// Whether an outcome was recorded. Changed in transactions only, and those run one after
  /// another.
  private volatile boolean isRecorded;

  /// @param giveUpReason why the job is given up without an attempt; null to attempt it
  /// @param ended runs once, when the attempt releases its slot
  Attempt(
      ClaimedJob claimed,
      Delivery delivery,
      Waits waits,
      Threads threads,
      @Nullable String giveUpReason,
      Runnable ended) {
    this.claimed = claimed;
    this.job = claimed.job();
    this.delivery = delivery;
    this.waits = waits;
    this.threads = threads;
    this.startedNanos = threads.nanoTime();
    this.giveUpReason = giveUpReason;
    this.ended = ended;
  }

  DeliveryOutcome run(InstantSource clock) {
    if (giveUpReason != null) {
      return new DeliveryOutcome.Rejected(giveUpReason);
    }
    boolean first = job.attempts() == 1 && job.postponements() == 0 && job.interruptions() == 0;
    if (!first && job.attempts() > policy().maxAttempts()) {
      return new DeliveryOutcome.Rejected(lastError());
    }
    if (!first && isTooOld(clock.instant())) {
      return new DeliveryOutcome.Rejected("too old: " + lastError());
    }
    return deliver();
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
      Thread.currentThread().interrupt(); // if the process stops, the job is released uncounted
      return new DeliveryOutcome.Retry("interrupted");
    } catch (Throwable e) {
      if (!isRecorded) {
        LOG.warn("{} failed", this, e);
      }
      return outcomeOf(e);
    }
  }

  /// That memory ran out is the server's fault, not the job's.
  static DeliveryOutcome outcomeOf(Throwable e) {
    return e instanceof OutOfMemoryError
        ? new DeliveryOutcome.Postponed(describe(e), Duration.ZERO)
        : new DeliveryOutcome.Retry(describe(e));
  }

  static String describe(Throwable e) {
    String message = e.getMessage();
    return e.getClass().getSimpleName() + (message == null ? "" : ": " + message);
  }

  RetryPolicy policy() {
    return policy.get();
  }

  private RetryPolicy fetchPolicy() {
    try {
      return delivery.retryPolicy(job);
    } catch (RuntimeException e) {
      LOG.error("The retry policy of {} is unknown; taking three attempts", claimed.channel(), e);
      return RetryPolicy.ASYNC_INVOCATION;
    }
  }

  /// Whether nothing is attempted any more at `at`.
  boolean isTooOld(Instant at) {
    return at.isAfter(job.created().plus(waits.scaled(policy().maxAge())));
  }

  boolean isOverdue(Duration grace) {
    Duration taken = Duration.ofNanos(threads.nanoTime() - startedNanos);
    return !isRecorded
        && taken.compareTo(grace) > 0 // cheap, and true for most
        && taken.compareTo(delivery.longestAttempt(job.work()).plus(grace)) > 0;
  }

  /// Marks the outcome as recorded; false if another transaction recorded one before.
  boolean markRecorded(Tx tx) {
    if (isRecorded) {
      return false;
    }
    isRecorded = true;
    tx.afterUndo(() -> isRecorded = false);
    return true;
  }

  boolean isRecorded() {
    return isRecorded;
  }

  void releaseSlot() {
    if (slotReleased.compareAndSet(false, true)) {
      ended.run();
    }
  }

  ClaimedJob claimed() {
    return claimed;
  }

  Job job() {
    return job;
  }

  /// The job as a dead letter.
  Job deadJob() {
    return giveUpReason == null ? job : job.withInterruptedAttempts();
  }

  Delivery delivery() {
    return delivery;
  }

  @Override
  public String toString() {
    return claimed.channel() + " " + job.id();
  }
}
