package io.carillon.trace;

/// A cause as it travels with all work that one event leads to: the event's id and, behind it, the
/// chain of what has run on the way here. An upload by a function begins an event of its own, with
/// an id of its own, but continues the chain.
///
/// @param id as [Trace#begin] gave it; what steps are kept by
/// @param chain opaque to all but who writes it (Lambda, to find loops); empty at the beginning
public record Cause(String id, String chain) {
  private static final char MARK = '~';

  /// Reads what [#toString] wrote.
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
