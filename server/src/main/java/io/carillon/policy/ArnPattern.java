package io.carillon.policy;

import java.util.List;

/// The ARN of a condition. Its six parts are matched one by one: a `*` in one part does not extend
/// into the next. Text that is not an ARN matches nothing, except `*` alone, which matches
/// everything.
///
/// Source:
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
final class ArnPattern {
  private static final int PARTS = 6;

  private final List<Glob> parts;
  private final boolean matchesEverything;

  ArnPattern(Glob pattern) {
    this.parts = pattern.split(':', PARTS);
    this.matchesEverything = pattern.matchesEverything();
  }

  boolean matches(String subject) {
    if (matchesEverything) {
      return true;
    }
    if (parts.size() < PARTS) {
      return false;
    }
    int from = 0;
    for (int i = 0; i < PARTS - 1; i++) {
      int colon = subject.indexOf(':', from);
      if (colon < 0 || !parts.get(i).matches(subject.substring(from, colon))) {
        return false;
      }
      from = colon + 1;
    }
    return parts.getLast().matches(subject.substring(from));
  }
}
