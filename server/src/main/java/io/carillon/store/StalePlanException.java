package io.carillon.store;

/// Thrown by the application of a plan that no longer fits what it finds: the plan is made again in
/// the same transaction.
public final class StalePlanException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StalePlanException(String why) {
    super(why, null, false, false);
  }
}
