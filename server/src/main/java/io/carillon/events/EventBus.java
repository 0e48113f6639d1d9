package io.carillon.events;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The row of an event bus. The default bus has one only once it was changed.
///
/// @param policy JSON; empty for none
/// @param pinned the unique ids of the users and roles that the policy named when it was written,
///   by ARN
/// @param created null for a default bus, which AWS does not date either
record EventBus(
    String description,
    String policy,
    Map<String, String> pinned,
    Map<String, String> tags,
    @Nullable Instant created,
    @Nullable Instant modified) {

  static final EventBus UNCHANGED_DEFAULT = new EventBus("", "", Map.of(), Map.of(), null, null);

  EventBus withPolicy(String other, Map<String, String> pins, Instant now) {
    return new EventBus(description, other, pins, tags, created, now);
  }

  EventBus withTags(Map<String, String> added) {
    return new EventBus(
        description, policy, pinned, EventTags.merged(tags, added), created, modified);
  }

  EventBus withoutTags(List<String> keys) {
    Map<String, String> remaining = new LinkedHashMap<>(tags);
    keys.forEach(remaining::remove);
    return new EventBus(description, policy, pinned, remaining, created, modified);
  }
}
