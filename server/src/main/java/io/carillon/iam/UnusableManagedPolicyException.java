package io.carillon.iam;

/// A folder or file of managed policies that cannot be used. The message names it and says what to
/// do.
public final class UnusableManagedPolicyException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UnusableManagedPolicyException(String message) {
    super(message);
  }
}
