package io.carillon.keys;

import org.jspecify.annotations.Nullable;

/// A key file is damaged. The message tells the operator which one, and what to do.
public final class DamagedKeyException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  public DamagedKeyException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
