package io.carillon.policy;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One statement, compiled.
///
/// @param name its Sid, or its place in the document counted from one
/// @param allows Allow or Deny
/// @param principals null in identity policies, which speak for whoever they are attached to
/// @param actions patterns in lower case; with `notActions`, all others are meant
/// @param resources patterns; none in trust policies, which speak of their role
record Statement(
    String name,
    boolean allows,
    @Nullable Principals principals,
    boolean notActions,
    List<Glob> actions,
    boolean notResources,
    List<Template> resources,
    List<Condition> conditions) {

  /// Whether it speaks of the question's action and resource, and its conditions hold. Who asks is
  /// another matter.
  boolean appliesTo(AuthorizationRequest question) {
    return coversAction(question.action())
        && coversResource(question)
        && conditionsHold(question.context());
  }

  Statement withPrincipals(Map<String, String> names) {
    return principals == null
        ? this
        : new Statement(
            name,
            allows,
            principals.renamed(names),
            notActions,
            actions,
            notResources,
            resources,
            conditions);
  }

  private boolean coversAction(String action) {
    for (Glob pattern : actions) {
      if (pattern.matches(action)) {
        return !notActions;
      }
    }
    return notActions;
  }

  private boolean coversResource(AuthorizationRequest question) {
    if (resources.isEmpty()) {
      return true;
    }
    boolean unknown = false;
    for (Template template : resources) {
      Glob pattern = template.glob(question.context());
      if (pattern == null) {
        unknown = true;
      } else if (pattern.matches(question.resource())) {
        return !notResources;
      }
    }
    // "All but what a variable without a value stands for" is nothing to allow, but all to deny.
    return notResources && !(unknown && allows);
  }

  private boolean conditionsHold(Context context) {
    for (Condition condition : conditions) {
      if (!condition.holds(context)) {
        return false;
      }
    }
    return true;
  }
}
