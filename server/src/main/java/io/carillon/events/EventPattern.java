package io.carillon.events;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carillon.aws.AwsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import software.amazon.event.ruler.JsonRuleCompiler;
import software.amazon.event.ruler.Machine;
import software.amazon.event.ruler.MachineComplexityEvaluator;

/// Event patterns, in the language of AWS's event ruler.
///
/// Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern.html
final class EventPattern {
  private static final int MAX_LENGTH = 4_096;

  /// Matching takes time in proportion to the states that wildcards keep open at once. AWS does not
  /// publish its bound.
  private static final int MAX_COMPLEXITY = 100;

  private EventPattern() {}

  /// @throws AwsException InvalidEventPatternException, saying what is wrong
  static void check(String pattern) {
    if (pattern.length() > MAX_LENGTH) {
      throw EventsError.MEMBERS.unsatisfied(
          "eventPattern", pattern, "Member must have length less than or equal to " + MAX_LENGTH);
    }
    if (EventJson.object(pattern).isEmpty()) {
      throw invalid("Invalid JSON");
    }
    String fault = JsonRuleCompiler.check(pattern);
    if (fault != null) {
      throw invalid(fault.lines().findFirst().orElse("not a pattern"));
    }
    if (compile("checked", pattern)
            .evaluateComplexity(new MachineComplexityEvaluator(MAX_COMPLEXITY + 1))
        > MAX_COMPLEXITY) {
      throw invalid(
          "Rule is too complex - try using fewer wildcard characters or fewer repeating character"
              + " sequences after a wildcard character");
    }
  }

  static boolean matches(String pattern, ObjectNode event) {
    return !compile("tested", pattern).rulesForJSONEvent(event).isEmpty();
  }

  /// Adds a pattern that was checked when its rule was put.
  static void addTo(Machine machine, String name, String pattern) {
    try {
      machine.addRule(name, pattern);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Machine compile(String name, String pattern) {
    Machine machine = Machine.builder().build();
    addTo(machine, name, pattern);
    return machine;
  }

  private static AwsException invalid(String reason) {
    return EventsError.INVALID_EVENT_PATTERN.because(
        "Event pattern is not valid. Reason: " + reason);
  }
}
