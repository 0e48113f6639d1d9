package io.carillon.toy;

import io.carillon.sns.SnsService;

/// Breaks a rule, for the test of that rule.
public final class ImportsAnotherService {
  private ImportsAnotherService() {}

  public static Class<?> other() {
    return SnsService.class;
  }
}
