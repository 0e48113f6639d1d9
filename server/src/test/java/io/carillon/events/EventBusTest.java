package io.carillon.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.Need;
import io.carillon.aws.ResourcePolicies.Owned;
import io.carillon.base.Arn;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.eventbridge.model.Condition;
import software.amazon.awssdk.services.eventbridge.model.CreateEventBusRequest;
import software.amazon.awssdk.services.eventbridge.model.DeleteEventBusRequest;
import software.amazon.awssdk.services.eventbridge.model.DescribeEventBusRequest;
import software.amazon.awssdk.services.eventbridge.model.DescribeEventBusResponse;
import software.amazon.awssdk.services.eventbridge.model.ListEventBusesRequest;
import software.amazon.awssdk.services.eventbridge.model.ListEventBusesResponse;
import software.amazon.awssdk.services.eventbridge.model.ListTagsForResourceRequest;
import software.amazon.awssdk.services.eventbridge.model.ListTagsForResourceResponse;
import software.amazon.awssdk.services.eventbridge.model.PutPermissionRequest;
import software.amazon.awssdk.services.eventbridge.model.PutRuleRequest;
import software.amazon.awssdk.services.eventbridge.model.RemovePermissionRequest;
import software.amazon.awssdk.services.eventbridge.model.Tag;
import software.amazon.awssdk.services.eventbridge.model.TagResourceRequest;
import software.amazon.awssdk.services.eventbridge.model.UntagResourceRequest;

/// Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Operations.html
class EventBusTest {
  private static final String BUS = "arn:aws:events:eu-central-1:111111111111:event-bus/";

  private final EventsFixture fixture = new EventsFixture();

  @Test
  void theDefaultBusExistsAlways() {
    assertThat(describe(null).arn()).isEqualTo(BUS + "default");
    assertThat(names(ListEventBusesRequest.builder().build())).containsExactly("default");
    refused(
        DeleteEventBusRequest.builder().name("default").build(),
        "ValidationException",
        "Cannot delete event bus default.");
    refused(
        CreateEventBusRequest.builder().name("default").build(),
        "ResourceAlreadyExistsException",
        "Event bus default already exists.");
  }

  @Test
  void aBusIsCreatedDescribedListedAndDeleted() {
    create("orders");
    assertThat(describe("orders"))
        .satisfies(
            bus -> {
              assertThat(bus.name()).isEqualTo("orders");
              assertThat(bus.arn()).isEqualTo(BUS + "orders");
              assertThat(bus.description()).isEqualTo("all orders");
              assertThat(bus.creationTime()).isEqualTo(EventsFixture.START);
            });
    assertThat(describe(BUS + "orders").name()).isEqualTo("orders");
    refused(
        CreateEventBusRequest.builder().name("orders").build(),
        "ResourceAlreadyExistsException",
        "Event bus orders already exists.");

    call(DeleteEventBusRequest.builder().name("orders").build());
    call(DeleteEventBusRequest.builder().name("orders").build()); // as on AWS, no error
    refused(
        DescribeEventBusRequest.builder().name("orders").build(),
        "ResourceNotFoundException",
        "Event bus orders does not exist.");
  }

  @Test
  void aBusWithRulesIsNotDeleted() {
    create("orders");
    call(
        PutRuleRequest.builder()
            .name("rule")
            .eventBusName("orders")
            .eventPattern(EventsFixture.ORDERS)
            .build());
    refused(
        DeleteEventBusRequest.builder().name("orders").build(),
        "ValidationException",
        "Event bus orders can't be deleted since it has rules.");
  }

  @Test
  void busesAreListedInPages() {
    List.of("a", "b", "z").forEach(this::create);
    assertThat(names(ListEventBusesRequest.builder().namePrefix("d").build()))
        .containsExactly("default");
    List<String> all = new ArrayList<>();
    String token = null;
    do {
      ListEventBusesResponse page =
          fixture.call(ListEventBusesRequest.builder().limit(1).nextToken(token).build());
      assertThat(page.eventBuses()).hasSize(1);
      page.eventBuses().forEach(bus -> all.add(bus.name()));
      token = page.nextToken();
    } while (token != null);
    assertThat(all).containsExactly("a", "b", "default", "z");
  }

  @Test
  void membersThatAreNotSupportedAreRefusedByName() {
    refused(
        CreateEventBusRequest.builder().name("n").kmsKeyIdentifier("key").build(),
        "ValidationException",
        "KmsKeyIdentifier is not supported by Carillon.");
    refused(
        CreateEventBusRequest.builder().name("n").eventSourceName("aws.partner/x").build(),
        "ValidationException",
        "A partner event bus (EventSourceName) is not supported by Carillon.");
    refused(
        CreateEventBusRequest.builder().name("n").deadLetterConfig(d -> d.arn("x")).build(),
        "ValidationException",
        "DeadLetterConfig of an event bus is not supported by Carillon.");
    refused(
        CreateEventBusRequest.builder().name("n").logConfig(l -> l.level("INFO")).build(),
        "ValidationException",
        "LogConfig is not supported by Carillon.");
  }

  @ParameterizedTest
  @CsvSource({
    "a/b, must not contain '/'",
    "a b, 'Member must satisfy regular expression pattern: [/.\\-_A-Za-z0-9]+'"
  })
  void namesOfBusesFollowAwsGrammar(String name, String message) {
    assertThatThrownBy(() -> create(name)).hasMessageContaining(message);
  }

  @Test
  void permissionsAreStatementsOfTheBusPolicy() {
    call(permission("bob", "222222222222"));
    call(permission("all", "*"));
    call(permission("all", "*")); // replaces the statement of this id
    assertThat(describe(null).policy())
        .isEqualTo(
            "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"bob\",\"Effect\":\"Allow\","
                + "\"Principal\":{\"AWS\":\"arn:aws:iam::222222222222:root\"},"
                + "\"Action\":\"events:PutEvents\",\"Resource\":\""
                + BUS
                + "default\"},{\"Sid\":\"all\",\"Effect\":\"Allow\",\"Principal\":\"*\","
                + "\"Action\":\"events:PutEvents\",\"Resource\":\""
                + BUS
                + "default\"}]}");
    assertThat(policyOf(BUS + "default")).isEqualTo(describe(null).policy());

    refused(
        RemovePermissionRequest.builder().statementId("other").build(),
        "ResourceNotFoundException",
        "Statement with the provided id does not exist.");
    call(RemovePermissionRequest.builder().statementId("all").build());
    call(RemovePermissionRequest.builder().statementId("bob").build());
    assertThat(describe(null).policy()).isNull();
    refused(
        RemovePermissionRequest.builder().statementId("bob").build(),
        "ResourceNotFoundException",
        "EventBus does not have a policy.");
  }

  @Test
  void aWholePolicyIsPutAndRemoved() {
    String policy =
        "{\"Version\":\"2012-10-17\",\"Statement\":{\"Sid\":\"x\",\"Effect\":\"Allow\","
            + "\"Principal\":{\"AWS\":\"222222222222\"},\"Action\":\"events:PutEvents\","
            + "\"Resource\":\"*\"}}";
    create("orders");
    call(PutPermissionRequest.builder().eventBusName("orders").policy(policy).build());
    assertThat(describe("orders").policy()).isEqualTo(policy);
    call(
        RemovePermissionRequest.builder()
            .eventBusName("orders")
            .removeAllPermissions(true)
            .build());
    assertThat(describe("orders").policy()).isNull();

    refused(
        PutPermissionRequest.builder()
            .policy(policy.replace("222222222222", "333333333333"))
            .build(),
        "ValidationException",
        "Parameter Policy is not valid.");
    refused(
        PutPermissionRequest.builder().policy(policy.replace("events:", "sqs:")).build(),
        "ValidationException",
        "It allows actions of other services.");
    refused(
        PutPermissionRequest.builder()
            .policy(policy.replace("\"x\"", "\"" + "x".repeat(10_240) + "\""))
            .build(),
        "PolicyLengthExceededException",
        "");
  }

  @Test
  void permissionsThatCannotBeGivenAreRefused() {
    refused(permission("s", "333333333333"), "ValidationException", "no account 333333333333");
    refused(permission("s", "bob"), "ValidationException", "Member must satisfy");
    refused(
        permission("s", "*").toBuilder().action("events:PutRule").build(),
        "ValidationException",
        "Provided value in parameter 'action' is not supported.");
    refused(
        permission("s", "*").toBuilder()
            .condition(
                Condition.builder()
                    .type("StringEquals")
                    .key("aws:PrincipalOrgID")
                    .value("o-1")
                    .build())
            .build(),
        "ValidationException",
        "Condition, which is for organizations, is not supported by Carillon.");
  }

  @Test
  void onlyTheOwnerManagesABus() {
    assertThatThrownBy(
            () -> {
              var _ =
                  fixture.callAs(
                      fixture.bob, DeleteEventBusRequest.builder().name(BUS + "orders").build());
            })
        .hasMessageContaining("Managing an event bus of another account");
  }

  @Test
  void busesHaveTags() {
    create("orders");
    String arn = BUS + "orders";
    call(
        TagResourceRequest.builder()
            .resourceARN(arn)
            .tags(tag("team", "blue"), tag("a", ""))
            .build());
    call(UntagResourceRequest.builder().resourceARN(arn).tagKeys("a").build());
    ListTagsForResourceResponse tags =
        fixture.call(ListTagsForResourceRequest.builder().resourceARN(arn).build());
    assertThat(tags.tags()).containsExactly(tag("stage", "test"), tag("team", "blue"));
    refused(
        TagResourceRequest.builder().resourceARN(arn).tags(tag("aws:x", "")).build(),
        "ValidationException",
        "reserved");
    refused(
        TagResourceRequest.builder().resourceARN(BUS + "none").tags(tag("x", "")).build(),
        "ResourceNotFoundException",
        "Event bus none does not exist.");
  }

  @Test
  void creatingABusWithTagsNeedsThePermissionToTag() {
    assertThat(fixture.needs(CreateEventBusRequest.builder().name("n").tags(tag("k", "v")).build()))
        .extracting(Need::action, Need::resource)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("events:CreateEventBus", BUS + "n"),
            org.assertj.core.groups.Tuple.tuple("events:TagResource", BUS + "n"));
  }

  private void create(String name) {
    call(
        CreateEventBusRequest.builder()
            .name(name)
            .description("all orders")
            .tags(tag("stage", "test"))
            .build());
  }

  private static PutPermissionRequest permission(String id, String principal) {
    return PutPermissionRequest.builder()
        .statementId(id)
        .principal(principal)
        .action("events:PutEvents")
        .build();
  }

  private static Tag tag(String key, String value) {
    return Tag.builder().key(key).value(value).build();
  }

  private DescribeEventBusResponse describe(@Nullable String name) {
    return fixture.call(DescribeEventBusRequest.builder().name(name).build());
  }

  private List<String> names(ListEventBusesRequest request) {
    ListEventBusesResponse response = fixture.call(request);
    return response.eventBuses().stream().map(bus -> bus.name()).toList();
  }

  private String policyOf(String arn) {
    Optional<Owned> owned =
        fixture.database.read(
            snapshot ->
                fixture.service.resourcePolicies().orElseThrow().find(snapshot, Arn.parse(arn)));
    assertThat(owned.orElseThrow().pinned()).isEqualTo(Map.of());
    return owned.orElseThrow().policy().orElseThrow();
  }

  private void call(SdkPojo request) {
    var _ = fixture.call(request);
  }

  private void refused(SdkPojo request, String code, String message) {
    Refusals.assertRefused(() -> call(request), code, message);
  }
}
