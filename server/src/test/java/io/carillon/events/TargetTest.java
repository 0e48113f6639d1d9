package io.carillon.events;

import static io.carillon.events.EventsFixture.DEAD_LETTERS;
import static io.carillon.events.EventsFixture.QUEUE;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.eventbridge.model.DeadLetterConfig;
import software.amazon.awssdk.services.eventbridge.model.InputTransformer;
import software.amazon.awssdk.services.eventbridge.model.ListTargetsByRuleRequest;
import software.amazon.awssdk.services.eventbridge.model.ListTargetsByRuleResponse;
import software.amazon.awssdk.services.eventbridge.model.RemoveTargetsRequest;
import software.amazon.awssdk.services.eventbridge.model.RetryPolicy;
import software.amazon.awssdk.services.eventbridge.model.SqsParameters;
import software.amazon.awssdk.services.eventbridge.model.Target;

/// Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html
class TargetTest {
  private final EventsFixture fixture = new EventsFixture();

  @BeforeEach
  void putRule() {
    fixture.putRule("rule", EventsFixture.ORDERS);
  }

  @Test
  void targetsAreListedAsTheyWerePut() {
    Target whole =
        Target.builder()
            .id("whole")
            .arn(QUEUE)
            .inputTransformer(
                InputTransformer.builder()
                    .inputPathsMap(Map.of("total", "$.detail.total"))
                    .inputTemplate("{\"t\":<total>}")
                    .build())
            .retryPolicy(
                RetryPolicy.builder().maximumEventAgeInSeconds(60).maximumRetryAttempts(0).build())
            .deadLetterConfig(DeadLetterConfig.builder().arn(DEAD_LETTERS).build())
            .build();
    Target path = Target.builder().id("path").arn(QUEUE).inputPath("$.detail").build();
    Target input = Target.builder().id("input").arn(QUEUE).input("{}").build();
    fixture.putTargets("rule", whole, path, input);
    assertThat(targets().targets()).containsExactly(input, path, whole);

    Target other = EventsFixture.target("path", EventsFixture.FUNCTION);
    fixture.putTargets("rule", other); // replaces that of the same id
    var _ = fixture.call(RemoveTargetsRequest.builder().rule("rule").ids("whole", "none").build());
    assertThat(targets().targets()).containsExactly(input, other);
  }

  @Test
  void aRuleHasAtMostFiveTargets() {
    Target[] five =
        IntStream.range(0, 5)
            .mapToObj(i -> EventsFixture.target("t" + i, QUEUE))
            .toArray(Target[]::new);
    fixture.putTargets("rule", five);
    refused(
        EventsFixture.target("more", QUEUE),
        "LimitExceededException",
        "The requested resource exceeds the maximum number allowed.");
    fixture.putTargets("rule", five);
  }

  @Test
  void aTargetHasOneInput() {
    refused(
        Target.builder().id("t").arn(QUEUE).input("{}").inputPath("$").build(),
        "ValidationException",
        "Only one of Input, InputPath, or InputTransformer must be provided for target t.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "arn:aws:kinesis:eu-central-1:111111111111:stream/s | service kinesis is not supported",
        "arn:aws:events:eu-central-1:111111111111:event-bus/b | service events is not supported",
        "arn:aws:logs:eu-central-1:111111111111:destination:d | Arn is not in correct format",
        "arn:aws:ecs:eu-central-1:111111111111:cluster/c | service ecs is not supported",
        "arn:aws:states:eu-central-1:111111111111:stateMachine:s | service states is not supported",
        "arn:aws:sqs:eu-central-1:111111111111:q.fifo | A FIFO queue or topic is not supported",
        "arn:aws:sqs:us-east-1:111111111111:q | must be in the region of its rule",
        "arn:aws:lambda:eu-central-1:111111111111:layer:l | Arn is not in correct format",
        "arn:aws:sqs:eu-central-1:abc:q | Provided Arn is not in correct format",
        "queue | Provided Arn is not in correct format"
      })
  void otherTargetsAreRefusedByName(String arn, String message) {
    refused(EventsFixture.target("t", arn), "ValidationException", message);
  }

  @Test
  void parametersOfOtherTargetsAreRefusedByName() {
    Target queue = EventsFixture.target("t", QUEUE);
    refused(
        queue.toBuilder()
            .sqsParameters(SqsParameters.builder().messageGroupId("g").build())
            .build(),
        "ValidationException",
        "SqsParameters (MessageGroupId) is not supported by Carillon.");
    refused(
        queue.toBuilder().roleArn("arn:aws:iam::111111111111:role/r").build(),
        "ValidationException",
        "RoleArn of a target is not supported by Carillon.");
    refused(
        queue.toBuilder().kinesisParameters(k -> k.partitionKeyPath("$")).build(),
        "ValidationException",
        "KinesisParameters is not supported by Carillon.");
  }

  @Test
  void aLogGroupGetsTheEventItself() {
    refused(
        Target.builder()
            .id("t")
            .arn("arn:aws:logs:eu-central-1:111111111111:log-group:g")
            .inputPath("$.detail")
            .build(),
        "ValidationException",
        "An input of its own for a log group (target t) is not supported by Carillon.");
  }

  @ParameterizedTest
  @CsvSource({"$.detail[?(@.x)]", "detail", "$..x", "$.a[-1]", "$.a[1:2]"})
  void pathsThatEventBridgeDoesNotSupportAreRefused(String path) {
    refused(
        Target.builder().id("t").arn(QUEUE).inputPath(path).build(),
        "ValidationException",
        "Invalid InputPath for target t");
  }

  @Test
  void templatesUseDefinedVariables() {
    refused(
        transformed(Map.of("a", "$.id"), "{\"x\": <a>, \"y\": <b>, \"z\": <aws.events.rule-arn>}"),
        "ValidationException",
        "Invalid InputTemplate for target t: InputPathsMap does not define b.");
    refused(transformed(Map.of("aws.x", "$.id"), "{}"), "ValidationException", "the name aws.x");
    refused(
        transformed(Map.of("a", "id"), "{}"),
        "ValidationException",
        "Invalid InputPathsMap for target t");
  }

  @Test
  void valuesOutOfRangeAreRefused() {
    refused(
        retries(RetryPolicy.builder().maximumRetryAttempts(186).build()),
        "ValidationException",
        "Member must have value less than or equal to 185");
    refused(
        retries(RetryPolicy.builder().maximumEventAgeInSeconds(59).build()),
        "ValidationException",
        "Member must have value greater than or equal to 60");
    refused(
        Target.builder().id("t").arn(QUEUE).input("{").build(),
        "ValidationException",
        "JSON syntax error in input for target t.");
    refused(
        Target.builder().id("t").arn(QUEUE).deadLetterConfig(d -> d.arn("queue")).build(),
        "ValidationException",
        "is not the Arn of an SQS queue in the rule's region.");
  }

  private static Target retries(RetryPolicy policy) {
    return Target.builder().id("t").arn(QUEUE).retryPolicy(policy).build();
  }

  private static Target transformed(Map<String, String> paths, String template) {
    return Target.builder()
        .id("t")
        .arn(QUEUE)
        .inputTransformer(i -> i.inputPathsMap(paths).inputTemplate(template))
        .build();
  }

  private ListTargetsByRuleResponse targets() {
    return fixture.call(ListTargetsByRuleRequest.builder().rule("rule").build());
  }

  private void refused(Target target, String code, String message) {
    Refusals.assertRefused(() -> fixture.putTargets("rule", target), code, message);
  }
}
