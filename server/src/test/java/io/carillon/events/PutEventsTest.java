package io.carillon.events;

import static io.carillon.events.EventsFixture.FUNCTION;
import static io.carillon.events.EventsFixture.QUEUE;
import static io.carillon.events.EventsFixture.entry;
import static io.carillon.events.EventsFixture.target;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.Need;
import io.carillon.messaging.Sender;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.eventbridge.model.CreateEventBusRequest;
import software.amazon.awssdk.services.eventbridge.model.PutEventsRequest;
import software.amazon.awssdk.services.eventbridge.model.PutEventsRequestEntry;
import software.amazon.awssdk.services.eventbridge.model.PutEventsResponse;
import software.amazon.awssdk.services.eventbridge.model.PutEventsResultEntry;
import software.amazon.awssdk.services.eventbridge.model.PutRuleRequest;

/// Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
class PutEventsTest {
  private static final String BUS = "arn:aws:events:eu-central-1:111111111111:event-bus/";

  private final EventsFixture fixture = new EventsFixture();

  @Test
  void anEventReachesEveryTargetOfEveryRuleThatMatches() {
    fixture.putRule("orders", EventsFixture.ORDERS);
    fixture.putTargets("orders", target("q", QUEUE), target("f", FUNCTION));
    fixture.putRule("large", "{\"detail\":{\"total\":[{\"numeric\":[\">\",100]}]}}");
    fixture.putTargets("large", target("q", QUEUE));
    fixture.putRule("other", "{\"source\":[\"other\"]}");
    fixture.putTargets("other", target("q", QUEUE));

    PutEventsResponse response = fixture.put(entry("shop", "{\"total\":101}"));
    fixture.runAll();

    assertThat(response.failedEntryCount()).isZero();
    assertThat(fixture.messages)
        .extracting(
            message -> ((Sender.Service) message.sender()).source().resource(),
            message -> message.destination().toString())
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("rule/large", QUEUE),
            org.assertj.core.groups.Tuple.tuple("rule/orders", QUEUE),
            org.assertj.core.groups.Tuple.tuple("rule/orders", FUNCTION));
    assertThat(fixture.messages)
        .allSatisfy(
            message ->
                assertThat(((Sender.Service) message.sender()).principal())
                    .isEqualTo("events.amazonaws.com"));
    assertThat(EventsFixture.payload(fixture.messages.getFirst()))
        .contains("\"id\":\"" + response.entries().getFirst().eventId() + "\"");
    assertThat(fixture.steps)
        .containsExactly("ACCEPTED", "MATCHED", "MATCHED", "MATCHED", "DELIVERED", "DELIVERED");
  }

  @Test
  void aChangedRuleCountsFromTheNextEventOn() {
    fixture.putRule("rule", EventsFixture.ORDERS);
    fixture.putTargets("rule", target("q", QUEUE));
    fixture.put(entry("shop", "{}"));
    fixture.putRule("rule", "{\"source\":[\"other\"]}");
    fixture.put(entry("shop", "{}"));
    fixture.put(entry("other", "{}"));
    fixture.runAll();
    assertThat(fixture.messages).hasSize(2);
  }

  @Test
  void eachEntryIsAcceptedOrRefusedByItself() {
    PutEventsResponse response =
        fixture.put(
            entry("shop", "{}"),
            entry("aws.s3", "{}"),
            entry("shop", "[]"),
            entry("shop", "{\"a\":"),
            entry("", "{}"),
            entry("shop", "{}").toBuilder().detailType(null).build(),
            entry("shop", "{}").toBuilder().detail(null).build());
    assertThat(response.failedEntryCount()).isEqualTo(6);
    assertThat(response.entries().getFirst().eventId()).hasSize(36);
    assertThat(response.entries().subList(1, 7))
        .extracting(PutEventsResultEntry::errorCode, PutEventsResultEntry::errorMessage)
        .containsExactly(
            error("NotAuthorizedForSourceException", "Not authorized for the source."),
            error("MalformedDetail", "Detail is malformed."),
            error("MalformedDetail", "Detail is malformed."),
            required("Source"),
            required("DetailType"),
            required("Detail"));
  }

  private static org.assertj.core.groups.Tuple error(String code, String message) {
    return org.assertj.core.groups.Tuple.tuple(code, message);
  }

  private static org.assertj.core.groups.Tuple required(String member) {
    return error(
        "InvalidArgument",
        "Parameter " + member + " is not valid. Reason: " + member + " is a required argument.");
  }

  @Test
  void aRequestHasAtMostTenEntriesAndOneMebibyte() {
    Refusals.assertRefused(
        () ->
            fixture.put(
                Collections.nCopies(11, entry("s", "{}")).toArray(PutEventsRequestEntry[]::new)),
        "ValidationException",
        "Member must have length less than or equal to 10");
    Refusals.assertRefused(
        () -> fixture.put(),
        "ValidationException",
        "Member must have length greater than or equal to 1");
    int others = "shop".length() + "Order placed".length() + "{\"x\":\"\"}".length();
    String fits = "{\"x\":\"" + "x".repeat(1_048_576 - others) + "\"}";
    assertThat(fixture.put(entry("shop", fits)).failedEntryCount()).isZero();
    Refusals.assertRefused(
        () -> fixture.put(entry("shop", fits.replace("x\"}", "xx\"}"))),
        "ValidationException",
        "Total size of the entries in the request is over the limit.");
  }

  @Test
  void anEventCarriesItsTimeResourcesAndTrace() {
    fixture.putRule("rule", "{\"resources\":[\"a\"]}");
    fixture.putTargets("rule", target("q", QUEUE));
    fixture.put(
        entry("shop", "{}").toBuilder()
            .time(Instant.parse("2026-02-03T04:05:06.789Z"))
            .resources("a", "b")
            .traceHeader("Root=1-2-3")
            .build());
    fixture.runAll();
    assertThat(EventsFixture.payload(fixture.messages.getFirst()))
        .contains("\"time\":\"2026-02-03T04:05:06Z\"", "\"resources\":[\"a\",\"b\"]");
    assertThat(fixture.messages.getFirst().traceHeader()).isEqualTo("Root=1-2-3");
  }

  @Test
  void eventsOfOtherAccountsKeepTheirAccount() {
    Object unused = fixture.call(CreateEventBusRequest.builder().name("orders").build());
    unused =
        fixture.call(
            PutRuleRequest.builder()
                .name("rule")
                .eventBusName("orders")
                .eventPattern("{\"account\":[\"222222222222\"]}")
                .build());
    unused =
        fixture.call(
            software.amazon.awssdk.services.eventbridge.model.PutTargetsRequest.builder()
                .rule("rule")
                .eventBusName(BUS + "orders")
                .targets(target("q", QUEUE))
                .build());
    unused =
        fixture.callAs(
            fixture.bob,
            PutEventsRequest.builder()
                .entries(entry("shop", "{}").toBuilder().eventBusName(BUS + "orders").build())
                .build());
    fixture.runAll();
    assertThat(EventsFixture.payload(fixture.messages.getFirst()))
        .contains("\"account\":\"222222222222\"");
  }

  /// As on AWS.
  @Test
  void anEventForABusThatDoesNotExistIsAcceptedAndReachesNobody() {
    PutEventsResponse response =
        fixture.put(entry("shop", "{}").toBuilder().eventBusName("none").build());
    assertThat(response.failedEntryCount()).isZero();
    assertThat(response.entries().getFirst().eventId()).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "arn:aws:events:eu-central-1:abc:event-bus/b",
        "arn:aws:events:us-east-1:111111111111:event-bus/b",
        "arn:aws:events:eu-central-1:111111111111:rule/b",
        "arn:aws:sqs:eu-central-1:111111111111:event-bus/b",
        "arn:"
      })
  void otherArnsAreNoBuses(String arn) {
    Refusals.assertRefused(
        () -> fixture.put(entry("shop", "{}").toBuilder().eventBusName(arn).build()),
        "ValidationException",
        "Provided Arn is not that of an event bus in eu-central-1");
  }

  @Test
  void globalEndpointsAreRefusedByName() {
    Refusals.assertRefused(
        () -> {
          var _ =
              fixture.call(
                  PutEventsRequest.builder()
                      .endpointId("a.b")
                      .entries(entry("shop", "{}"))
                      .build());
        },
        "ValidationException",
        "EndpointId is not supported by Carillon.");
  }

  @Test
  void theCallerNeedsThePermissionForEachSourceOnEachBus() {
    List<Need> needs =
        fixture.needs(
            PutEventsRequest.builder()
                .entries(
                    entry("shop", "{}"),
                    entry("shop", "{}"),
                    entry("other", "{}").toBuilder().eventBusName("orders").build())
                .build());
    assertThat(needs).containsExactly(need("default", "shop"), need("orders", "other"));
    fixture.denied = need -> need.resource().endsWith("/orders");
    assertThatThrownBy(
            () -> fixture.put(entry("s", "{}").toBuilder().eventBusName("orders").build()))
        .hasMessage("not events:PutEvents on " + BUS + "orders");
  }

  private static Need need(String bus, String source) {
    return new Need(
        "events:PutEvents",
        BUS + bus,
        Map.of(
            "events:source", List.of(source),
            "events:detail-type", List.of("Order placed"),
            "events:eventBusInvocation", List.of("false")));
  }
}
