package io.carillon.policy;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One statement, compiled.
///
/// @param name its Sid, or its position in the document, counted from one
/// @param allows Allow or Deny
/// @param principals null in identity policies, which apply to the identity they are attached to
/// @param actions patterns in lower case; with `notActions`, all other actions match
/// @param resources patterns; none in trust policies, which apply to their role
record Statement(
    String name,
    boolean allows,
    @Nullable Principals principals,
    boolean notActions,
    List<Glob> actions,
    boolean notResources,
    List<Template> resources,
    List<Condition> conditions) {

  /// Whether its actions, resources and conditions match the request. Does not check principals.
  boolean appliesTo(AuthorizationRequest request) {
    return coversAction(request.action())
        && coversResource(request)
        && conditionsHold(request.context());
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

  private boolean coversResource(AuthorizationRequest request) {
    if (resources.isEmpty()) {
      return true;
    }
    boolean unknown = false;
    for (Template template : resources) {
      Glob pattern = template.glob(request.context());
      if (pattern == null) {
        unknown = true;
      } else if (pattern.matches(request.resource())) {
        return !notResources;
      }
    }
    // NotResource with a variable that has no value: an Allow matches nothing, a Deny everything.
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
