package io.carillon.events;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The JSON paths of targets: dots, array indices and wildcards, such as `$.detail.items[0].sku`.
///
/// Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
///
/// @param steps from the event down
record JsonPath(List<Step> steps) {
  private static final Pattern STEP =
      Pattern.compile(
          "\\.(?<name>[A-Za-z0-9_/:-]+)|\\[(?<index>[0-9]{1,6})]|(?<all>\\.\\*|\\[\\*])");

  sealed interface Step {
    record Name(String name) implements Step {}

    record Index(int index) implements Step {}

    record All() implements Step {}
  }

  /// Empty where `text` is not a path that EventBridge supports.
  static Optional<JsonPath> parse(String text) {
    if (!text.startsWith("$")) {
      return Optional.empty();
    }
    List<Step> steps = new ArrayList<>();
    Matcher step = STEP.matcher(text).region(1, text.length());
    while (step.lookingAt()) {
      if (step.group("name") != null) {
        steps.add(new Step.Name(step.group("name")));
      } else if (step.group("index") != null) {
        steps.add(new Step.Index(Integer.parseInt(step.group("index"))));
      } else {
        steps.add(new Step.All());
      }
      step.region(step.end(), text.length());
    }
    return step.regionStart() == text.length()
        ? Optional.of(new JsonPath(steps))
        : Optional.empty();
  }

  /// What the path finds; a path with a wildcard finds an array of all. Empty for nothing.
  Optional<JsonNode> in(JsonNode root) {
    List<JsonNode> found = List.of(root);
    boolean many = false;
    for (Step step : steps) {
      List<JsonNode> next = new ArrayList<>();
      for (JsonNode node : found) {
        switch (step) {
          case Step.Name(String name) -> add(next, node.get(name));
          case Step.Index(int index) -> add(next, node.get(index));
          case Step.All() -> node.forEach(next::add);
        }
      }
      many |= step instanceof Step.All;
      found = next;
    }
    if (many) {
      ArrayNode all = EventJson.MAPPER.createArrayNode();
      found.forEach(all::add);
      return all.isEmpty() ? Optional.empty() : Optional.of(all);
    }
    return found.isEmpty() ? Optional.empty() : Optional.of(found.getFirst());
  }

  private static void add(List<JsonNode> nodes, @org.jspecify.annotations.Nullable JsonNode node) {
    if (node != null) {
      nodes.add(node);
    }
  }
}
