package io.carillon.events;

import static io.carillon.events.EventsFixture.QUEUE;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.eventbridge.model.Target;

/// Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
class TargetInputTest {
  private static final String DETAIL =
      "{\"instance-id\":\"i-1\",\"state\":\"running\",\"n\":1.10,\"say\":\"a \\\"b\\\"\","
          + "\"list\":[{\"k\":1},{\"k\":2}]}";

  private final EventsFixture fixture = new EventsFixture();

  @Test
  void withoutAnInputTheTargetGetsTheEvent() {
    String event = fixture.delivered(EventsFixture.target("t", QUEUE), "{ \"n\" : 1.10 }");
    assertThat(event)
        .matches(
            "\\{\"version\":\"0\",\"id\":\"[0-9a-f-]{36}\",\"detail-type\":\"Order placed\","
                + "\"source\":\"shop\",\"account\":\"111111111111\","
                + "\"time\":\"2026-03-01T10:00:00Z\",\"region\":\"eu-central-1\","
                + "\"resources\":\\[],\"detail\":\\{\"n\":1.10}}");
  }

  @Test
  void aConstantReplacesTheEvent() {
    assertThat(
            fixture.delivered(
                Target.builder().id("t").arn(QUEUE).input("{ \"a\": 1 }").build(), DETAIL))
        .isEqualTo("{ \"a\": 1 }");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "$.detail.state | \"running\"",
        "$.detail.n | 1.10",
        "$.detail.list[1].k | 2",
        "$.detail.list[*].k | [1,2]",
        "$.detail.instance-id | \"i-1\"",
        "$.detail.gone | null"
      })
  void aPathPicksAPartOfTheEvent(String path, String input) {
    assertThat(
            fixture.delivered(Target.builder().id("t").arn(QUEUE).inputPath(path).build(), DETAIL))
        .isEqualTo(input);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "\"<id> is <state>\" | \"i-1 is running\"",
        "<id> is <state> | i-1 is running",
        "{\"id\": <id>, \"all\": [9, <n>, true]} | {\"id\": \"i-1\", \"all\": [9, 1.10, true]}",
        "{\"text\": \"state: <state>!\"} | {\"text\": \"state: running!\"}",
        "{\"text\": \"<say>\"} | {\"text\": \"a \\\"b\\\"\"}",
        "{\"text\": \"<list>\"} | {\"text\": \"[{k:1},{k:2}]\"}",
        "{\"esc\": \"\\\"<id>\\\"\", \"l\": <list>} | {\"esc\": \"\\\"i-1\\\"\", \"l\":"
            + " [{\"k\":1},{\"k\":2}]}",
        "{\"none\": \"<gone>\"} | {\"none\": \"\"}",
        "{\"rule\": <aws.events.rule-arn>} | {\"rule\":"
            + " \"arn:aws:events:eu-central-1:111111111111:rule/rule\"}",
        "{\"name\": \"<aws.events.rule-name>\"} | {\"name\": \"rule\"}",
        "{\"at\": <aws.events.event.ingestion-time>} | {\"at\": \"2026-03-01T10:00:00.123Z\"}"
      })
  void aTemplateIsFilledWithPartsOfTheEvent(String template, String input) {
    assertThat(fixture.delivered(transformed(template, QUEUE), DETAIL)).isEqualTo(input);
  }

  @Test
  void theWholeEventIsAVariable() {
    String all = fixture.delivered(transformed("{\"e\":<aws.events.event.json>}", QUEUE), "{}");
    assertThat(all).startsWith("{\"e\":{\"version\":\"0\"").endsWith("\"detail\":{}}}");
    String rest = fixture.delivered(transformed("{\"e\":<aws.events.event>}", QUEUE), "{}");
    assertThat(rest).startsWith("{\"e\":{\"version\":\"0\"").endsWith("\"resources\":[]}}");
  }

  private static Target transformed(String template, String arn) {
    Map<String, String> paths =
        Map.of(
            "id", "$.detail.instance-id",
            "state", "$.detail.state",
            "n", "$.detail.n",
            "say", "$.detail.say",
            "list", "$.detail.list",
            "gone", "$.detail.gone");
    return Target.builder()
        .id("t")
        .arn(arn)
        .inputTransformer(i -> i.inputPathsMap(paths).inputTemplate(template))
        .build();
  }
}
