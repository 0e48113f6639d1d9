package io.carillon.lambda.runtime;

import java.time.Duration;
import java.util.List;

/// Decides when a function gets another environment while invocations wait in its line. It is a
/// function of numbers only: the pool measures them.
///
/// A start takes a processor for as long as the interpreter and the function's imports take, in
/// which a warm environment may do hundreds of invocations. Another environment is worth it in
/// three cases:
///
/// 1. *The line would take longer than a start.* Its expected wait is its length divided by the
///    rate of the environments. One that has worked on its invocation for longer than invocations
///    usually take is no faster than that: so a handler that blocks gets environments beside it
///    within a start's time, as AWS gives one to each concurrent invocation.
/// 2. *The estimate was wrong.* Since the last start, an invocation has waited for longer than a
///    start already.
/// 3. *The line never empties*, however short: more work waits than the pool sees. What has gone on
///    for a time is likely to go on for as long. One environment more than `n` saves the part
///    `1/(n+1)` of it, which has to exceed a start. While there are fewer environments than
///    processors, half a start is enough, as one that computes has a processor of its own.
///
/// Invocations for which environments are starting already are no part of the line. Starts at the
/// same time are as many as there are processors: more would only delay one another.
///
/// @param processors of this machine
record StartPolicy(int processors) {

  /// The expected start of a runtime of which nothing is known yet.
  static final Duration UNKNOWN_START = Duration.ofMillis(200);

  /// A start that takes longer than this waits for something else than a processor: it must not
  /// keep other functions from starting.
  static final Duration COMPUTING = Duration.ofSeconds(2);

  /// The state of one function.
  ///
  /// @param waiting how many invocations wait
  /// @param starting how many environments are starting; they take the first of those
  /// @param waitedNanos how long the first of the others has waited since the last start ended
  /// @param lineNanos for how long the line has not been empty since the last start ended
  /// @param busyNanos for each working environment, how long it has worked on its invocation
  /// @param durationNanos how long invocations have taken recently; 0 before the first has ended
  /// @param startNanos how long starts have taken recently
  record Load(
      int waiting,
      int starting,
      long waitedNanos,
      long lineNanos,
      List<Long> busyNanos,
      long durationNanos,
      long startNanos) {}

  /// Whether another environment is worth its start.
  boolean isWorthwhile(Load load) {
    int uncovered = load.waiting() - load.starting();
    int environments = load.busyNanos().size() + load.starting();
    if (uncovered <= 0) {
      return false;
    }
    if (environments == 0) {
      return true;
    }
    boolean nothingKnown = load.durationNanos() == 0 && load.busyNanos().isEmpty();
    if (nothingKnown) {
      return false;
    }
    return uncovered > load.startNanos() * rate(load)
        || load.waitedNanos() > load.startNanos()
        || load.lineNanos() > patience(environments) * load.startNanos();
  }

  /// For how many starts' time a line may go on.
  private double patience(int environments) {
    return environments < processors ? 0.5 : environments + 1;
  }

  /// Invocations per nanosecond of all environments.
  private static double rate(Load load) {
    long usual = load.durationNanos();
    if (usual == 0) { // none has ended: each takes at least as long as the longest has taken so far
      usual = load.busyNanos().stream().mapToLong(Long::longValue).max().orElse(1);
    }
    double duration = Math.max(usual, 1);
    return load.starting() / duration
        + load.busyNanos().stream().mapToDouble(busy -> 1 / Math.max(duration, busy)).sum();
  }

  /// Whether a processor is left for another start.
  ///
  /// @param startingNanos for each environment of the server that is starting, for how long
  boolean hasProcessor(List<Long> startingNanos) {
    long computing = startingNanos.stream().filter(taken -> taken < COMPUTING.toNanos()).count();
    return computing < processors;
  }
}
