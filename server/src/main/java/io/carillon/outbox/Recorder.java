package io.carillon.outbox;

import io.carillon.store.ContendedException;
import io.carillon.store.Database;
import io.carillon.store.ReadOnlyException;
import io.carillon.store.Tx;
import io.carillon.store.UnknownOutcomeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Records the outcomes of attempts, each in one transaction with its effect.
///
/// That transaction decides whether the outcome counts, so exactly one outcome counts for each
/// attempt. It is relaxed: if power loss takes it, the job is attempted again, as at-least-once
/// delivery allows; its effect is lost with it.
final class Recorder {
  private static final Logger LOG = LoggerFactory.getLogger(Recorder.class);

  /// How long to wait before trying the store again.
  private static final Duration STORE_DELAY = Duration.ofSeconds(1);

  private static final Duration MAX_DELAY = Duration.ofMinutes(1);
  private static final int REASON_CHARS = 1_000;

  private final Database database;
  private final Jobs jobs;
  private final Lanes lanes;
  private final DeadLetters deadLetters;
  private final Threads threads;
  private final DeliveryFailure.Listener failures;
  private final Waits waits;
  private volatile boolean stopping;

  Recorder(
      Database database,
      Jobs jobs,
      Lanes lanes,
      DeadLetters deadLetters,
      DeliveryFailure.Listener failures,
      Waits waits,
      Threads threads) {
    this.database = database;
    this.jobs = jobs;
    this.lanes = lanes;
    this.deadLetters = deadLetters;
    this.threads = threads;
    this.failures = failures;
    this.waits = waits;
  }

  /// From now on an attempt that is interrupted is released and not counted.
  void stop() {
    stopping = true;
  }

  /// Records the outcome, or the failure to do so, until one of them is recorded: nothing else
  /// records it before the next start.
  void record(Attempt attempt, DeliveryOutcome outcome) {
    DeliveryOutcome next = outcome;
    Duration wait = STORE_DELAY;
    while (!attempt.isRecorded()) {
      try {
        write(attempt, next);
        return;
      } catch (ReadOnlyException e) {
        if (stopping || !sleep(STORE_DELAY)) {
          return;
        }
      } catch (UnknownOutcomeException | ContendedException e) {
        // Once more: what was recorded after all makes the lease stale.
        LOG.warn(
            "Whether the outcome of {} is recorded is unknown; recording it again", attempt, e);
        if (stopping || !sleep(STORE_DELAY)) {
          return;
        }
      } catch (Throwable e) {
        if (next instanceof DeliveryOutcome.Done || next instanceof DeliveryOutcome.Local) {
          LOG.warn("The effect of {} failed", attempt, e);
          next = Attempt.outcomeOf(e);
        } else {
          LOG.error("The outcome of {} could not be recorded", attempt, e);
          if (stopping || !sleep(wait)) {
            return;
          }
          wait = wait.compareTo(MAX_DELAY) < 0 ? wait.multipliedBy(2) : wait;
        }
      }
    }
    LOG.warn("The outcome of {} came too late and is dropped", attempt);
  }

  private boolean sleep(Duration wait) {
    try {
      threads.sleep(wait);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /// Records the outcome, or throws.
  void write(Attempt attempt, DeliveryOutcome outcome) {
    boolean isInterruptedByStop =
        stopping && Thread.interrupted() && !(outcome instanceof DeliveryOutcome.Done);
    if (isInterruptedByStop) {
      releaseUncounted(attempt);
      return;
    }
    switch (outcome) {
      case DeliveryOutcome.Done(var effect) ->
          database.writeRelaxed(tx -> settle(tx, attempt, effect));
      case DeliveryOutcome.Local(var plan) -> decide(attempt, plan);
      case DeliveryOutcome.Retry(String why) -> retry(attempt, cut(why));
      case DeliveryOutcome.Postponed(String why, Duration notBefore) ->
          postpone(attempt, cut(why), notBefore);
      case DeliveryOutcome.Rejected(String why) -> deadLetter(attempt, cut(why));
    }
  }

  private void decide(Attempt attempt, Database.Query<DeliveryOutcome> plan) {
    DeliveryOutcome decided =
        database.changeRelaxed(
            plan,
            (tx, planned) -> {
              if (planned instanceof DeliveryOutcome.Done(var effect)) {
                settle(tx, attempt, effect);
              }
              return planned;
            });
    if (!(decided instanceof DeliveryOutcome.Done)) {
      write(attempt, decided);
    }
  }

  private boolean settle(Tx tx, Attempt attempt, Consumer<Tx> effect) {
    return attempt.markRecorded(tx) && jobs.settle(tx, attempt.claimed(), () -> effect.accept(tx));
  }

  private void retry(Attempt attempt, String why) {
    int attempts = attempt.job().attempts();
    Optional<Duration> wait = attempt.policy().waitAfter(attempts);
    if (wait.isEmpty()) {
      deadLetter(attempt, why);
      return;
    }
    JobRow row = attempt.claimed().row().failed(attempts, why);
    release(
        attempt,
        waits.withJitter(wait.get()),
        row,
        next -> new DeliveryFailure.Retrying(why, next));
  }

  private void postpone(Attempt attempt, String why, Duration notBefore) {
    Duration wait =
        notBefore.isPositive()
            ? waits.scaled(notBefore)
            : waits.withJitter(attempt.policy().waitAfterPostponing(attempt.job().postponements()));
    JobRow row = attempt.claimed().row().postponed(why);
    release(attempt, wait, row, next -> new DeliveryFailure.Postponed(why, next));
  }

  private void release(
      Attempt attempt, Duration wait, JobRow row, Function<Instant, DeliveryFailure> failure) {
    if (attempt.isTooOld(database.clock().instant().plus(wait))) {
      deadLetter(attempt, row.lastError());
      return;
    }
    ClaimedJob job = attempt.claimed();
    database.writeRelaxed(
        tx -> {
          Instant next = tx.now().plus(wait);
          boolean counts = attempt.markRecorded(tx) && jobs.release(tx, job, next, row);
          if (counts) {
            note(tx, attempt, failure.apply(next));
            if (!row.isSuspect()) {
              tx.afterCommit(() -> lanes.noteDue(job.channel(), next));
            }
          }
          return counts;
        });
  }

  private void releaseUncounted(Attempt attempt) {
    ClaimedJob job = attempt.claimed();
    database.writeRelaxed(
        tx -> attempt.markRecorded(tx) && jobs.release(tx, job, tx.now(), job.row()));
  }

  private void deadLetter(Attempt attempt, String why) {
    try {
      database.changeRelaxed(
          snapshot -> attempt.delivery().planDeadLetter(snapshot, attempt.deadJob(), why),
          (tx, plan) -> deadLetter(tx, attempt, why, plan));
    } catch (ReadOnlyException | UnknownOutcomeException | ContendedException e) {
      throw e;
    } catch (RuntimeException e) {
      LOG.error(
          "The dead-letter destination of {} failed; keeping the job in the dead letters",
          attempt,
          e);
      String both = why + "; its dead-letter destination failed: " + Attempt.describe(e);
      database.writeRelaxed(tx -> deadLetter(tx, attempt, cut(both), DeadLetterPlan.KEEP));
    }
  }

  private boolean deadLetter(Tx tx, Attempt attempt, String why, DeadLetterPlan plan) {
    return settle(
        tx,
        attempt,
        _ -> {
          plan.effect().accept(tx);
          if (!plan.isSent()) {
            deadLetters.put(tx, attempt.deadJob(), why, tx.now());
          }
          note(tx, attempt, new DeliveryFailure.DeadLettered(why, !plan.isSent()));
        });
  }

  /// A listener that fails must not prevent the outcome from being recorded.
  private void note(Tx tx, Attempt attempt, DeliveryFailure failure) {
    try {
      failures.note(tx, attempt.job(), failure);
    } catch (RuntimeException e) {
      LOG.error("{} of {} could not be noted", failure, attempt, e);
    }
  }

  private static String cut(String reason) {
    return reason.length() <= REASON_CHARS ? reason : reason.substring(0, REASON_CHARS);
  }
}
