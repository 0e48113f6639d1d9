package io.carillon.sqs;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Validates the times in seconds of requests; empty if the queue's own applies.
final class Timeouts {
  private Timeouts() {}

  static Optional<Duration> delay(@Nullable Integer seconds) {
    return within("DelaySeconds", seconds, 900, "DelaySeconds must be >= 0 and <= 900.");
  }

  static Optional<Duration> receiveWait(@Nullable Integer seconds) {
    return within("WaitTimeSeconds", seconds, 20, "Must be >= 0 and <= 20, if provided.");
  }

  static Optional<Duration> visibility(@Nullable Integer seconds) {
    return within("VisibilityTimeout", seconds, 43_200, "Must be >= 0 and <= 43200, if provided.");
  }

  static Duration requireVisibility(@Nullable Integer seconds) {
    return visibility(seconds)
        .orElseThrow(
            () ->
                SqsError.MISSING_PARAMETER.because(
                    "The request must contain the parameter VisibilityTimeout."));
  }

  private static Optional<Duration> within(
      String name, @Nullable Integer seconds, int max, String reason) {
    if (seconds != null && (seconds < 0 || seconds > max)) {
      throw SqsError.INVALID_PARAMETER_VALUE.because(
          "Value " + seconds + " for parameter " + name + " is invalid. Reason: " + reason);
    }
    return Optional.ofNullable(seconds).map(Duration::ofSeconds);
  }
}
