package io.carillon.aws;

import io.carillon.base.Arn;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One thing that a request needs to be allowed: an action on a resource, with what conditions may
/// ask about it (`iam:PassedToService`, `s3:prefix`, `sns:Protocol`, …).
///
/// @param action with its service prefix, such as `s3:PutObject`
/// @param resource an ARN; `*` for actions that know no resource; a phone number
/// @param context condition keys of this need, beside the global ones that the road adds
public record Need(String action, String resource, Map<String, List<String>> context) {

  public static Need of(String action, Arn resource) {
    return new Need(action, resource.toString(), Map.of());
  }

  public static Need anywhere(String action) {
    return new Need(action, "*", Map.of());
  }

  /// @param value null where the request does not carry the key
  public Need with(String key, @Nullable Object value) {
    return value == null ? this : with(key, List.of(value.toString()));
  }

  /// @param values none where the request does not carry the key
  public Need with(String key, Collection<String> values) {
    if (values.isEmpty()) {
      return this;
    }
    Map<String, List<String>> more = new HashMap<>(context);
    more.put(key, List.copyOf(values));
    return new Need(action, resource, Map.copyOf(more));
  }

  /// With the tags that a request gives a resource.
  public Need tagging(Map<String, String> tags) {
    return tagging("aws:RequestTag/", "aws:TagKeys", tags);
  }

  /// With the keys of tags that a request takes from a resource.
  public Need untagging(Collection<String> keys) {
    return with("aws:TagKeys", keys);
  }

  /// With tags under the keys of a service's own. Policies compare the names of keys without case,
  /// so tags that differ by no more are values of the same key.
  public Need tagging(String eachKey, String allKeys, Map<String, String> tags) {
    Need tagging = with(allKeys, tags.keySet());
    Map<String, List<String>> values = new HashMap<>();
    tags.forEach(
        (key, value) ->
            values
                .computeIfAbsent(eachKey + key.toLowerCase(Locale.ROOT), _ -> new ArrayList<>(1))
                .add(value));
    for (Map.Entry<String, List<String>> each : values.entrySet()) {
      tagging = tagging.with(each.getKey(), each.getValue());
    }
    return tagging;
  }

  /// Beside this, the action by which tags are given, where a request that makes something gives it
  /// tags at once.
  ///
  /// @param action such as `iam:TagUser`
  public List<Need> andTagging(String action, Map<String, String> tags) {
    Need tagging = tagging(tags);
    return tags.isEmpty()
        ? List.of(tagging)
        : List.of(tagging, new Need(action, resource, tagging.context()));
  }
}
