package io.carillon.iam;

/// A folder or file of managed policies cannot be used. The message has its name and what to do.
public final class UnusableManagedPolicyException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UnusableManagedPolicyException(String message) {
    super(message);
  }
}
