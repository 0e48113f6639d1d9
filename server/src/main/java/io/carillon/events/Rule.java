package io.carillon.events;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The row of a rule, with its targets.
///
/// @param pattern JSON, as given
/// @param createdBy the account that created it
record Rule(
    String pattern,
    boolean enabled,
    String description,
    Map<String, String> tags,
    String createdBy,
    List<RuleTarget> targets) {

  Rule withState(boolean other) {
    return new Rule(pattern, other, description, tags, createdBy, targets);
  }

  Rule withTags(Map<String, String> added) {
    return new Rule(
        pattern, enabled, description, EventTags.merged(tags, added), createdBy, targets);
  }

  Rule withoutTags(List<String> keys) {
    Map<String, String> remaining = new LinkedHashMap<>(tags);
    keys.forEach(remaining::remove);
    return new Rule(pattern, enabled, description, remaining, createdBy, targets);
  }

  /// With new targets, which replace those of the same ids.
  Rule withTargets(List<RuleTarget> added) {
    Map<String, RuleTarget> byId = new LinkedHashMap<>();
    targets.forEach(target -> byId.put(target.id(), target));
    added.forEach(target -> byId.put(target.id(), target));
    return new Rule(pattern, enabled, description, tags, createdBy, new ArrayList<>(byId.values()));
  }

  Rule withoutTargets(Set<String> ids) {
    return new Rule(
        pattern,
        enabled,
        description,
        tags,
        createdBy,
        targets.stream().filter(target -> !ids.contains(target.id())).toList());
  }
}
