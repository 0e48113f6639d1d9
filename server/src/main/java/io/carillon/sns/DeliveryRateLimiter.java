package io.carillon.sns;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Limits each subscription to an average number of deliveries per second. The state is in memory
/// only, so a restart resets it.
final class DeliveryRateLimiter {
  private static final int CACHED = 10_000;

  /// @param next the earliest time of the next delivery
  /// @param promised the latest slot that was given to a waiting delivery
  private record Turns(Instant next, Instant promised) {}

  private final Map<String, Turns> turns =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Turns> eldest) {
          return size() > CACHED;
        }
      };

  /// Takes the current slot, or returns how long to wait for one. Waiting deliveries get successive
  /// slots; otherwise all of them would be tried at every slot.
  ///
  /// @param perSecond zero for no limit
  synchronized Optional<Duration> acquire(String key, int perSecond, Instant now) {
    if (perSecond == 0) {
      return Optional.empty();
    }
    Duration between = Duration.ofNanos(1_000_000_000L / perSecond);
    Turns known = turns.getOrDefault(key, new Turns(now, now));
    if (known.next.isAfter(now.plus(between))) {
      known = new Turns(now, now); // the clock was set back
    }
    if (!known.next.isAfter(now)) {
      // Slots lie on a grid, so a delivery that returns for its slot finds it free even if the one
      // before came a little late.
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
