package io.carillon.events;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// An event that a bus accepted.
///
/// @param json the whole event, as rules match it and targets get it
/// @param received when the bus accepted it
/// @param traceHeader the X-Ray trace header; null for none
record Event(ObjectNode json, Instant received, @Nullable String traceHeader) {

  /// Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
  ///
  /// @param account of the sender
  static ObjectNode envelope(
      String id,
      String source,
      String detailType,
      String account,
      String region,
      Instant time,
      List<String> resources,
      ObjectNode detail) {
    ObjectNode event = EventJson.MAPPER.createObjectNode();
    event.put("version", "0").put("id", id).put("detail-type", detailType).put("source", source);
    event.put("account", account).put("time", time.truncatedTo(ChronoUnit.SECONDS).toString());
    event.put("region", region);
    resources.forEach(event.putArray("resources")::add);
    event.set("detail", detail);
    return event;
  }

  String text() {
    return json.toString();
  }

  /// The event without its detail, for `<aws.events.event>`.
  ObjectNode withoutDetail() {
    ObjectNode rest = EventJson.MAPPER.createObjectNode();
    json.properties().stream()
        .filter(member -> !member.getKey().equals("detail"))
        .forEach(member -> rest.set(member.getKey(), member.getValue()));
    return rest;
  }

  String id() {
    return Optional.ofNullable(json.get("id")).map(id -> id.asText()).orElse("");
  }
}
