package io.carillon.lambda.runtime;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/// How long environments have recently taken to start: by function, and for a function that has not
/// started yet by runtime. Guarded by its owner.
final class StartTimes {
  private static final int MAX_FUNCTIONS = 1_000;

  private final Map<String, RecentTime> byRuntime = new HashMap<>();
  private final Map<Pool.Key, RecentTime> byFunction =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Pool.Key, RecentTime> eldest) {
          return size() > MAX_FUNCTIONS;
        }
      };

  void add(FunctionSpec function, long nanos) {
    byFunction.computeIfAbsent(Pool.Key.of(function), _ -> new RecentTime()).add(nanos);
    byRuntime.computeIfAbsent(function.runtime(), _ -> new RecentTime()).add(nanos);
  }

  /// How long the next start of the function is expected to take.
  long expectedNanos(FunctionSpec function) {
    RecentTime own = byFunction.get(Pool.Key.of(function));
    RecentTime known = own == null ? byRuntime.get(function.runtime()) : own;
    return known == null ? StartPolicy.UNKNOWN_START.toNanos() : known.nanos();
  }
}
