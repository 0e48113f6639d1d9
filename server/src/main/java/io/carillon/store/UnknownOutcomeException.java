package io.carillon.store;

import org.jspecify.annotations.Nullable;

/// Thrown by an engine that cannot tell whether a change was committed; [Database] says what that
/// means and what callers do.
public final class UnknownOutcomeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /// @param why what the engine found
  public UnknownOutcomeException(String why, @Nullable Throwable cause) {
    super("Whether the change was committed is unknown: " + why, cause);
  }
}
