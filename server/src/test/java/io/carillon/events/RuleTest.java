package io.carillon.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.Need;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.eventbridge.model.CreateEventBusRequest;
import software.amazon.awssdk.services.eventbridge.model.DeleteRuleRequest;
import software.amazon.awssdk.services.eventbridge.model.DescribeRuleRequest;
import software.amazon.awssdk.services.eventbridge.model.DescribeRuleResponse;
import software.amazon.awssdk.services.eventbridge.model.DisableRuleRequest;
import software.amazon.awssdk.services.eventbridge.model.EnableRuleRequest;
import software.amazon.awssdk.services.eventbridge.model.ListRuleNamesByTargetRequest;
import software.amazon.awssdk.services.eventbridge.model.ListRuleNamesByTargetResponse;
import software.amazon.awssdk.services.eventbridge.model.ListRulesRequest;
import software.amazon.awssdk.services.eventbridge.model.ListRulesResponse;
import software.amazon.awssdk.services.eventbridge.model.ListTagsForResourceRequest;
import software.amazon.awssdk.services.eventbridge.model.ListTagsForResourceResponse;
import software.amazon.awssdk.services.eventbridge.model.PutRuleRequest;
import software.amazon.awssdk.services.eventbridge.model.PutRuleResponse;
import software.amazon.awssdk.services.eventbridge.model.RemoveTargetsRequest;
import software.amazon.awssdk.services.eventbridge.model.Rule;
import software.amazon.awssdk.services.eventbridge.model.RuleState;
import software.amazon.awssdk.services.eventbridge.model.Tag;
import software.amazon.awssdk.services.eventbridge.model.TagResourceRequest;
import software.amazon.awssdk.services.eventbridge.model.TestEventPatternRequest;
import software.amazon.awssdk.services.eventbridge.model.TestEventPatternResponse;

class RuleTest {
  private static final String ARN = "arn:aws:events:eu-central-1:111111111111:rule/";
  private static final String EVENT =
      """
      {"id":"1","account":"111111111111","source":"shop","time":"2026-03-01T10:00:00Z",
       "region":"eu-central-1","resources":[],"detail-type":"Order placed",
       "detail":{"state":"new","total":12.5,"ip":"10.0.0.7","file":"a/b/c.jpg","tags":["x","y"]}}
      """;

  private final EventsFixture fixture = new EventsFixture();

  @Test
  void aRuleIsPutDescribedListedAndDeleted() {
    PutRuleResponse put =
        fixture.call(
            PutRuleRequest.builder()
                .name("rule")
                .description("orders")
                .eventPattern(EventsFixture.ORDERS)
                .build());
    assertThat(put.ruleArn()).isEqualTo(ARN + "rule");
    assertThat(describe("rule"))
        .isEqualTo(
            DescribeRuleResponse.builder()
                .name("rule")
                .arn(ARN + "rule")
                .description("orders")
                .eventPattern(EventsFixture.ORDERS)
                .state(RuleState.ENABLED)
                .eventBusName("default")
                .createdBy("111111111111")
                .build());
    ListRulesResponse listed = fixture.call(ListRulesRequest.builder().namePrefix("r").build());
    assertThat(listed.rules()).extracting(Rule::arn).containsExactly(ARN + "rule");

    call(DeleteRuleRequest.builder().name("rule").build());
    call(DeleteRuleRequest.builder().name("rule").build()); // as on AWS, no error
    refused(
        DescribeRuleRequest.builder().name("rule").build(),
        "ResourceNotFoundException",
        "Rule rule does not exist on EventBus default.");
  }

  @Test
  void theArnOfARuleNamesItsBusUnlessItIsTheDefault() {
    call(CreateEventBusRequest.builder().name("orders").build());
    PutRuleResponse put =
        fixture.call(
            PutRuleRequest.builder()
                .name("rule")
                .eventBusName("orders")
                .eventPattern(EventsFixture.ORDERS)
                .build());
    assertThat(put.ruleArn()).isEqualTo(ARN + "orders/rule");
    call(
        TagResourceRequest.builder()
            .resourceARN(ARN + "orders/rule")
            .tags(Tag.builder().key("k").value("v").build())
            .build());
    ListTagsForResourceResponse tags =
        fixture.call(ListTagsForResourceRequest.builder().resourceARN(ARN + "orders/rule").build());
    assertThat(tags.tags()).hasSize(1);
  }

  @Test
  void aRuleNeedsItsBus() {
    refused(
        PutRuleRequest.builder()
            .name("rule")
            .eventBusName("none")
            .eventPattern(EventsFixture.ORDERS)
            .build(),
        "ResourceNotFoundException",
        "Event bus none does not exist.");
  }

  @Test
  void puttingARuleAgainReplacesAllButTargetsAndTags() {
    fixture.putRule("rule", EventsFixture.ORDERS);
    fixture.putTargets("rule", EventsFixture.target("t", EventsFixture.QUEUE));
    call(
        PutRuleRequest.builder()
            .name("rule")
            .eventPattern("{\"source\":[\"other\"]}")
            .state(RuleState.DISABLED)
            .build());
    assertThat(describe("rule").eventPattern()).isEqualTo("{\"source\":[\"other\"]}");
    assertThat(describe("rule").state()).isEqualTo(RuleState.DISABLED);
    assertThat(namesByTarget(EventsFixture.QUEUE)).containsExactly("rule");
    assertThat(namesByTarget(EventsFixture.FUNCTION)).isEmpty();
  }

  @Test
  void aDisabledRuleMatchesNothingUntilItIsEnabled() {
    fixture.putRule("rule", EventsFixture.ORDERS);
    fixture.putTargets("rule", EventsFixture.target("t", EventsFixture.QUEUE));
    call(DisableRuleRequest.builder().name("rule").build());
    fixture.put(EventsFixture.entry("shop", "{}"));
    assertThat(fixture.outbox).isEmpty();
    call(EnableRuleRequest.builder().name("rule").build());
    fixture.put(EventsFixture.entry("shop", "{}"));
    assertThat(fixture.outbox).hasSize(1);
  }

  @Test
  void aRuleWithTargetsIsNotDeleted() {
    fixture.putRule("rule", EventsFixture.ORDERS);
    fixture.putTargets("rule", EventsFixture.target("t", EventsFixture.QUEUE));
    refused(
        DeleteRuleRequest.builder().name("rule").build(),
        "ValidationException",
        "Rule can't be deleted since it has targets.");
    call(RemoveTargetsRequest.builder().rule("rule").ids("t").build());
    call(DeleteRuleRequest.builder().name("rule").build());
  }

  @Test
  void theNumberOfRulesIsLimited() {
    for (int i = 0; i < 300; i++) {
      fixture.putRule("rule" + i, EventsFixture.ORDERS);
    }
    refused(
        PutRuleRequest.builder().name("more").eventPattern(EventsFixture.ORDERS).build(),
        "LimitExceededException",
        "The requested resource exceeds the maximum number allowed.");
    fixture.putRule("rule0", "{\"source\":[\"other\"]}");
  }

  @Test
  void whatIsNotSupportedIsRefusedByName() {
    PutRuleRequest rule =
        PutRuleRequest.builder().name("rule").eventPattern(EventsFixture.ORDERS).build();
    refused(
        rule.toBuilder().scheduleExpression("rate(5 minutes)").build(),
        "ValidationException",
        "ScheduleExpression is not supported by Carillon.");
    refused(
        rule.toBuilder().roleArn("arn:aws:iam::111111111111:role/r").build(),
        "ValidationException",
        "RoleArn of a rule is not supported by Carillon.");
    refused(
        rule.toBuilder().state("ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS").build(),
        "ValidationException",
        "is not supported by Carillon.");
    refused(
        rule.toBuilder().state("ON").build(), "ValidationException", "Member must satisfy enum");
    refused(
        rule.toBuilder().eventPattern(null).build(),
        "ValidationException",
        "Parameter(s) EventPattern or ScheduleExpression must be specified.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "no json | Invalid JSON",
        "{\"source\":\"a\"} | \"source\" must be an object or an array",
        "{} | Empty objects are not allowed",
        "{\"source\":[{\"like\":\"a\"}]} | Unrecognized match type like",
        "{\"detail\":{\"k\":[{\"wildcard\":\"**\"}]}} | Consecutive wildcard characters"
      })
  void invalidPatternsAreRefused(String pattern, String reason) {
    refused(
        PutRuleRequest.builder().name("rule").eventPattern(pattern).build(),
        "InvalidEventPatternException",
        "Event pattern is not valid. Reason: " + reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"source\":[\"shop\"]} | true",
        "{\"source\":[\"other\"]} | false",
        "{\"source\":[{\"prefix\":\"sh\"}],\"detail\":{\"state\":[{\"anything-but\":\"old\"}]}} |"
            + " true",
        "{\"detail\":{\"total\":[{\"numeric\":[\">\",12,\"<=\",12.5]}]}} | true",
        "{\"detail\":{\"total\":[{\"numeric\":[\">\",12.5]}]}} | false",
        "{\"detail\":{\"ip\":[{\"cidr\":\"10.0.0.0/24\"}]}} | true",
        "{\"detail\":{\"file\":[{\"suffix\":\".jpg\"}]}} | true",
        "{\"detail\":{\"file\":[{\"wildcard\":\"a/*/c.*\"}]}} | true",
        "{\"detail\":{\"gone\":[{\"exists\":false}]}} | true",
        "{\"detail\":{\"state\":[{\"equals-ignore-case\":\"NEW\"}]}} | true",
        "{\"detail\":{\"tags\":[\"y\"]}} | true",
        "{\"detail\":{\"$or\":[{\"state\":[\"old\"]},{\"tags\":[\"x\"]}]}} | true"
      })
  void patternsMatchAsEventRulerDoes(String pattern, boolean matches) {
    TestEventPatternResponse response =
        fixture.call(TestEventPatternRequest.builder().eventPattern(pattern).event(EVENT).build());
    assertThat(response.result()).isEqualTo(matches);
  }

  @Test
  void aTestNeedsAWholeEvent() {
    refused(
        TestEventPatternRequest.builder()
            .eventPattern(EventsFixture.ORDERS)
            .event("{\"source\":\"shop\"}")
            .build(),
        "ValidationException",
        "Parameter Event is not valid. Reason: It has no id.");
    refused(
        TestEventPatternRequest.builder().eventPattern(EventsFixture.ORDERS).event("[]").build(),
        "ValidationException",
        "It is not a JSON object.");
  }

  @Test
  void theNeedOfPutRuleNamesWhatTheRuleWatches() {
    List<Need> needs =
        fixture.needs(
            PutRuleRequest.builder()
                .name("rule")
                .eventPattern("{\"source\":[\"shop\",{\"prefix\":\"x\"}],\"detail-type\":[\"d\"]}")
                .build());
    assertThat(needs)
        .containsExactly(
            new Need(
                "events:PutRule",
                ARN + "rule",
                Map.of(
                    "events:creatorAccount", List.of("111111111111"),
                    "events:source", List.of("shop"),
                    "events:detail-type", List.of("d"))));
  }

  private DescribeRuleResponse describe(String name) {
    return fixture.call(DescribeRuleRequest.builder().name(name).build());
  }

  private List<String> namesByTarget(String arn) {
    ListRuleNamesByTargetResponse response =
        fixture.call(ListRuleNamesByTargetRequest.builder().targetArn(arn).build());
    return response.ruleNames();
  }

  private void call(SdkPojo request) {
    var _ = fixture.call(request);
  }

  private void refused(SdkPojo request, String code, String message) {
    Refusals.assertRefused(() -> call(request), code, message);
  }
}
