package io.carillon.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.carillon.store.Snapshot;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Attempts that never return, or whose outcome cannot be recorded, do not block their job.
@Tag("slow")
final class OverdueAttemptTest extends DispatcherFixture {
  private static final double SCALE = 0.0001;

  private abstract static class Slow implements Delivery {
    final AtomicInteger attempts = new AtomicInteger();

    @Override
    public RetryPolicy retryPolicy(Job job) {
      return new RetryPolicy(
          RetryPolicy.ASYNC_INVOCATION.phases(),
          Duration.ofDays(1),
          RetryPolicy.ASYNC_INVOCATION.postponed());
    }

    @Override
    public int concurrencyOfLane(Snapshot snapshot, String lane) {
      return 1;
    }

    /// Only the first is given up, however slow the machine is.
    @Override
    public Duration longestAttempt(Work work) {
      return attempts.get() == 1 ? Duration.ZERO : Duration.ofDays(10_000);
    }
  }

  private void tick() {
    clock.move(Duration.ofMillis(5));
    dispatcher.wake();
  }

  @Test
  void anAttemptThatNeverReturnsIsInterruptedAndItsJobRetried() {
    settings = Dispatcher.Settings.usual().withTimeScale(SCALE).withGrace(Duration.ofMillis(6));
    CountDownLatch interrupted = new CountDownLatch(1);
    Slow delivery =
        new Slow() {
          @Override
          public DeliveryOutcome attempt(Job job) throws InterruptedException {
            if (attempts.incrementAndGet() == 1) {
              try {
                never.await();
              } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
              }
            }
            return new DeliveryOutcome.Done(tx -> effect(tx, "attempt " + job.attempts()));
          }
        };
    run(delivery);
    add("lane", "x");
    await()
        .until(
            () -> {
              tick();
              return depth() == 0;
            });
    waitFor(interrupted);
    assertThat(effects()).containsExactly("attempt 2");
    assertThat(failures)
        .singleElement()
        .isInstanceOfSatisfying(
            DeliveryFailure.Retrying.class,
            retrying -> assertThat(retrying.why()).isEqualTo("the attempt did not end in time"));
  }

  @Test
  void theOutcomeOfAnAbandonedAttemptIsDropped() {
    settings = Dispatcher.Settings.usual().withTimeScale(SCALE).withGrace(Duration.ofMillis(6));
    CountDownLatch second = new CountDownLatch(1);
    CountDownLatch first = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Slow delivery =
        new Slow() {
          @Override
          public DeliveryOutcome attempt(Job job) {
            int number = attempts.incrementAndGet();
            if (number == 1) {
              waitThroughInterrupts(goOn);
              first.countDown();
            } else {
              second.countDown();
              waitThroughInterrupts(first);
            }
            return new DeliveryOutcome.Done(tx -> effect(tx, "attempt " + number));
          }
        };
    run(delivery);
    add("lane", "x");
    await()
        .until(
            () -> {
              tick();
              return second.getCount() == 0;
            });
    goOn.countDown();
    awaitEmpty();
    await().until(() -> dispatcher.report().running() == 0);
    assertThat(effects()).containsExactly("attempt 2");
  }

  private static void waitThroughInterrupts(CountDownLatch latch) {
    while (true) {
      try {
        latch.await();
        return;
      } catch (InterruptedException _) {
        // like code that ignores interrupts
      }
    }
  }

  /// Exceptions of the failure listener are caught, so the store itself has to fail.
  @Test
  void recordingAnOutcomeIsRetried() {
    CountDownLatch failed = new CountDownLatch(1);
    Slow delivery =
        new Slow() {
          @Override
          public DeliveryOutcome attempt(Job job) {
            database.failNext(2);
            failed.countDown();
            return attempts.incrementAndGet() == 1
                ? new DeliveryOutcome.Rejected("bad")
                : DeliveryOutcome.done();
          }
        };
    run(delivery);
    add("lane", "x");
    waitFor(failed);
    awaitEmpty();
    assertThat(deadLetterReasons()).containsExactly("bad");
    assertThat(delivery.attempts.get()).isEqualTo(1);
  }
}
