package io.carillon;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Notices that the clock was set back, by comparing it with one that nobody sets, and has
/// everything put right that was stamped while it was ahead. At a start nobody knows what the clock
/// did before, so it is done then as well.
final class ClockStepDetector {
  private static final Logger LOG = LoggerFactory.getLogger(ClockStepDetector.class);

  /// Clocks that are disciplined over the network go back by less.
  private static final Duration SLIGHT = Duration.ofSeconds(2);

  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final List<Runnable> corrections;
  private @Nullable Instant expected;
  private long looked;

  /// @param nanoTime as [System#nanoTime]
  /// @param corrections each run at a start and after the clock was set back
  ClockStepDetector(InstantSource clock, LongSupplier nanoTime, List<Runnable> corrections) {
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.corrections = List.copyOf(corrections);
  }

  /// Run now and then, by one thread.
  void look() {
    Instant now = clock.instant();
    long nanos = nanoTime.getAsLong();
    Instant last = expected;
    Instant then = last == null ? null : last.plusNanos(nanos - looked);
    boolean isBack = then != null && now.isBefore(then.minus(SLIGHT));
    if (isBack) {
      LOG.warn("The clock was set back by {}", Duration.between(now, then));
    }
    if (last == null || isBack) {
      corrections.forEach(Runnable::run);
    }
    // Noted last: where a correction fails, the next look tries again.
    expected = now;
    looked = nanos;
  }
}
