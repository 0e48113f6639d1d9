package io.carillon.store;

import org.jspecify.annotations.Nullable;

/// A store that cannot be opened; the message says why and what to do, for the operator.
public final class UnusableStoreException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  UnusableStoreException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
