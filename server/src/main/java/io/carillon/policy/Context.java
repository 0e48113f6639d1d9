package io.carillon.policy;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What a request says about itself: the condition keys and their values. Asked only for the keys
/// that a statement names, so what is dear to work out costs nothing where no policy asks.
@FunctionalInterface
public interface Context {
  Context NOTHING = _ -> List.of();

  /// The values of a key; none where the request does not carry it.
  ///
  /// @param key in lower case: AWS compares condition keys without case
  List<String> values(String key);

  /// A context of what stands in `values`, whatever the case of its keys.
  static Context of(Map<String, List<String>> values) {
    Map<String, List<String>> lower = HashMap.newHashMap(values.size());
    values.forEach((key, list) -> lower.put(key.toLowerCase(Locale.ROOT), List.copyOf(list)));
    return key -> lower.getOrDefault(key, List.of());
  }
}
