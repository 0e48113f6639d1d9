package io.carillon.events;

import io.carillon.outbox.RetryPolicy;
import io.carillon.outbox.RetryPolicy.Phase;
import io.carillon.outbox.RetryPolicy.Postponing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How long EventBridge retries: by default for 24 hours and up to 185 times, with exponential
/// back-off.
///
/// Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html. The
/// waits are not published; these reach 24 hours with 185 retries.
final class TargetRetries {
  static final int MAX_RETRIES = 185;
  static final int MIN_AGE_SECONDS = 60;
  static final int MAX_AGE_SECONDS = 86_400;

  private static final int DOUBLING = 9;
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(8);

  private TargetRetries() {}

  static RetryPolicy policy(@Nullable Integer retries, @Nullable Integer maxAgeSeconds) {
    int left = retries == null ? MAX_RETRIES : retries;
    List<Phase> phases = new ArrayList<>();
    for (int i = 0; i < DOUBLING && left > 0; i++, left--) {
      phases.add(Phase.of(1, Duration.ofSeconds(1L << i)));
    }
    if (left > 0) {
      phases.add(Phase.of(left, LONGEST_WAIT));
    }
    return new RetryPolicy(
        phases,
        Duration.ofSeconds(maxAgeSeconds == null ? MAX_AGE_SECONDS : maxAgeSeconds),
        new Postponing(Duration.ofSeconds(1), LONGEST_WAIT));
  }
}
