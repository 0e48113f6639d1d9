package io.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/// JSON as text for people.
final class JsonText {
  private JsonText() {}

  /// A string, or the joined strings of an array.
  static String joined(JsonNode node) {
    if (!node.isArray()) {
      return node.asText();
    }
    List<String> all = new ArrayList<>();
    node.forEach(one -> all.add(one.asText()));
    return String.join(", ", all);
  }
}
