package io.carillon.sns;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Set;
import software.amazon.event.ruler.JsonRuleCompiler;
import software.amazon.event.ruler.Machine;

/// Which messages a subscription receives: a pattern in the language of AWS's event ruler, within
/// SNS's limits.
///
/// Source: https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
final class FilterPolicy {
  private static final int MAX_BYTES = 256 * 1024;
  private static final int MAX_KEYS = 5;
  private static final long MAX_COMBINATIONS = 150;
  private static final int MAX_STARS = 3;
  private static final int MAX_DEPTH = 20;
  private static final BigDecimal MAX_NUMBER = BigDecimal.valueOf(1_000_000_000);
  private static final int MAX_DECIMALS = 5;
  private static final String OR = "$or";

  /// The names that make an object a matcher; an object within `$or` may have none of them.
  private static final Set<String> RESERVED =
      Set.of(
          "anything-but",
          "cidr",
          "equals-ignore-case",
          "exists",
          "numeric",
          "prefix",
          "suffix",
          "wildcard");

  /// The part of the message that is matched.
  enum Scope {
    MESSAGE_ATTRIBUTES("MessageAttributes"),
    MESSAGE_BODY("MessageBody");

    private final String text;

    Scope(String text) {
      this.text = text;
    }

    static Scope named(String text) {
      for (Scope scope : values()) {
        if (scope.text.equals(text)) {
          return scope;
        }
      }
      throw SnsError.invalid(
          "FilterPolicyScope: Invalid value ["
              + text
              + "]. Please use either MessageBody or MessageAttributes");
    }
  }

  private final Scope scope;
  private final Machine machine;

  private FilterPolicy(Scope scope, Machine machine) {
    this.scope = scope;
    this.machine = machine;
  }

  /// Compiles a policy that was checked when it was set.
  static FilterPolicy of(String policy, Scope scope) {
    Machine machine = Machine.builder().build();
    try {
      machine.addRule("policy", policy);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return new FilterPolicy(scope, machine);
  }

  /// Whether the message matches. A body that is not a JSON object never does.
  boolean accepts(FilterInput message, SubscriptionProtocol protocol) {
    ObjectNode event =
        switch (scope) {
          case MESSAGE_ATTRIBUTES -> message.attributes();
          case MESSAGE_BODY -> message.body(protocol).orElse(null);
        };
    return event != null && !machine.rulesForJSONEvent(event).isEmpty();
  }

  /// @throws io.carillon.aws.AwsException InvalidParameter, saying what is wrong
  static void check(String policy, Scope scope) {
    if (policy.length() > MAX_BYTES) {
      throw refused("Policy is too large");
    }
    ObjectNode root = SnsJson.object(policy).orElseThrow(() -> refused("failed to parse JSON."));
    if (root.isEmpty()) {
      return; // removes the policy
    }
    Census census = new Census(scope);
    long combinations = census.object(root, 1);
    if (census.keys > MAX_KEYS) {
      throw refused("Filter policy can not have more than " + MAX_KEYS + " keys");
    }
    if (combinations > MAX_COMBINATIONS) {
      throw refused(
          "Filter policy is too complex: "
              + combinations
              + " combinations, of which "
              + MAX_COMBINATIONS
              + " are allowed");
    }
    String fault = JsonRuleCompiler.check(policy);
    if (fault != null) {
      throw refused(fault.lines().findFirst().orElse("not a pattern"));
    }
  }

  private static io.carillon.aws.AwsException refused(String why) {
    return SnsError.invalid("FilterPolicy: " + why);
  }

  /// Counts a policy's keys and combinations, and checks its values.
  private static final class Census {
    private final Scope scope;
    private int keys;

    Census(Scope scope) {
      this.scope = scope;
    }

    /// How many combinations the object stands for: the product over its keys.
    long object(ObjectNode object, int depth) {
      if (depth > MAX_DEPTH) {
        throw refused("Policy is nested too deeply");
      }
      if (object.isEmpty()) {
        throw refused("Empty objects are not allowed");
      }
      long combinations = 1;
      for (Map.Entry<String, JsonNode> property : object.properties()) {
        combinations =
            Math.min(
                combinations * member(property.getKey(), property.getValue(), depth),
                Integer.MAX_VALUE);
      }
      return combinations;
    }

    private long member(String name, JsonNode value, int depth) {
      if (name.equals(OR) && value instanceof ArrayNode choices && isOr(choices)) {
        long sum = 0;
        for (JsonNode choice : choices) {
          sum += object((ObjectNode) choice, depth);
        }
        return sum;
      }
      return switch (value) {
        case ArrayNode values -> {
          keys++;
          yield values(name, values) * (scope == Scope.MESSAGE_BODY ? depth : 1);
        }
        case ObjectNode nested -> {
          if (scope == Scope.MESSAGE_ATTRIBUTES) {
            throw refused(
                "Filter policy scope MessageAttributes does not support nested filter policy");
          }
          yield object(nested, depth + 1);
        }
        default -> throw refused("\"" + name + "\" must be an object or an array");
      };
    }

    private static boolean isOr(ArrayNode choices) {
      if (choices.size() < 2) {
        return false;
      }
      for (JsonNode choice : choices) {
        if (!(choice instanceof ObjectNode object) || object.isEmpty()) {
          return false;
        }
        for (Map.Entry<String, JsonNode> property : object.properties()) {
          if (RESERVED.contains(property.getKey())) {
            return false;
          }
        }
      }
      return true;
    }

    private static long values(String name, ArrayNode values) {
      if (values.isEmpty()) {
        throw refused("\"" + name + "\": Empty arrays are not allowed");
      }
      values.forEach(Census::value);
      return values.size();
    }

    private static void value(JsonNode value) {
      if (value.isNumber()) {
        number(value.decimalValue());
      } else if (value instanceof ObjectNode matcher) {
        for (Map.Entry<String, JsonNode> property : matcher.properties()) {
          if (!RESERVED.contains(property.getKey())) {
            throw refused("Unrecognized match type " + property.getKey());
          }
          matcher(property.getKey(), property.getValue());
        }
      } else if (value instanceof ArrayNode) {
        throw refused("Match value must be String, number, true, false, or null");
      }
    }

    private static void matcher(String name, JsonNode operand) {
      if (name.equals("wildcard")) {
        patterns(operand);
      } else if (operand instanceof ObjectNode nested) {
        nested.properties().forEach(p -> matcher(p.getKey(), p.getValue()));
      } else {
        operand.forEach(
            element -> {
              if (element.isNumber()) {
                number(element.decimalValue());
              }
            });
      }
    }

    private static void patterns(JsonNode operand) {
      Iterable<JsonNode> each =
          operand instanceof ArrayNode array ? array : java.util.List.of(operand);
      for (JsonNode pattern : each) {
        if (pattern instanceof TextNode text
            && text.textValue().chars().filter(c -> c == '*').count() > MAX_STARS) {
          throw refused("A wildcard pattern can not have more than " + MAX_STARS + " wildcards");
        }
      }
    }

    private static void number(BigDecimal number) {
      if (number.abs().compareTo(MAX_NUMBER) > 0) {
        throw refused("Value of numbers must be between -1.0E9 and 1.0E9, inclusive");
      }
      if (number.stripTrailingZeros().scale() > MAX_DECIMALS) {
        throw refused("Numbers can have at most " + MAX_DECIMALS + " digits after the point");
      }
    }
  }
}
