package io.carillon.sns;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Holds each subscription to its average of deliveries a second. Only in memory: after a restart
/// everyone may go at once.
final class DeliveryRateLimiter {
  private static final int CACHED = 10_000;

  /// @param next before which nobody goes
  /// @param promised the last turn that somebody was told to come back for
  private record Turns(Instant next, Instant promised) {}

  private final Map<String, Turns> turns =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Turns> eldest) {
          return size() > CACHED;
        }
      };

  /// Takes a turn, or says how long to wait for one. Those who wait are told to come back one after
  /// another, or all of them would be tried at every turn.
  ///
  /// @param perSecond zero for no limit
  synchronized Optional<Duration> takeTurn(String key, int perSecond, Instant now) {
    if (perSecond == 0) {
      return Optional.empty();
    }
    Duration between = Duration.ofNanos(1_000_000_000L / perSecond);
    Turns known = turns.getOrDefault(key, new Turns(now, now));
    if (known.next.isAfter(now.plus(between))) {
      known = new Turns(now, now); // the clock was set back
    }
    if (!known.next.isAfter(now)) {
      // Turns lie on a grid, so that who comes back for a turn finds it free though the one before
      // came a little late.
      Instant late = now.minus(between);
      Instant taken = known.next.isBefore(late) ? now : known.next;
      turns.put(key, new Turns(taken.plus(between), known.promised));
      return Optional.empty();
    }
    Instant last = known.promised.plus(between);
    Instant turn = last.isAfter(known.next) ? last : known.next;
    turns.put(key, new Turns(known.next, turn));
    return Optional.of(Duration.between(now, turn));
  }
}
