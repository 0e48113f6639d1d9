package io.carillon.outbox;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Which of the table's channels memory may lack, and when the table is read for them, page by
/// page; guarded by [Lanes].
final class TableReading {
  /// How many times more often than usual the table may be read for evicted channels.
  private static final int MAX_EXTRA_READINGS = 10;

  private final Duration every;

  /// The channel after which to read on; null at the end of the table.
  private @Nullable String position = "";

  /// When the first evicted channel is due.
  private Instant evictedDue = Lane.NEVER;

  private final Threads threads;
  private long lastNanos;

  TableReading(Duration every, Threads threads) {
    this.every = every;
    this.threads = threads;
    this.lastNanos = threads.nanoTime();
  }

  void restart() {
    position = "";
    evictedDue = Lane.NEVER;
    lastNanos = threads.nanoTime();
  }

  @Nullable String position() {
    return position;
  }

  void advance(@Nullable String last) {
    position = last;
  }

  void evicted(Instant due) {
    evictedDue = due.isBefore(evictedDue) ? due : evictedDue;
  }

  /// Whether memory has all channels of the table.
  boolean isComplete() {
    return position == null && evictedDue.equals(Lane.NEVER);
  }

  /// How long until the table is read again. While memory is full of waiting channels, a channel
  /// that is read would be evicted again: it is read when it is due, but not all the time.
  ///
  /// @param hasRoom whether memory has room for more channels
  long nanosUntilNext(Instant now, boolean hasRoom) {
    long since = threads.nanoTime() - lastNanos;
    long usual = every.toNanos() - since;
    if (evictedDue.equals(Lane.NEVER)) {
      return usual;
    }
    if (hasRoom) {
      return 0;
    }
    Duration untilDue = Duration.between(now, evictedDue);
    if (untilDue.compareTo(every) >= 0) {
      return usual;
    }
    long soonest = every.toNanos() / MAX_EXTRA_READINGS - since;
    return Math.min(usual, Math.max(untilDue.toNanos(), soonest));
  }
}
