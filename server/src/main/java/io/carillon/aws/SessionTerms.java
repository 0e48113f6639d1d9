package io.carillon.aws;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The session policies and session tags of temporary credentials; nothing for long-term keys.
///
/// @param policies session policies, which limit its permissions
/// @param tags session tags, which count as its principal's
/// @param transitive keys of the tags passed on to the next session of a role chain
/// @param function ARN of the function whose execution role the session is for; empty for none
public record SessionTerms(
    List<String> policies, Map<String, String> tags, List<String> transitive, String function) {
  public static final SessionTerms NONE = ofPolicies(List.of());

  /// The principal's tags, overridden by the session tags of the same key; keys are compared
  /// without case.
  public Map<String, String> over(Map<String, String> tagsOfPrincipal) {
    if (tags.isEmpty()) {
      return tagsOfPrincipal;
    }
    Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    all.putAll(tagsOfPrincipal);
    all.putAll(tags);
    return all;
  }

  /// The tags passed on to the next session of a role chain.
  public Map<String, String> transitiveTags() {
    Map<String, String> transitiveTags = new LinkedHashMap<>(tags);
    transitiveTags.keySet().retainAll(transitive);
    return transitiveTags;
  }

  public static SessionTerms ofPolicies(List<String> policies) {
    return new SessionTerms(policies, Map.of(), List.of(), "");
  }
}
