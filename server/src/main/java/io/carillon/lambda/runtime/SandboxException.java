package io.carillon.lambda.runtime;

import java.io.IOException;

/// A function is not run, because it cannot be isolated here as required. The message says what to
/// do.
final class SandboxException extends IOException {
  private static final long serialVersionUID = 1;

  SandboxException(String message) {
    super(message);
  }
}
