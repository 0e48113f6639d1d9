package io.carillon.events;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/// JSON as EventBridge reads and writes it. Numbers keep their digits: a detail of `1.10` reaches
/// its targets as `1.10`.
final class EventJson {
  static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private EventJson() {}

  /// Parses `text`; empty if it is not JSON.
  static Optional<JsonNode> parse(String text) {
    try {
      JsonNode node = MAPPER.readTree(text);
      return node == null || node.isMissingNode() ? Optional.empty() : Optional.of(node);
    } catch (JsonProcessingException _) {
      return Optional.empty();
    }
  }

  /// Parses `text`; empty if it is not a JSON object.
  static Optional<ObjectNode> object(String text) {
    return parse(text).flatMap(node -> node instanceof ObjectNode o ? Optional.of(o) : none());
  }

  private static Optional<ObjectNode> none() {
    return Optional.empty();
  }
}
