package io.carillon.trace;

/// The cause carried by all work that one event leads to: the event's id and the chain of functions
/// behind it. An upload by a function begins a new event with its own id, but continues the chain.
///
/// @param id from [Trace#begin]; the trace is stored by it
/// @param chain opaque except to its writer (Lambda, to detect loops); empty at the start
public record Cause(String id, String chain) {
  private static final char MARK = '~';

  /// Parses the form that [#toString] writes.
  public static Cause of(String text) {
    int mark = text.indexOf(MARK);
    return mark < 0
        ? new Cause(text, "")
        : new Cause(text.substring(0, mark), text.substring(mark + 1));
  }

  /// Another event of the same chain.
  public Cause leadingTo(String otherId) {
    return new Cause(otherId, chain);
  }

  public Cause withChain(String other) {
    return new Cause(id, other);
  }

  @Override
  public String toString() {
    return chain.isEmpty() ? id : id + MARK + chain;
  }
}
