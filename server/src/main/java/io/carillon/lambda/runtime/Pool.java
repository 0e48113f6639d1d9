package io.carillon.lambda.runtime;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The environments of one version of a function, and the line of invocations that wait for one.
/// Guarded by the lock of [Environments].
final class Pool {
  private static final long NEVER = Long.MIN_VALUE;

  private final Deque<Environment> idle = new ArrayDeque<>();
  private final Deque<Assignment> line = new ArrayDeque<>();
  private final Map<Environment, Long> starting = new HashMap<>();
  private final Map<Environment, Long> busy = new HashMap<>();
  private final RecentTime durations = new RecentTime();
  private FunctionSpec function;
  private long lineSinceNanos;
  private long lastStartedNanos = NEVER;
  private boolean lacksRoom;

  /// A version of a function.
  record Key(String arn, String version) {
    static Key of(FunctionSpec function) {
      return new Key(function.arn(), function.version());
    }
  }

  Pool(FunctionSpec function) {
    this.function = function;
  }

  Key key() {
    return Key.of(function);
  }

  /// The newest revision: new environments run it.
  FunctionSpec function() {
    return function;
  }

  void setFunction(FunctionSpec newest) {
    function = newest;
  }

  boolean isNewest(Environment environment) {
    return environment.function().revision().equals(function.revision());
  }

  /// The idle environments, the most recently used first.
  Deque<Environment> idle() {
    return idle;
  }

  void enqueue(Assignment work, long now) {
    if (line.isEmpty()) {
      lineSinceNanos = now;
    }
    line.addLast(work);
  }

  @Nullable Assignment takeFirst() {
    return line.pollFirst();
  }

  void putBack(Assignment first) {
    line.addFirst(first);
  }

  boolean withdraw(Assignment work) {
    return line.remove(work);
  }

  List<Assignment> takeFirst(int most) {
    List<Assignment> first = line.stream().limit(most).toList();
    line.removeAll(first);
    return first;
  }

  boolean hasLine() {
    return !line.isEmpty();
  }

  /// How many invocations with this patience wait.
  int waiting(Patience patience) {
    return (int) line.stream().filter(work -> work.patience() == patience).count();
  }

  /// Removes the invocations that have waited as long as they may, except those for which
  /// environments are starting.
  List<Assignment> takeExpired(long now) {
    List<Assignment> expired =
        line.stream()
            .skip(starting.size())
            .filter(work -> work.patience().isOver(work.waitedNanos(now)))
            .toList();
    line.removeAll(expired);
    return expired;
  }

  void beginsToStart(Environment environment, long now) {
    starting.put(environment, now);
  }

  /// Returns how long it took, -1 if it was not starting.
  long hasStarted(Environment environment, long now) {
    Long since = starting.remove(environment);
    if (since == null) {
      return -1;
    }
    lastStartedNanos = now;
    return now - since;
  }

  void beginsToWork(Environment environment, long now) {
    busy.put(environment, now);
  }

  void hasWorked(Environment environment, long now) {
    Long since = busy.remove(environment);
    if (since != null) {
      durations.add(now - since);
    }
  }

  /// The environment is gone.
  void remove(Environment environment, long now) {
    idle.remove(environment);
    starting.remove(environment);
    hasWorked(environment, now);
  }

  /// Whether it has any that are not ending.
  boolean hasEnvironments() {
    return !idle.isEmpty() || !starting.isEmpty() || !busy.isEmpty();
  }

  int memoryMb() {
    return (idle.size() + starting.size() + busy.size()) * function.memoryMb();
  }

  List<Long> startingNanos(long now) {
    return nanosSince(starting.values(), now);
  }

  private static List<Long> nanosSince(Iterable<Long> times, long now) {
    List<Long> nanos = new ArrayList<>();
    times.forEach(time -> nanos.add(now - time));
    return nanos;
  }

  /// How many invocations wait for which no environment is starting.
  int uncovered() {
    return Math.max(0, line.size() - starting.size());
  }

  /// When the first invocation began for which no environment is starting.
  long uncoveredSince() {
    Iterator<Assignment> all = line.iterator();
    for (int i = 0; i < starting.size(); i++) {
      all.next();
    }
    return all.next().begunNanos();
  }

  StartPolicy.Load load(long now, long expectedStartNanos) {
    return new StartPolicy.Load(
        line.size(),
        starting.size(),
        uncovered() == 0 ? 0 : sinceLastStart(now, uncoveredSince()),
        sinceLastStart(now, lineSinceNanos),
        nanosSince(busy.values(), now),
        durations.nanos(),
        expectedStartNanos);
  }

  /// How long ago `time` was, or an environment has started since.
  private long sinceLastStart(long now, long time) {
    return now - (lastStartedNanos == NEVER ? time : Math.max(time, lastStartedNanos));
  }

  /// Whether it lacks room, has waited longer than `next` and would have no more memory than
  /// `holder`, to which `environment` and `next` belong.
  boolean mayTakeFrom(Pool holder, Environment environment, Assignment next) {
    Assignment first = line.peekFirst();
    return this != holder
        && lacksRoom
        && first != null
        && first.begunNanos() < next.begunNanos()
        && memoryMb() + function.memoryMb()
            <= holder.memoryMb() + environment.function().memoryMb();
  }

  /// @param lacks whether it should have another environment, and the limits have no room for it
  void setLacksRoom(boolean lacks) {
    lacksRoom = lacks;
  }
}
