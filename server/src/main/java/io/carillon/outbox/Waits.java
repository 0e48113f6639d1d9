package io.carillon.outbox;

import java.time.Duration;
import java.util.random.RandomGenerator;

/// How long waits really are.
///
/// @param scale multiplies every wait and age
record Waits(double scale, RandomGenerator random) {
  private static final double JITTER = 0.1;

  Duration scaled(Duration wait) {
    return multiplied(wait, scale);
  }

  /// As above and up to a tenth longer, so that jobs that fail together are not retried together.
  Duration withJitter(Duration wait) {
    return multiplied(wait, scale * (1 + JITTER * random.nextDouble()));
  }

  private static Duration multiplied(Duration wait, double factor) {
    return factor == 1 ? wait : Duration.ofNanos(Math.round(wait.toNanos() * factor));
  }
}
