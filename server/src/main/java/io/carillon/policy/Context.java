package io.carillon.policy;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The condition keys of a request and their values. Called only for keys that a statement names,
/// so values that are expensive to compute cost nothing unless a policy tests them.
@FunctionalInterface
public interface Context {
  Context EMPTY = _ -> List.of();

  /// The values of a key; none if the request does not have it.
  ///
  /// @param key in lower case: AWS compares condition keys without case
  List<String> values(String key);

  /// A context of `values`, whose keys may be of any case.
  static Context of(Map<String, List<String>> values) {
    Map<String, List<String>> lower = HashMap.newHashMap(values.size());
    values.forEach((key, list) -> lower.put(key.toLowerCase(Locale.ROOT), List.copyOf(list)));
    return key -> lower.getOrDefault(key, List.of());
  }
}
