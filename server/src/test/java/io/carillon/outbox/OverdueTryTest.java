package io.carillon.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.carillon.store.Tx;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Tries that never return or whose outcome cannot be recorded do not hold their job.
@Tag("slow")
final class OverdueTryTest extends DispatcherFixture {
  private static final double SCALE = 0.0001;

  private abstract class Slow implements Delivery {
    final AtomicInteger tries = new AtomicInteger();

    @Override
    public RetryPolicy retryPolicy(Job job) {
      return new RetryPolicy(
          RetryPolicy.ASYNC_INVOCATION.phases(),
          Duration.ofDays(1),
          RetryPolicy.ASYNC_INVOCATION.postponed());
    }

    @Override
    public boolean deadLetter(Tx tx, Job job, String why) {
      return false;
    }

    @Override
    public int concurrencyOfLane(String lane) {
      return 1;
    }

    /// The first only is to be given up, however slow the machine is.
    @Override
    public Duration longestTry(Work work) {
      return tries.get() == 1 ? Duration.ZERO : Duration.ofDays(10_000);
    }
  }

  private void tick() {
    clock.move(Duration.ofMillis(5));
    dispatcher.wake();
  }

  @Test
  void aTryThatNeverReturnsIsInterruptedAndItsJobTriedAgain() {
    dispatcher =
        dispatcher(
            Dispatcher.Settings.usual().withTimeScale(SCALE).withGrace(Duration.ofMillis(6)));
    CountDownLatch interrupted = new CountDownLatch(1);
    Slow delivery =
        new Slow() {
          @Override
          public DeliveryOutcome attempt(Job job) throws InterruptedException {
            if (tries.incrementAndGet() == 1) {
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
            retrying -> assertThat(retrying.why()).isEqualTo("the try did not end in time"));
  }

  @Test
  void whatATryAnswersAfterItWasGivenUpIsDropped() {
    dispatcher =
        dispatcher(
            Dispatcher.Settings.usual().withTimeScale(SCALE).withGrace(Duration.ofMillis(6)));
    CountDownLatch second = new CountDownLatch(1);
    CountDownLatch first = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Slow delivery =
        new Slow() {
          @Override
          public DeliveryOutcome attempt(Job job) {
            int number = tries.incrementAndGet();
            if (number == 1) {
              waitThroughInterrupts(goOn);
              first.countDown();
            } else {
              second.countDown();
              waitThroughInterrupts(first);
            }
            return new DeliveryOutcome.Done(tx -> effect(tx, "try " + number));
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
    await().until(() -> dispatcher.running() == 0);
    assertThat(effects()).containsExactly("try 2");
  }

  private static void waitThroughInterrupts(CountDownLatch latch) {
    while (true) {
      try {
        latch.await();
        return;
      } catch (InterruptedException _) {
        // as code that does not heed it
      }
    }
  }

  /// The listener that notes setbacks is caught, so the store itself has to fail.
  @Test
  void anOutcomeThatCannotBeRecordedIsRecordedLater() {
    CountDownLatch failed = new CountDownLatch(1);
    Slow delivery =
        new Slow() {
          @Override
          public DeliveryOutcome attempt(Job job) {
            database.failNext(2);
            failed.countDown();
            return tries.incrementAndGet() == 1
                ? new DeliveryOutcome.Rejected("bad")
                : DeliveryOutcome.done();
          }
        };
    run(delivery);
    add("lane", "x");
    waitFor(failed);
    awaitEmpty();
    assertThat(shelvedReasons()).containsExactly("bad");
    assertThat(delivery.tries.get()).isEqualTo(1);
  }
}
