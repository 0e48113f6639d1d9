package io.carillon.aws;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What the credentials of a session carry beside their principal; nothing for lasting keys.
///
/// @param policies policy documents passed when it began, which narrow what its principal may do
/// @param tags the session's own, which count as its principal's
/// @param transitive keys of the tags that go on to the next session of a chain
/// @param function ARN of the function that Lambda holds the session for; empty for none
public record SessionTerms(
    List<String> policies, Map<String, String> tags, List<String> transitive, String function) {
  public static final SessionTerms NONE = ofPolicies(List.of());

  /// The tags of the principal as the session has them: its own stand in for those of the same key,
  /// which are compared without case.
  public Map<String, String> over(Map<String, String> tagsOfPrincipal) {
    if (tags.isEmpty()) {
      return tagsOfPrincipal;
    }
    Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    all.putAll(tagsOfPrincipal);
    all.putAll(tags);
    return all;
  }

  /// The tags that go on to the next session of a chain.
  public Map<String, String> handedDown() {
    Map<String, String> handedDown = new LinkedHashMap<>(tags);
    handedDown.keySet().retainAll(transitive);
    return handedDown;
  }

  public static SessionTerms ofPolicies(List<String> policies) {
    return new SessionTerms(policies, Map.of(), List.of(), "");
  }
}
