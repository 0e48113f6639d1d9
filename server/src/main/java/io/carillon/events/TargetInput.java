package io.carillon.events;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What a target gets for an event: the event, a constant, a part of the event, or a template with
/// parts of the event in it.
///
/// Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
final class TargetInput {
  static final String RULE_ARN = "aws.events.rule-arn";
  static final String RULE_NAME = "aws.events.rule-name";
  static final String INGESTION_TIME = "aws.events.event.ingestion-time";
  static final String EVENT = "aws.events.event";
  static final String EVENT_JSON = "aws.events.event.json";

  static final Set<String> PREDEFINED =
      Set.of(RULE_ARN, RULE_NAME, INGESTION_TIME, EVENT, EVENT_JSON);

  private static final Pattern VARIABLE = Pattern.compile("<([A-Za-z0-9_.-]+)>");

  private TargetInput() {}

  /// The input, as text. A template may make something that is not JSON of an event that lacks a
  /// variable; see [#isValid].
  static String of(RuleTarget target, RuleKey rule, Event event) {
    if (target.input() != null) {
      return target.input();
    }
    if (target.inputPath() != null) {
      // AWS does not say what a target gets where the path finds nothing.
      return JsonPath.parse(target.inputPath())
          .flatMap(path -> path.in(event.json()))
          .map(JsonNode::toString)
          .orElse("null");
    }
    if (target.transformer() != null) {
      return fill(target.transformer().template(), values(target.transformer(), rule, event));
    }
    return event.text();
  }

  /// Whether a target can take the input. Functions take JSON only; the others also plain text, if
  /// the template was no JSON either.
  static boolean isValid(RuleTarget target, String input) {
    boolean plainText =
        target.transformer() != null
            && !isJson(target.transformer().template())
            && !target.arn().contains(":lambda:");
    return plainText || EventJson.parse(input).isPresent();
  }

  private static Map<String, JsonNode> values(
      RuleTarget.Transformer transformer, RuleKey rule, Event event) {
    Map<String, JsonNode> values = new HashMap<>();
    transformer
        .variables()
        .forEach(
            (name, path) ->
                JsonPath.parse(path)
                    .flatMap(parsed -> parsed.in(event.json()))
                    .ifPresent(found -> values.put(name, found)));
    values.put(RULE_ARN, TextNode.valueOf(rule.arn().toString()));
    values.put(RULE_NAME, TextNode.valueOf(rule.name()));
    values.put(INGESTION_TIME, TextNode.valueOf(event.received().toString()));
    values.put(EVENT, event.withoutDetail());
    values.put(EVENT_JSON, event.json());
    return values;
  }

  /// The variables that a template uses.
  static Set<String> variables(String template) {
    Set<String> names = new HashSet<>();
    Matcher variable = VARIABLE.matcher(template);
    while (variable.find()) {
      names.add(variable.group(1));
    }
    return names;
  }

  /// In a JSON template, a variable outside of a string becomes JSON and one within a string its
  /// text. Objects and arrays within a string lose their quotation marks, as on AWS. A variable
  /// whose path found nothing becomes nothing.
  private static String fill(String template, Map<String, JsonNode> values) {
    boolean json = isJson(template);
    StringBuilder filled = new StringBuilder();
    Matcher variable = VARIABLE.matcher(template);
    boolean quoted = false;
    int end = 0;
    while (variable.find()) {
      String between = template.substring(end, variable.start());
      filled.append(between);
      quoted ^= json && hasOddQuotes(between);
      Optional<JsonNode> value = Optional.ofNullable(values.get(variable.group(1)));
      boolean asText = quoted || !json;
      filled.append(value.map(found -> asText ? text(found, json) : found.toString()).orElse(""));
      end = variable.end();
    }
    return filled.append(template, end, template.length()).toString();
  }

  private static String text(JsonNode value, boolean withinJson) {
    if (!(value instanceof TextNode)) {
      return value.toString().replace("\"", "");
    }
    if (!withinJson) {
      return value.textValue();
    }
    String quoted = value.toString();
    return quoted.substring(1, quoted.length() - 1);
  }

  private static boolean isJson(String template) {
    String start = template.strip();
    return start.startsWith("{") || start.startsWith("[") || start.startsWith("\"");
  }

  /// Whether the text ends on the other side of a string's quotation mark.
  private static boolean hasOddQuotes(String text) {
    boolean odd = false;
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '\\') {
        i++; // skips the escaped character
      } else if (text.charAt(i) == '"') {
        odd = !odd;
      }
    }
    return odd;
  }
}
