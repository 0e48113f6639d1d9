package io.carillon.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/// Jobs that were added or released by a clock that was ahead.
final class ClockSetBackTest extends DispatcherFixture {
  @Test
  void dueTimesOfAClockThatWasAheadAreCorrected() {
    AtomicBoolean broken = new AtomicBoolean(true);
    Scripted delivery =
        run(
            new Scripted(
                job ->
                    broken.get() && job.work().cause().equals("retried")
                        ? new DeliveryOutcome.Retry("no")
                        : DeliveryOutcome.done()));
    move(Duration.ofDays(2));
    add("lane", "retried");
    add(new Work("kind", "lane", clock.instant().plusSeconds(600), new byte[0], "in ten minutes"));
    await().until(() -> failures.size() == 1);
    broken.set(false);
    move(Duration.ofDays(-2));
    dispatcher.correctDueTimes();
    await().until(() -> depth() == 1);
    assertThat(delivery.attempts.getLast().work().cause()).isEqualTo("retried");
    move(Duration.ofSeconds(599));
    assertThat(depth()).isEqualTo(1);
    move(Duration.ofSeconds(1));
    awaitEmpty();
    assertThat(delivery.attempts.getLast().work().cause()).isEqualTo("in ten minutes");
  }

  @Test
  void dueTimesThatTheKindAllowsAreKept() {
    Scripted delivery =
        run(
            new Scripted(_ -> DeliveryOutcome.done()) {
              @Override
              public Duration longestWait() {
                return Duration.ofDays(2);
              }
            });
    Instant due = clock.instant().plus(Duration.ofDays(2));
    add(new Work("kind", "lane", due, new byte[0], "an expiry"));
    dispatcher.correctDueTimes();
    assertThat(dispatcher.report().lanes("", "", 1).getFirst().next()).contains(due);
    assertThat(delivery.attempts).isEmpty();
  }
}
