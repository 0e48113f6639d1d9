package io.carillon.sns;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carillon.base.Lazy;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// A message as filter policies see it, parsed once for all subscriptions. For one thread.
final class FilterInput {
  private final Message message;
  private final Lazy<ObjectNode> attributes;
  private final Map<String, Optional<ObjectNode>> bodies = new HashMap<>();

  FilterInput(Message message) {
    this.message = message;
    this.attributes = new Lazy<>(() -> PublishedAttributes.forFilters(message.attributes()));
  }

  ObjectNode attributes() {
    return attributes.get();
  }

  /// The body for subscribers of `protocol`; empty if it is not a JSON object.
  Optional<ObjectNode> body(SubscriptionProtocol protocol) {
    return bodies.computeIfAbsent(message.bodyFor(protocol), SnsJson::object);
  }
}
