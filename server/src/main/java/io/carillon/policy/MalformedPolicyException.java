package io.carillon.policy;

/// A policy document that breaks the grammar. The message is AWS's where AWS has one, and says
/// where in the document the fault lies.
public final class MalformedPolicyException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MalformedPolicyException(String message, String where) {
    super(where.isEmpty() ? message : message + " (at " + where + ")", null, false, false);
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
