package io.carillon.trace;

import io.carillon.store.Tx;
import java.util.Map;

/// Writes the life of an event down, for people: what matched, what ran, what reached whom. A step
/// belongs to a cause, the id that travels with all work that one event leads to.
public interface Trace {

  /// Adds a step in `tx`.
  ///
  /// @param cause the event's id, as [#begin] gave it, or a whole [Cause]; only the id counts
  /// @param step what happened, in the words of [Step]
  /// @param details small named facts, such as `function`, `error`, `protocol`, `endpoint`
  void note(Tx tx, String cause, Step step, Map<String, String> details);

  /// A new cause.
  String begin();

  enum Step {
    UPLOADED,
    MATCHED,
    INVOKED,
    RETURNED,
    FAILED,
    PUBLISHED,
    DELIVERED,
    RETRYING,
    BURIED,
    DAMAGED
  }
}
