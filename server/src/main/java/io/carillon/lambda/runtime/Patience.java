package io.carillon.lambda.runtime;

import java.time.Duration;

/// How long an invocation may wait for room for an environment. The time counts for nothing else:
/// the function's timeout runs from the start of the invocation.
enum Patience {
  /// A synchronous caller waits: less than clients wait for a response, since they would invoke
  /// again.
  CALLER(Duration.ofSeconds(10)),

  /// Nobody waits for an event; but the outbox limits the time of an attempt.
  EVENT(Duration.ofMinutes(1));

  private final Duration limit;

  Patience(Duration limit) {
    this.limit = limit;
  }

  boolean isOver(long waitedNanos) {
    return waitedNanos >= limit.toNanos();
  }
}
