package io.carillon.sns;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.base.Arn;
import io.carillon.messaging.Acceptance;
import io.carillon.messaging.MessageAttribute;
import io.carillon.messaging.Sender;
import io.carillon.outbox.DeliveryOutcome;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.sns.model.SetTopicAttributesRequest;

/// Failing deliveries: attempts, dead letters, and how long messages are kept.
class DeliveryTest {
  private static final String QUEUE = "arn:aws:sqs:eu-central-1:111111111111:q";
  private static final String DEAD_LETTERS = "arn:aws:sqs:eu-central-1:111111111111:dead";
  private static final String REDRIVE = "{\"deadLetterTargetArn\":\"" + DEAD_LETTERS + "\"}";

  private final SnsFixture fixture = new SnsFixture();
  private final List<Instant> attempts = new ArrayList<>();
  private String topic = "";

  @BeforeEach
  void createTopic() {
    topic = fixture.createTopic("news");
  }

  @Test
  void aFailingEndpointGetsFourAttemptsTwentySecondsApart() {
    subscribeHttp();
    fixture.postOutcome = _ -> failAttempt();
    fixture.publish(topic, "m");
    fixture.advance(Duration.ofHours(1));

    assertThat(waits()).containsExactly(20L, 20L, 20L);
    assertThat(fixture.deadLetters).hasSize(1);
    assertThat(fixture.deadLetters.getFirst().lastError).isEqualTo("HTTP 500");
  }

  @Test
  void aDeliveryPolicyChangesTheRetries() {
    subscribeHttp();
    fixture.call(
        fixture.alice,
        SetTopicAttributesRequest.builder()
            .topicArn(topic)
            .attributeName("DeliveryPolicy")
            .attributeValue(
                """
                {"http":{"defaultHealthyRetryPolicy":{"numRetries":6,"numNoDelayRetries":2,
                "numMinDelayRetries":1,"numMaxDelayRetries":1,"minDelayTarget":5,
                "maxDelayTarget":60,"backoffFunction":"linear"}}}\
                """)
            .build());
    fixture.postOutcome = _ -> failAttempt();
    fixture.publish(topic, "m");
    fixture.advance(Duration.ofHours(1));

    assertThat(waits()).containsExactly(0L, 0L, 5L, 5L, 60L, 60L);
  }

  @Test
  void rejectedDeliveriesAreNotRetried() {
    subscribeHttp();
    fixture.postOutcome =
        _ -> {
          attempts.add(fixture.now);
          return new DeliveryOutcome.Rejected("HTTP 404");
        };
    fixture.publish(topic, "m");
    fixture.advance(Duration.ofHours(1));

    assertThat(attempts).hasSize(1);
    assertThat(fixture.deadLetters).hasSize(1);
  }

  @Test
  void undeliverableMessagesGoToTheDeadLetterQueueUnchanged() {
    fixture.subscribe(topic, "sqs", QUEUE, "RedrivePolicy", REDRIVE);
    fixture.recipientOutcome =
        serviceMessage ->
            serviceMessage.destination().toString().equals(QUEUE)
                ? Optional.of(new Acceptance.Refused("there is no queue q"))
                : Optional.empty();
    fixture.publish(topic, "m");
    fixture.runDue();

    assertThat(fixture.deadLetters).isEmpty();
    assertThat(fixture.serviceMessages).hasSize(1);
    assertThat(fixture.serviceMessages.getFirst().destination()).hasToString(DEAD_LETTERS);
    assertThat(fixture.serviceMessages.getFirst().sender())
        .isEqualTo(
            new Sender.Service(
                "sns.amazonaws.com", Arn.parse(topic), fixture.alice.account().value()));
    assertThat(fixture.serviceMessages.getFirst().attributes()).isEmpty();
    assertThat(SnsFixture.payload(fixture.serviceMessages.getFirst()))
        .contains("\"Message\" : \"m\"");
    assertThat(fixture.messagesStored()).isZero();
    assertThat(fixture.outbox).isEmpty();
  }

  /// With raw delivery, the queue gets the publisher's attributes and no others.
  @Test
  void aRawDeadLetterHasOnlyThePublishersAttributes() {
    fixture.subscribe(topic, "sqs", QUEUE, "RedrivePolicy", REDRIVE, "RawMessageDelivery", "true");
    fixture.recipientOutcome =
        serviceMessage ->
            serviceMessage.destination().toString().equals(QUEUE)
                ? Optional.of(new Acceptance.Refused("there is no queue q"))
                : Optional.empty();
    fixture.call(
        fixture.alice,
        software.amazon.awssdk.services.sns.model.PublishRequest.builder()
            .topicArn(topic)
            .message("m")
            .messageAttributes(
                Map.of(
                    "kind",
                    software.amazon.awssdk.services.sns.model.MessageAttributeValue.builder()
                        .dataType("String")
                        .stringValue("order")
                        .build()))
            .build());
    fixture.runDue();

    assertThat(fixture.serviceMessages.getFirst().attributes())
        .containsExactly(Map.entry("kind", MessageAttribute.string("order")));
    assertThat(SnsFixture.payload(fixture.serviceMessages.getFirst())).isEqualTo("m");
  }

  /// The envelope without attributes, or with raw delivery the message with the publisher's
  /// attributes.
  @ParameterizedTest
  @CsvSource({
    "http, http://x.example/hook, false",
    "http, http://x.example/hook, true",
    "https, https://x.example/hook, true",
    "email, a@b.example, false",
    "email-json, a@b.example, false",
    "sms, +49151234567, false",
    "lambda, arn:aws:lambda:eu-central-1:111111111111:function:f, false",
    "sqs, arn:aws:sqs:eu-central-1:111111111111:q, true",
  })
  void deadLettersOfAllProtocolsHaveNoAddedAttributes(
      String protocol, String endpoint, boolean raw) {
    fixture.subscribe(
        topic, protocol, endpoint, "RedrivePolicy", REDRIVE, "RawMessageDelivery", "" + raw);
    fixture.runDue();
    confirm();
    DeliveryOutcome rejected = new DeliveryOutcome.Rejected("no");
    fixture.mailOutcome = _ -> rejected;
    fixture.smsOutcome = _ -> rejected;
    fixture.postOutcome = _ -> rejected;
    fixture.recipientOutcome =
        serviceMessage ->
            serviceMessage.destination().toString().equals(DEAD_LETTERS)
                ? Optional.empty()
                : Optional.of(new Acceptance.Refused("no"));
    fixture.call(
        fixture.alice,
        software.amazon.awssdk.services.sns.model.PublishRequest.builder()
            .topicArn(topic)
            .message("m")
            .messageAttributes(
                Map.of(
                    "kind",
                    software.amazon.awssdk.services.sns.model.MessageAttributeValue.builder()
                        .dataType("String")
                        .stringValue("order")
                        .build()))
            .build());
    fixture.advance(Duration.ofMinutes(1));

    assertThat(fixture.serviceMessages)
        .extracting(serviceMessage -> serviceMessage.destination().toString())
        .containsExactly(DEAD_LETTERS);
    if (raw) {
      assertThat(fixture.serviceMessages.getFirst().attributes())
          .containsExactly(Map.entry("kind", MessageAttribute.string("order")));
      assertThat(SnsFixture.payload(fixture.serviceMessages.getFirst())).isEqualTo("m");
    } else {
      assertThat(fixture.serviceMessages.getFirst().attributes()).isEmpty();
      assertThat(SnsFixture.payload(fixture.serviceMessages.getFirst()))
          .startsWith("{")
          .contains("\"Message\" : \"m\"")
          .doesNotContain("ErrorMessage");
    }
  }

  /// Opens the link of the confirmation message, if there is one.
  private void confirm() {
    String question =
        fixture.posts.stream().map(post -> new String(post.body(), StandardCharsets.UTF_8)).toList()
            + fixture.mails.stream().map(mail -> mail.body()).toList().toString();
    Matcher token = Pattern.compile("Token=(\\w+)").matcher(question);
    if (token.find()) {
      String link =
          SubscriptionLinks.CONFIRMATION + "?TopicArn=" + topic + "&Token=" + token.group(1);
      assertThat(fixture.open(link).status()).isEqualTo(200);
    }
  }

  @Test
  void aMessageThatTheDeadLetterQueueRejectsBecomesADeadLetter() {
    fixture.subscribe(topic, "sqs", QUEUE, "RedrivePolicy", REDRIVE);
    fixture.recipientOutcome = _ -> Optional.of(new Acceptance.Refused("shut"));
    fixture.publish(topic, "m");
    fixture.runDue();

    assertThat(fixture.deadLetters).hasSize(1);
    assertThat(fixture.deadLetters.getFirst().work.kind())
        .isEqualTo(SubscriptionDeadLetters.TO_QUEUE);
    assertThat(fixture.messagesStored()).isOne();
  }

  @Test
  void messagesOfDeadLettersAreKeptForFourteenDays() {
    createDeadLetter();

    fixture.advance(Duration.ofDays(13));
    assertThat(fixture.messagesStored()).isOne();
    fixture.advance(Duration.ofDays(1));
    assertThat(fixture.messagesStored()).isZero();
    assertThat(fixture.outbox).isEmpty();
  }

  @Test
  void aRedrivenDeliveryReleasesItsMessageOnce() {
    SnsFixture.FakeJob deadLetter = createDeadLetter();
    String other = fixture.subscribe(topic, "sms", "+49151234567");
    assertThat(other).isNotEmpty();

    fixture.mailOutcome = _ -> DeliveryOutcome.done();
    fixture.outbox.add(deadLetter);
    fixture.runDue();
    assertThat(fixture.mails.getLast().body()).startsWith("m\n");
    assertThat(fixture.messagesStored()).isZero();

    fixture.advance(Duration.ofDays(14)); // the end of the retention has nothing left to release
    assertThat(fixture.messagesStored()).isZero();
    assertThat(fixture.outbox).isEmpty();
  }

  @Test
  void redrivingAfterTheMessageExpiredDoesNothing() {
    SnsFixture.FakeJob deadLetter = createDeadLetter();
    fixture.advance(Duration.ofDays(14));
    int before = fixture.mails.size();

    fixture.outbox.add(deadLetter);
    fixture.runDue();

    assertThat(fixture.mails).hasSize(before);
    assertThat(fixture.outbox).isEmpty();
  }

  @Test
  void aMessageIsKeptUntilItsLastDeliveryEnds() {
    subscribeHttp();
    fixture.subscribe(topic, "sqs", QUEUE);
    fixture.postOutcome = _ -> failAttempt();
    fixture.publish(topic, "m");
    fixture.runDue();
    assertThat(fixture.serviceMessages).hasSize(1);
    assertThat(fixture.messagesStored()).isOne();

    fixture.postOutcome = _ -> DeliveryOutcome.done();
    fixture.advance(Duration.ofSeconds(20));
    assertThat(fixture.messagesStored()).isZero();
  }

  @Test
  void throttlingUsesUpNoAttempts() {
    String arn = subscribeHttp();
    fixture.call(
        fixture.alice,
        software.amazon.awssdk.services.sns.model.SetSubscriptionAttributesRequest.builder()
            .subscriptionArn(arn)
            .attributeName("DeliveryPolicy")
            .attributeValue("{\"throttlePolicy\":{\"maxReceivesPerSecond\":2}}")
            .build());
    fixture.postOutcome =
        _ -> {
          attempts.add(fixture.now);
          return DeliveryOutcome.done();
        };
    for (int i = 0; i < 6; i++) {
      fixture.publish(topic, "m" + i);
    }
    fixture.advance(Duration.ofMinutes(1));

    assertThat(attempts).hasSize(6);
    assertThat(Duration.between(attempts.getFirst(), attempts.getLast()))
        .isEqualTo(Duration.ofMillis(2_500));
  }

  /// Source: https://docs.aws.amazon.com/general/latest/gr/sns.html, "Email delivery rate"
  @Test
  void aSubscriptionGetsTenMailsPerSecondAndTheOthersWait() {
    fixture.subscribe(topic, "email", "a@b.example");
    fixture.runDue();
    confirmByMail();
    fixture.mailOutcome =
        _ -> {
          attempts.add(fixture.now);
          return DeliveryOutcome.done();
        };
    for (int i = 0; i < 31; i++) {
      fixture.publish(topic, "m" + i);
    }
    List<SnsFixture.FakeJob> waiting = List.copyOf(fixture.outbox);
    fixture.advance(Duration.ofMinutes(1));

    assertThat(attempts).hasSize(31);
    assertThat(Duration.between(attempts.getFirst(), attempts.getLast()))
        .isEqualTo(Duration.ofSeconds(3));
    assertThat(waiting)
        .as("each was postponed at most once")
        .allSatisfy(job -> assertThat(job.postponements).isLessThanOrEqualTo(1));
    assertThat(fixture.deadLetters).isEmpty();
  }

  @Test
  void aFailingMailGetsFiftyOneAttemptsOverSixHours() {
    fixture.subscribe(topic, "email", "a@b.example");
    fixture.runDue();
    fixture.mailOutcome =
        _ -> {
          attempts.add(fixture.now);
          return new DeliveryOutcome.Retry("no answer");
        };
    confirmByMail();
    fixture.publish(topic, "m");
    fixture.advance(Duration.ofDays(1));

    assertThat(attempts)
        .hasSize(51); // AWS counts 50 with the first attempt, its table of retries has 50 waits
    assertThat(fixture.mails.stream().map(MailTransport.Mail::id).distinct()).hasSize(2);
  }

  @Test
  void rawDeliveryWithTooManyAttributesForAQueueIsRejected() {
    fixture.subscribe(topic, "sqs", QUEUE, "RawMessageDelivery", "true");
    Map<String, software.amazon.awssdk.services.sns.model.MessageAttributeValue> eleven =
        new java.util.HashMap<>();
    for (int i = 0; i < 11; i++) {
      eleven.put(
          "a" + i,
          software.amazon.awssdk.services.sns.model.MessageAttributeValue.builder()
              .dataType("String")
              .stringValue("v")
              .build());
    }
    fixture.call(
        fixture.alice,
        software.amazon.awssdk.services.sns.model.PublishRequest.builder()
            .topicArn(topic)
            .message("m")
            .messageAttributes(eleven)
            .build());
    fixture.runDue();

    assertThat(fixture.deadLetters.getFirst().lastError).contains("10 attributes");
  }

  private SnsFixture.FakeJob createDeadLetter() {
    fixture.subscribe(topic, "email", "a@b.example");
    fixture.runDue();
    confirmByMail();
    fixture.mailOutcome = _ -> new DeliveryOutcome.Rejected("550 no such user");
    fixture.publish(topic, "m");
    fixture.runDue();
    fixture.advance(Duration.ofSeconds(1));
    assertThat(fixture.deadLetters).hasSize(1);
    return fixture.deadLetters.getFirst();
  }

  private void confirmByMail() {
    String body = fixture.mails.getFirst().body();
    String link = body.lines().filter(line -> line.startsWith("http")).findFirst().orElseThrow();
    assertThat(fixture.open(link.substring(SnsFixture.BASE.length())).status()).isEqualTo(200);
  }

  private String subscribeHttp() {
    String arn = fixture.subscribe(topic, "http", "http://x.example/hook");
    fixture.runDue();
    String url =
        SnsJson.object(
                new String(
                    fixture.posts.getFirst().body(), java.nio.charset.StandardCharsets.UTF_8))
            .orElseThrow()
            .path("SubscribeURL")
            .asText();
    String token = url.substring(url.indexOf("Token=") + "Token=".length());
    fixture.open(SubscriptionLinks.CONFIRMATION + "?TopicArn=" + topic + "&Token=" + token);
    return arn;
  }

  private DeliveryOutcome failAttempt() {
    attempts.add(fixture.now);
    return new DeliveryOutcome.Retry("HTTP 500");
  }

  private List<Long> waits() {
    List<Long> waits = new ArrayList<>();
    for (int i = 1; i < attempts.size(); i++) {
      waits.add(Duration.between(attempts.get(i - 1), attempts.get(i)).toSeconds());
    }
    return waits;
  }
}
