package io.carillon.keys;

import org.jspecify.annotations.Nullable;

/// A file of keys is not what it was; the message says which and what to do, for the operator.
public final class DamagedKeyException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  public DamagedKeyException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
