package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClockStepDetectorTest {
  private final ManualClock clock = new ManualClock();
  private long nanos;
  private int corrections;
  private boolean broken;
  private final ClockStepDetector detector =
      new ClockStepDetector(
          clock,
          () -> nanos,
          List.of(
              () -> {
                if (broken) {
                  throw new IllegalStateException("the store is read-only");
                }
                corrections++;
              }));

  private void pass(Duration time, Duration onTheClock) {
    nanos += time.toNanos();
    clock.move(onTheClock);
    detector.check();
  }

  @Test
  void correctionsRunAtTheStartAndWhenTheClockIsSetBack() {
    detector.check();
    assertThat(corrections).as("at the start").isEqualTo(1);
    pass(Duration.ofSeconds(10), Duration.ofSeconds(10));
    pass(Duration.ofSeconds(10), Duration.ofMillis(9_500));
    pass(Duration.ofSeconds(10), Duration.ofDays(2));
    assertThat(corrections).as("disciplined, or set forward").isEqualTo(1);
    pass(Duration.ofSeconds(10), Duration.ofDays(-2));
    assertThat(corrections).as("set back").isEqualTo(2);
    pass(Duration.ofSeconds(10), Duration.ofSeconds(10));
    assertThat(corrections).as("once").isEqualTo(2);
    pass(Duration.ofMinutes(1), Duration.ofSeconds(5));
    assertThat(corrections).as("set back by less than has passed").isEqualTo(3);
  }

  @Test
  void aFailedCorrectionIsRunAgain() {
    detector.check();
    broken = true;
    assertThatThrownBy(() -> pass(Duration.ofSeconds(10), Duration.ofDays(-2)))
        .hasMessage("the store is read-only");
    broken = false;
    pass(Duration.ofSeconds(10), Duration.ofSeconds(10));
    assertThat(corrections).isEqualTo(2);
  }
}
