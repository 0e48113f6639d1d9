package io.carillon.store;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Detects that the clock was set back, by comparing it with the monotonic clock, and then corrects
/// all time stamps written while it was ahead. The corrections run at every start as well, since
/// the clock may have been set back while the server was down.
public final class ClockStepDetector {
  private static final Logger LOG = LoggerFactory.getLogger(ClockStepDetector.class);

  /// Network time synchronization sets clocks back by less.
  private static final Duration TOLERANCE = Duration.ofSeconds(2);

  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final List<Runnable> corrections;
  private @Nullable Instant expected;
  private long checkedNanos;

  /// @param nanoTime as [System#nanoTime]
  /// @param corrections each run at a start and after the clock was set back
  public ClockStepDetector(InstantSource clock, LongSupplier nanoTime, List<Runnable> corrections) {
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.corrections = List.copyOf(corrections);
  }

  /// Called periodically, by one thread.
  public void check() {
    Instant now = clock.instant();
    long nanos = nanoTime.getAsLong();
    Instant last = expected;
    Instant then = last == null ? null : last.plusNanos(nanos - checkedNanos);
    boolean setBack = then != null && now.isBefore(then.minus(TOLERANCE));
    if (setBack) {
      LOG.warn("The clock was set back by {}", Duration.between(now, then));
    }
    if (last == null || setBack) {
      corrections.forEach(Runnable::run);
    }
    // Stored last: if a correction fails, the next check runs it again.
    expected = now;
    checkedNanos = nanos;
  }
}
