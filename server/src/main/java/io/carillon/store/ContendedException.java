package io.carillon.store;

/// Thrown by an engine that ran a change again and again because others conflicted with it, and
/// gave up. The change was undone: it may be repeated later.
public final class ContendedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /// @param runs how often the change ran
  public ContendedException(int runs) {
    super("The change was undone %d times, as others changed the same rows".formatted(runs));
  }
}
