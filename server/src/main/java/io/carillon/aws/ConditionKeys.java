package io.carillon.aws;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The condition keys of a service that follow from the caller and from the resource. Those that
/// follow from the members of a request are in its needs.
///
/// Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
public final class ConditionKeys {
  public static final ConditionKeys NONE = new ConditionKeys(Map.of(), "", true);

  private final Map<String, Value> byName;
  private final String resourceTags;
  private final boolean globalResourceTags;

  /// The value of a key.
  @FunctionalInterface
  public interface Value {
    /// Empty where the request does not have the key.
    ///
    /// @param resourceOwner the account of the resource; empty if unknown
    String of(Caller caller, String resourceOwner);
  }

  private ConditionKeys(
      Map<String, Value> byName, String resourceTags, boolean globalResourceTags) {
    this.byName = byName;
    this.resourceTags = resourceTags;
    this.globalResourceTags = globalResourceTags;
  }

  /// With a key of every request.
  ///
  /// @param name as AWS writes it, such as `s3:authType`; policies compare names without case
  public ConditionKeys with(String name, Value value) {
    Map<String, Value> more = new HashMap<>(byName);
    if (more.put(name.toLowerCase(Locale.ROOT), value) != null) {
      throw new IllegalArgumentException("Two condition keys named " + name);
    }
    return new ConditionKeys(Map.copyOf(more), resourceTags, globalResourceTags);
  }

  /// With the tags of the service's resources under a name of its own, beside `aws:ResourceTag/…`.
  ///
  /// @param prefix before the tag's key, such as `iam:ResourceTag/`
  public ConditionKeys withResourceTags(String prefix) {
    return new ConditionKeys(byName, prefix.toLowerCase(Locale.ROOT), true);
  }

  /// The same, for a service whose resources do not have `aws:ResourceTag/…`.
  public ConditionKeys withResourceTagsOnlyAs(String prefix) {
    return new ConditionKeys(byName, prefix.toLowerCase(Locale.ROOT), false);
  }

  /// The values of a key of this service; none where the request does not have it.
  ///
  /// @param key in lower case
  public List<String> values(String key, Caller caller, String resourceOwner) {
    @Nullable Value found = byName.get(key);
    String value = found == null ? "" : found.of(caller, resourceOwner);
    return value.isEmpty() ? List.of() : List.of(value);
  }

  /// Whether a key names a tag of the service's resources, whose key follows [#resourceTags].
  public boolean isResourceTag(String key) {
    return !resourceTags.isEmpty() && key.startsWith(resourceTags);
  }

  /// What stands before the keys of tags, in lower case; empty for no such condition key.
  public String resourceTags() {
    return resourceTags;
  }

  /// Whether the service's resources have `aws:ResourceTag/…`.
  public boolean hasGlobalResourceTags() {
    return globalResourceTags;
  }

  /// @throws IllegalArgumentException if a key belongs to another service
  void requireOf(String service) {
    String prefix = service + ":";
    for (String name : byName.keySet()) {
      requirePrefix(name, prefix);
    }
    if (!resourceTags.isEmpty()) {
      requirePrefix(resourceTags, prefix);
    }
  }

  private static void requirePrefix(String name, String prefix) {
    if (!name.startsWith(prefix)) {
      throw new IllegalArgumentException("The condition key " + name + " is not one of " + prefix);
    }
  }
}
