package io.carillon.trace;

import io.carillon.store.Tx;
import java.util.Map;
import java.util.function.Consumer;

/// Records the history of an event for users: which rules matched, which functions ran, who
/// received messages. A step belongs to a cause, the id carried by all work that one event leads
/// to.
public interface Trace {

  /// Adds a step in `tx`.
  ///
  /// @param cause the event's id from [#begin], or a whole [Cause], of which only the id counts
  /// @param step what happened
  /// @param details short named values, such as `function`, `error`, `protocol`, `endpoint`
  default void note(Tx tx, String cause, Step step, Map<String, String> details) {
    plan(cause, step, details).accept(tx);
  }

  /// As [#note], in a later transaction: what takes time is done now.
  Consumer<Tx> plan(String cause, Step step, Map<String, String> details);

  /// A new cause.
  String begin();

  enum Step {
    UPLOADED,
    /// An event bus accepted the event, and a rule matches it.
    ACCEPTED,
    MATCHED,
    INVOKED,
    RETURNED,
    FAILED,
    PUBLISHED,
    DELIVERED,
    RETRYING,
    /// The job became a dead letter. Stored under this name.
    BURIED,
    DAMAGED
  }
}
