package io.carillon.sns;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Holds each subscription to its average of deliveries a second. Only in memory: after a restart
/// everyone may go at once.
final class Pace {
  private static final int KEPT = 10_000;

  private final Map<String, Instant> nextTurns =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Instant> eldest) {
          return size() > KEPT;
        }
      };

  /// Takes a turn, or says how long to wait for one.
  ///
  /// @param perSecond zero for no limit
  synchronized Optional<Duration> takeTurn(String key, int perSecond, Instant now) {
    if (perSecond == 0) {
      return Optional.empty();
    }
    Instant next = nextTurns.getOrDefault(key, now);
    if (next.isAfter(now)) {
      return Optional.of(Duration.between(now, next));
    }
    nextTurns.put(key, now.plusNanos(1_000_000_000L / perSecond));
    return Optional.empty();
  }
}
