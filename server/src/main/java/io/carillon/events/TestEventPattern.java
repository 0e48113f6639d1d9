package io.carillon.events;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carillon.aws.Caller;
import java.util.List;
import software.amazon.awssdk.services.eventbridge.model.TestEventPatternRequest;
import software.amazon.awssdk.services.eventbridge.model.TestEventPatternResponse;

/// TestEventPattern: whether a pattern matches an event.
///
/// Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TestEventPattern.html
final class TestEventPattern {
  private static final List<String> REQUIRED =
      List.of("id", "account", "source", "time", "region", "resources", "detail-type");

  private TestEventPattern() {}

  static TestEventPatternResponse run(Caller caller, TestEventPatternRequest request) {
    EventPattern.check(
        EventsError.MEMBERS.length("eventPattern", request.eventPattern(), 0, Integer.MAX_VALUE));
    ObjectNode event =
        EventJson.object(EventsError.MEMBERS.length("event", request.event(), 0, Integer.MAX_VALUE))
            .orElseThrow(() -> EventsError.parameter("Event", "It is not a JSON object."));
    for (String member : REQUIRED) {
      if (!event.has(member)) {
        throw EventsError.parameter("Event", "It has no " + member + ".");
      }
    }
    return TestEventPatternResponse.builder()
        .result(EventPattern.matches(request.eventPattern(), event))
        .build();
  }
}
