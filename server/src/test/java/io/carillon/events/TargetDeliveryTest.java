package io.carillon.events;

import static io.carillon.events.EventsFixture.DEAD_LETTERS;
import static io.carillon.events.EventsFixture.FUNCTION;
import static io.carillon.events.EventsFixture.QUEUE;
import static io.carillon.events.EventsFixture.entry;
import static io.carillon.events.EventsFixture.job;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.messaging.Acceptance;
import io.carillon.messaging.Acceptance.Refused.Reason;
import io.carillon.messaging.ServiceMessage;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.RetryPolicy;
import io.carillon.outbox.Work;
import io.carillon.store.Tx;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.eventbridge.model.Target;

/// Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
class TargetDeliveryTest {
  private static final String RULE = "arn:aws:events:eu-central-1:111111111111:rule/rule";

  private final EventsFixture fixture = new EventsFixture();

  @ParameterizedTest
  @CsvSource({"ABSENT, NO_RESOURCE", "DENIED, NO_PERMISSIONS", "OTHER, ERROR_FROM_TARGET"})
  void anEventThatATargetRefusesGoesToItsDeadLetterQueueWithoutRetries(Reason reason, String code) {
    Work work = put(target().inputPath("$.detail").build());
    fixture.recipients = refusingTheTarget(reason);
    fixture.outbox.add(work);
    fixture.runAll();

    ServiceMessage letter = fixture.messages.getFirst();
    assertThat(letter.destination()).hasToString(DEAD_LETTERS);
    assertThat(EventsFixture.payload(letter)) // the event, not the target's input
        .startsWith("{\"version\":\"0\"")
        .endsWith("\"detail\":{\"a\":1}}");
    assertThat(attributes(letter))
        .isEqualTo(
            Map.of(
                "RULE_ARN", RULE,
                "TARGET_ARN", QUEUE,
                "ERROR_CODE", code,
                "ERROR_MESSAGE", "the target says no",
                "RETRY_ATTEMPTS", "0"));
  }

  @Test
  void anEventWhoseRetriesAreUsedUpSaysSo() {
    Work work = put(target().retryPolicy(r -> r.maximumRetryAttempts(2)).build());
    assertThat(fixture.deadLetter(job(work, 3), "the disk is full")).isTrue();
    fixture.runAll();
    assertThat(attributes(fixture.messages.getFirst()))
        .containsEntry("EXHAUSTED_RETRY_CONDITION", "MaximumRetryAttempts")
        .containsEntry("ERROR_CODE", "INTERNAL_ERROR")
        .containsEntry("ERROR_MESSAGE", "the disk is full")
        .containsEntry("RETRY_ATTEMPTS", "2");
  }

  @Test
  void anEventThatBecameTooOldSaysSo() {
    Work work = put(target().retryPolicy(r -> r.maximumEventAgeInSeconds(60)).build());
    assertThat(fixture.deadLetter(job(work, 5), "too old: the disk is full")).isTrue();
    fixture.runAll();
    assertThat(attributes(fixture.messages.getFirst()))
        .containsEntry("EXHAUSTED_RETRY_CONDITION", "MaximumEventAgeInSeconds")
        .containsEntry("RETRY_ATTEMPTS", "4");
  }

  @Test
  void withoutADeadLetterQueueTheOutboxKeepsTheEvent() {
    Work work = put(Target.builder().id("t").arn(QUEUE).build());
    assertThat(fixture.deadLetter(job(work, 1), "NO_RESOURCE: gone")).isFalse();
  }

  @Test
  void aDeadLetterQueueThatRefusesLeavesTheEventToTheOutbox() {
    Work work = put(target().build());
    assertThat(fixture.deadLetter(job(work, 1), "NO_RESOURCE: gone")).isTrue();
    fixture.recipients = _ -> new Acceptance.Refused("the queue is gone", Reason.ABSENT);
    Work toQueue = fixture.outbox.removeFirst();
    assertThat(fixture.outcome(job(toQueue, 1)))
        .isEqualTo(new DeliveryOutcome.Rejected("the queue is gone"));
    assertThat(fixture.deadLetter(job(toQueue, 1), "the queue is gone")).isFalse();
  }

  /// A variable that an event lacks leaves a hole in the template.
  @Test
  void anInputThatIsNoJsonIsNotDelivered() {
    Work work =
        put(
            target()
                .inputTransformer(
                    i -> i.inputPathsMap(Map.of("v", "$.detail.gone")).inputTemplate("{\"v\":<v>}"))
                .build());
    assertThat(fixture.outcome(job(work, 1)))
        .isEqualTo(
            new DeliveryOutcome.Rejected(
                "INVALID_JSON: the input made for the target is not JSON"));
    assertThat(fixture.database.plan(s -> fixture.delivery(work).plan(s, work)).value()).isEmpty();
  }

  @Test
  void anEventThatATargetAcceptsIsDeliveredInTheCommitThatCausedIt() {
    Work work = put(target().build());
    Consumer<Tx> effect =
        fixture.database.plan(s -> fixture.delivery(work).plan(s, work)).value().orElseThrow();
    fixture.database.write(
        tx -> {
          effect.accept(tx);
          return true;
        });
    assertThat(fixture.messages).hasSize(1);
    fixture.recipients = _ -> new Acceptance.Refused("the queue is gone", Reason.ABSENT);
    assertThat(fixture.database.plan(s -> fixture.delivery(work).plan(s, work)).value()).isEmpty();
  }

  @Test
  void functionsGetJsonOnly() {
    Work work =
        put(
            Target.builder()
                .id("t")
                .arn(FUNCTION)
                .inputTransformer(i -> i.inputTemplate("plain text"))
                .build());
    assertThat(fixture.outcome(job(work, 1))).isInstanceOf(DeliveryOutcome.Rejected.class);
  }

  @Test
  void byDefaultAnEventIsRetried185TimesWithin24Hours() {
    RetryPolicy policy = TargetRetries.policy(null, null);
    assertThat(policy.maxAttempts()).isEqualTo(186);
    assertThat(policy.maxAge()).isEqualTo(Duration.ofHours(24));
    Duration all =
        IntStream.rangeClosed(1, 185)
            .mapToObj(i -> policy.waitAfter(i).orElseThrow())
            .reduce(Duration.ZERO, Duration::plus);
    assertThat(all).isBetween(Duration.ofHours(23), Duration.ofHours(24));
    assertThat(policy.waitAfter(186)).isEmpty();
    assertThat(TargetRetries.policy(0, 60).maxAttempts()).isEqualTo(1);
    assertThat(TargetRetries.policy(3, 60).waitAfter(3)).hasValue(Duration.ofSeconds(4));
  }

  private Work put(Target target) {
    fixture.putRule("rule", EventsFixture.ORDERS);
    fixture.putTargets("rule", target);
    fixture.put(entry("shop", "{\"a\":1}"));
    return fixture.outbox.removeFirst();
  }

  private static Target.Builder target() {
    return Target.builder().id("t").arn(QUEUE).deadLetterConfig(d -> d.arn(DEAD_LETTERS));
  }

  private java.util.function.Function<ServiceMessage, Acceptance> refusingTheTarget(Reason reason) {
    return message ->
        message.destination().toString().equals(QUEUE)
            ? new Acceptance.Refused("the target says no", reason)
            : fixture.accept(message);
  }

  private static Map<String, String> attributes(ServiceMessage message) {
    Map<String, String> shown = new LinkedHashMap<>();
    message.attributes().forEach((name, value) -> shown.put(name, value.shown()));
    return shown;
  }
}
