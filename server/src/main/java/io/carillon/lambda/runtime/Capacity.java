package io.carillon.lambda.runtime;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/// All environments against the limits of their number and their memory. Guarded by the lock of
/// [Environments].
final class Capacity {
  private final RuntimeSettings settings;

  /// Changed under the lock, read by requests without it.
  private final Set<Environment> live = ConcurrentHashMap.newKeySet();

  private int memoryMb;

  Capacity(RuntimeSettings settings) {
    this.settings = settings;
  }

  Set<Environment> live() {
    return live;
  }

  int memoryMb() {
    return memoryMb;
  }

  void add(Environment environment) {
    live.add(environment);
    memoryMb += environment.function().memoryMb();
  }

  boolean remove(Environment environment) {
    boolean removed = live.remove(environment);
    if (removed) {
      memoryMb -= environment.function().memoryMb();
    }
    return removed;
  }

  /// Whether an environment of this size has room if these others end.
  boolean hasRoom(int neededMb, Collection<Environment> ended) {
    long configured =
        memoryMb - ended.stream().mapToLong(environment -> environment.function().memoryMb()).sum();
    long temporary = (temporaryBytes(live.stream()) - temporaryBytes(ended.stream())) >> 20;
    return live.size() - ended.size() < settings.maxEnvironments()
        && configured + temporary + neededMb <= settings.maxMemoryMb();
  }

  private static long temporaryBytes(Stream<Environment> environments) {
    return environments.mapToLong(one -> one.usage().temporaryBytes()).sum();
  }

  /// Whether what all really hold exceeds the limit.
  boolean isExceeded() {
    long bytes = live.stream().mapToLong(one -> one.usage().bytes()).sum();
    return live.size() > 1 && bytes >> 20 >= settings.maxMemoryMb();
  }

  /// The environment with the largest non-empty `/tmp`.
  static Optional<Environment> fullest(Stream<Environment> environments) {
    return environments
        .filter(environment -> environment.usage().temporaryBytes() > 0)
        .max(Comparator.comparingLong(environment -> environment.usage().temporaryBytes()));
  }

  EnvironmentFailure temporaryLimitExceeded(Environment environment) {
    return new EnvironmentFailure.ProcessFailed(
        "Runtime.ExitError",
        ("Runtime exited with error: signal: killed (its /tmp held %d MB while all functions held"
                + " more than the %d MB of --function-memory-mb)")
            .formatted(environment.usage().temporaryBytes() >> 20, settings.maxMemoryMb()));
  }
}
