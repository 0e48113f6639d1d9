package io.carillon.outbox;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// When to retry, as data: phases of retries, one after another.
///
/// @param phases the retries after the first attempt
/// @param maxAge the age from which on nothing is attempted, retries left or not
/// @param postponed the waits of a postponed job: exponential from the first to the second
public record RetryPolicy(List<Phase> phases, Duration maxAge, Postponing postponed) {

  /// `retries` retries whose waits grow from `min` to `max` by `curve`.
  public record Phase(int retries, Duration min, Duration max, Curve curve) {
    public static Phase of(int retries, Duration wait) {
      return new Phase(retries, wait, wait, Curve.LINEAR);
    }
  }

  public record Postponing(Duration min, Duration max) {}

  /// How waits grow within a phase; SNS's four back-off functions.
  public enum Curve {
    LINEAR,
    ARITHMETIC,
    GEOMETRIC,
    EXPONENTIAL
  }

  private static final Postponing USUAL =
      new Postponing(Duration.ofSeconds(1), Duration.ofMinutes(5));

  /// Asynchronous invocation: two retries after a function error, one and two minutes later;
  /// throttles and system errors are retried for up to six hours. Source:
  /// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
  public static final RetryPolicy ASYNC_INVOCATION =
      new RetryPolicy(
          List.of(Phase.of(1, Duration.ofMinutes(1)), Phase.of(1, Duration.ofMinutes(2))),
          Duration.ofHours(6),
          USUAL);

  /// SNS to Lambda and SQS: 100,015 attempts over 23 days. Source:
  /// https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
  public static final RetryPolicy SNS_MANAGED =
      new RetryPolicy(
          List.of(
              Phase.of(3, Duration.ZERO),
              Phase.of(2, Duration.ofSeconds(1)),
              new Phase(10, Duration.ofSeconds(1), Duration.ofSeconds(20), Curve.EXPONENTIAL),
              Phase.of(100_000, Duration.ofSeconds(20))),
          Duration.ofDays(24),
          USUAL);

  /// SNS to e-mail and SMS: 50 attempts over 6 hours. Source: as above.
  public static final RetryPolicy SNS_PEOPLE =
      new RetryPolicy(
          List.of(
              Phase.of(2, Duration.ofSeconds(10)),
              new Phase(10, Duration.ofSeconds(10), Duration.ofSeconds(600), Curve.EXPONENTIAL),
              Phase.of(38, Duration.ofSeconds(600))),
          Duration.ofHours(24),
          USUAL);

  /// SNS to HTTP(S) where no delivery policy says otherwise: three retries, 20 seconds apart.
  public static final RetryPolicy SNS_HTTP =
      new RetryPolicy(List.of(Phase.of(3, Duration.ofSeconds(20))), Duration.ofHours(24), USUAL);

  /// How many attempts there are in all, the first included.
  public int maxAttempts() {
    return 1 + phases.stream().mapToInt(Phase::retries).sum();
  }

  /// The wait before the next attempt after `attempts` have failed; empty when they are used up.
  public Optional<Duration> waitAfter(int attempts) {
    int index = attempts - 1;
    for (Phase phase : phases) {
      if (index < phase.retries()) {
        return Optional.of(wait(phase, index));
      }
      index -= phase.retries();
    }
    return Optional.empty();
  }

  /// The wait after `times` postponements.
  public Duration waitAfterPostponing(int times) {
    long factor = 1L << Math.min(times, 20);
    Duration wait = postponed.min().multipliedBy(factor);
    return wait.compareTo(postponed.max()) > 0 ? postponed.max() : wait;
  }

  private static Duration wait(Phase phase, int index) {
    if (phase.retries() == 1) {
      return phase.min();
    }
    double along = (double) index / (phase.retries() - 1);
    double min = phase.min().toMillis();
    double max = phase.max().toMillis();
    double shape =
        switch (phase.curve()) {
          case LINEAR -> along;
          case ARITHMETIC -> along * (index + 1) / phase.retries();
          case GEOMETRIC -> along * along;
          case EXPONENTIAL -> (Math.pow(2, index) - 1) / (Math.pow(2, phase.retries() - 1) - 1);
        };
    return Duration.ofMillis(Math.round(min + (max - min) * shape));
  }
}
