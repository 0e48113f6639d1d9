package io.carillon.aws;

import io.carillon.base.Arn;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A permission that a request needs: an action on a resource, with condition keys
/// (`iam:PassedToService`, `s3:prefix`, `sns:Protocol`, …).
///
/// @param action with its service prefix, such as `s3:PutObject`
/// @param resource an ARN; `*` for actions without resource-level permissions; a phone number
/// @param context condition keys of this need, beside the global ones that the pipeline adds
public record Need(String action, String resource, Map<String, List<String>> context) {

  public static Need of(String action, Arn resource) {
    return new Need(action, resource.toString(), Map.of());
  }

  public static Need anywhere(String action) {
    return new Need(action, "*", Map.of());
  }

  /// @param value null where the request does not have the key
  public Need with(String key, @Nullable Object value) {
    return value == null ? this : with(key, List.of(value.toString()));
  }

  /// @param values none where the request does not have the key
  public Need with(String key, Collection<String> values) {
    if (values.isEmpty()) {
      return this;
    }
    Map<String, List<String>> more = new HashMap<>(context);
    more.put(key, List.copyOf(values));
    return new Need(action, resource, Map.copyOf(more));
  }

  /// With the tags that a request adds to a resource.
  public Need tagging(Map<String, String> tags) {
    return tagging("aws:RequestTag/", "aws:TagKeys", tags);
  }

  /// With the keys of the tags that a request removes from a resource.
  public Need untagging(Collection<String> keys) {
    return with("aws:TagKeys", keys);
  }

  /// With tags under a service's own condition keys. Policies compare key names without case, so
  /// tags whose keys differ only in case are values of the same condition key.
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

  /// This need and, where a request creates a resource with tags, the need of the tagging action.
  ///
  /// @param action such as `iam:TagUser`
  public List<Need> andTagging(String action, Map<String, String> tags) {
    Need tagging = tagging(tags);
    return tags.isEmpty()
        ? List.of(tagging)
        : List.of(tagging, new Need(action, resource, tagging.context()));
  }
}
