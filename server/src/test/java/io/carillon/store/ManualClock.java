package io.carillon.store;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/// A clock that only a test moves.
public final class ManualClock implements InstantSource {
  private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");

  @Override
  public Instant instant() {
    return now;
  }

  public void move(Duration by) {
    now = now.plus(by);
  }

  public void set(Instant instant) {
    now = instant;
  }
}
