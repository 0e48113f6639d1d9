package io.carillon.aws;

import io.carillon.base.Arn;
import java.util.List;
import java.util.Map;

/// One thing that a request needs to be allowed: an action on a resource, with what conditions may
/// ask about it (`iam:PassedToService`, `s3:prefix`, `sns:Protocol`, …).
///
/// @param action with its service prefix, such as `s3:PutObject`
/// @param resource an ARN; `*` for actions that know no resource
/// @param context condition keys of this need, beside the global ones that the road adds
public record Need(String action, String resource, Map<String, List<String>> context) {

  public static Need of(String action, Arn resource) {
    return new Need(action, resource.toString(), Map.of());
  }

  public static Need anywhere(String action) {
    return new Need(action, "*", Map.of());
  }

  public Need with(String key, String value) {
    Map<String, List<String>> more = new java.util.HashMap<>(context);
    more.put(key, List.of(value));
    return new Need(action, resource, Map.copyOf(more));
  }
}
