package io.carillon.lambda.runtime;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The pools of all versions of functions that have environments or invocations that wait. Guarded
/// by the lock of [Environments].
final class Pools {
  private final Map<Pool.Key, Pool> pools = new HashMap<>();

  /// The pool of a function, a new one if there is none.
  Pool of(FunctionSpec function) {
    return pools.computeIfAbsent(Pool.Key.of(function), _ -> new Pool(function));
  }

  /// The pool of an environment, null if it has been forgotten.
  @Nullable Pool find(Environment environment) {
    return pools.get(Pool.Key.of(environment.function()));
  }

  List<Pool> all() {
    return List.copyOf(pools.values());
  }

  /// Forgets a pool without environments and invocations.
  void removeIfUnused(@Nullable Pool pool) {
    if (pool != null && !pool.hasLine() && !pool.hasEnvironments()) {
      pools.remove(pool.key(), pool);
    }
  }

  Stream<Environment> idle() {
    return pools.values().stream().flatMap(pool -> pool.idle().stream());
  }

  List<Environment> idleLongestFirst() {
    return idle().sorted(Comparator.comparing(Environment::idleSince)).toList();
  }

  boolean haveLines() {
    return pools.values().stream().anyMatch(Pool::hasLine);
  }

  /// Those with invocations for which no environment is starting, the one first whose invocation
  /// has waited longest.
  List<Pool> uncovered() {
    return pools.values().stream()
        .filter(pool -> pool.uncovered() > 0)
        .sorted(Comparator.comparingLong(Pool::uncoveredSince))
        .toList();
  }

  /// For each environment that is starting, for how long.
  List<Long> startingNanos(long now) {
    return pools.values().stream().flatMap(pool -> pool.startingNanos(now).stream()).toList();
  }

  /// How many events wait.
  int waitingEvents() {
    return pools.values().stream().mapToInt(pool -> pool.waiting(Patience.EVENT)).sum();
  }

  /// Removes the invocations that have waited as long as they may.
  List<Assignment> takeExpired(long now) {
    List<Assignment> expired = new ArrayList<>();
    for (Pool pool : all()) {
      expired.addAll(pool.takeExpired(now));
      removeIfUnused(pool);
    }
    return expired;
  }

  /// Removes all invocations that wait.
  List<Assignment> takeLines() {
    return all().stream().flatMap(pool -> pool.takeFirst(Integer.MAX_VALUE).stream()).toList();
  }
}
