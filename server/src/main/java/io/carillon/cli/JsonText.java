package io.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/// JSON as people read it.
final class JsonText {
  private JsonText() {}

  /// A text, or the texts of an array.
  static String joined(JsonNode node) {
    if (!node.isArray()) {
      return node.asText();
    }
    List<String> all = new ArrayList<>();
    node.forEach(one -> all.add(one.asText()));
    return String.join(", ", all);
  }
}
