package io.carillon.cli;

/// A command cannot continue; the message says what to do.
public final class CommandFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CommandFailure(String message) {
    super(message);
  }
}
