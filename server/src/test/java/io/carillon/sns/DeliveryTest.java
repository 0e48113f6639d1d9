package io.carillon.sns;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.base.Arn;
import io.carillon.outbox.MessageAttribute;
import io.carillon.outbox.Outcome;
import io.carillon.outbox.Sender;
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

/// Deliveries that fail: how often they are tried, where they end, what is kept meanwhile.
class DeliveryTest {
  private static final String QUEUE = "arn:aws:sqs:eu-central-1:111111111111:q";
  private static final String DEAD_LETTERS = "arn:aws:sqs:eu-central-1:111111111111:dead";
  private static final String REDRIVE = "{\"deadLetterTargetArn\":\"" + DEAD_LETTERS + "\"}";

  private final SnsHouse house = new SnsHouse();
  private final List<Instant> tries = new ArrayList<>();
  private String topic = "";

  @BeforeEach
  void createTopic() {
    topic = house.createTopic("news");
  }

  @Test
  void anEndpointThatFailsIsTriedFourTimesTwentySecondsApart() {
    subscribeHttp();
    house.postAnswer = _ -> failing();
    house.publish(topic, "m");
    house.advance(Duration.ofHours(1));

    assertThat(waits()).containsExactly(20L, 20L, 20L);
    assertThat(house.shelf).hasSize(1);
    assertThat(house.shelf.getFirst().lastError).isEqualTo("HTTP 500");
  }

  @Test
  void aDeliveryPolicyChangesTheTries() {
    subscribeHttp();
    house.call(
        house.alice,
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
    house.postAnswer = _ -> failing();
    house.publish(topic, "m");
    house.advance(Duration.ofHours(1));

    assertThat(waits()).containsExactly(0L, 0L, 5L, 5L, 60L, 60L);
  }

  @Test
  void whatIsRefusedForGoodIsNotTriedAgain() {
    subscribeHttp();
    house.postAnswer =
        _ -> {
          tries.add(house.now);
          return new Outcome.Rejected("HTTP 404");
        };
    house.publish(topic, "m");
    house.advance(Duration.ofHours(1));

    assertThat(tries).hasSize(1);
    assertThat(house.shelf).hasSize(1);
  }

  @Test
  void whatCannotBeDeliveredGoesToTheDeadLetterQueueAsItIs() {
    house.subscribe(topic, "sqs", QUEUE, "RedrivePolicy", REDRIVE);
    house.handoverAnswer =
        handover ->
            handover.destination().toString().equals(QUEUE)
                ? Optional.of(new Outcome.Rejected("there is no queue q"))
                : Optional.empty();
    house.publish(topic, "m");
    house.settle();

    assertThat(house.shelf).isEmpty();
    assertThat(house.handovers).hasSize(1);
    assertThat(house.handovers.getFirst().destination()).hasToString(DEAD_LETTERS);
    assertThat(house.handovers.getFirst().sender())
        .isEqualTo(
            new Sender.Service(
                "sns.amazonaws.com", Arn.parse(topic), house.alice.account().value()));
    assertThat(house.handovers.getFirst().attributes()).isEmpty();
    assertThat(SnsHouse.payload(house.handovers.getFirst())).contains("\"Message\" : \"m\"");
    assertThat(house.messagesKept()).isZero();
    assertThat(house.outbox).isEmpty();
  }

  /// The queue gets the publisher's attributes where delivery is raw, and none of ours.
  @Test
  void aRawDeadLetterCarriesThePublishersAttributesAndNoOther() {
    house.subscribe(topic, "sqs", QUEUE, "RedrivePolicy", REDRIVE, "RawMessageDelivery", "true");
    house.handoverAnswer =
        handover ->
            handover.destination().toString().equals(QUEUE)
                ? Optional.of(new Outcome.Rejected("there is no queue q"))
                : Optional.empty();
    house.call(
        house.alice,
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
    house.settle();

    assertThat(house.handovers.getFirst().attributes())
        .containsExactly(Map.entry("kind", MessageAttribute.string("order")));
    assertThat(SnsHouse.payload(house.handovers.getFirst())).isEqualTo("m");
  }

  /// Whatever the protocol: the envelope without attributes, or where delivery is raw the message
  /// with the publisher's.
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
  void aDeadLetterOfAnyProtocolCarriesNothingOfOurs(String protocol, String endpoint, boolean raw) {
    house.subscribe(
        topic, protocol, endpoint, "RedrivePolicy", REDRIVE, "RawMessageDelivery", "" + raw);
    house.settle();
    confirm();
    Outcome no = new Outcome.Rejected("no");
    house.mailAnswer = _ -> no;
    house.textAnswer = _ -> no;
    house.postAnswer = _ -> no;
    house.handoverAnswer =
        handover ->
            handover.destination().toString().equals(DEAD_LETTERS)
                ? Optional.empty()
                : Optional.of(no);
    house.call(
        house.alice,
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
    house.advance(Duration.ofMinutes(1));

    assertThat(house.handovers)
        .extracting(handover -> handover.destination().toString())
        .containsExactly(DEAD_LETTERS);
    if (raw) {
      assertThat(house.handovers.getFirst().attributes())
          .containsExactly(Map.entry("kind", MessageAttribute.string("order")));
      assertThat(SnsHouse.payload(house.handovers.getFirst())).isEqualTo("m");
    } else {
      assertThat(house.handovers.getFirst().attributes()).isEmpty();
      assertThat(SnsHouse.payload(house.handovers.getFirst()))
          .startsWith("{")
          .contains("\"Message\" : \"m\"")
          .doesNotContain("ErrorMessage");
    }
  }

  /// Opens the link of the question, if there was one.
  private void confirm() {
    String question =
        house.posts.stream().map(post -> new String(post.body(), StandardCharsets.UTF_8)).toList()
            + house.mails.stream().map(mail -> mail.body()).toList().toString();
    Matcher token = Pattern.compile("Token=(\\w+)").matcher(question);
    if (token.find()) {
      String link = Links.CONFIRMATION + "?TopicArn=" + topic + "&Token=" + token.group(1);
      assertThat(house.open(link).status()).isEqualTo(200);
    }
  }

  @Test
  void aDeadLetterQueueThatIsShutLeavesTheMessageOnTheShelf() {
    house.subscribe(topic, "sqs", QUEUE, "RedrivePolicy", REDRIVE);
    house.handoverAnswer = _ -> Optional.of(new Outcome.Rejected("shut"));
    house.publish(topic, "m");
    house.settle();

    assertThat(house.shelf).hasSize(1);
    assertThat(house.shelf.getFirst().work.kind()).isEqualTo(DeadLetters.TO_QUEUE);
    assertThat(house.messagesKept()).isOne();
  }

  @Test
  void aShelvedMessageIsKeptAFortnightAndThenLetGo() {
    shelveOne();

    house.advance(Duration.ofDays(13));
    assertThat(house.messagesKept()).isOne();
    house.advance(Duration.ofDays(1));
    assertThat(house.messagesKept()).isZero();
    assertThat(house.outbox).isEmpty();
  }

  @Test
  void aShelvedDeliveryThatIsTakenUpAgainLetsGoOnce() {
    SnsHouse.Held shelved = shelveOne();
    String other = house.subscribe(topic, "sms", "+49151234567");
    assertThat(other).isNotEmpty();

    house.mailAnswer = _ -> Outcome.done();
    house.outbox.add(shelved);
    house.settle();
    assertThat(house.mails.getLast().body()).startsWith("m\n");
    assertThat(house.messagesKept()).isZero();

    house.advance(Duration.ofDays(14)); // the end of its stay on the shelf finds nothing to do
    assertThat(house.messagesKept()).isZero();
    assertThat(house.outbox).isEmpty();
  }

  @Test
  void aShelvedDeliveryWhoseMessageWasLetGoIsOverWithoutAWord() {
    SnsHouse.Held shelved = shelveOne();
    house.advance(Duration.ofDays(14));
    int before = house.mails.size();

    house.outbox.add(shelved);
    house.settle();

    assertThat(house.mails).hasSize(before);
    assertThat(house.outbox).isEmpty();
  }

  @Test
  void aMessageIsKeptUntilTheLastDeliveryIsOver() {
    subscribeHttp();
    house.subscribe(topic, "sqs", QUEUE);
    house.postAnswer = _ -> failing();
    house.publish(topic, "m");
    house.settle();
    assertThat(house.handovers).hasSize(1);
    assertThat(house.messagesKept()).isOne();

    house.postAnswer = _ -> Outcome.done();
    house.advance(Duration.ofSeconds(20));
    assertThat(house.messagesKept()).isZero();
  }

  @Test
  void aThrottledEndpointWaitsWithoutUsingUpTries() {
    String arn = subscribeHttp();
    house.call(
        house.alice,
        software.amazon.awssdk.services.sns.model.SetSubscriptionAttributesRequest.builder()
            .subscriptionArn(arn)
            .attributeName("DeliveryPolicy")
            .attributeValue("{\"throttlePolicy\":{\"maxReceivesPerSecond\":2}}")
            .build());
    house.postAnswer =
        _ -> {
          tries.add(house.now);
          return Outcome.done();
        };
    for (int i = 0; i < 6; i++) {
      house.publish(topic, "m" + i);
    }
    house.advance(Duration.ofMinutes(1));

    assertThat(tries).hasSize(6);
    assertThat(Duration.between(tries.getFirst(), tries.getLast()))
        .isEqualTo(Duration.ofMillis(2_500));
  }

  /// Source: https://docs.aws.amazon.com/general/latest/gr/sns.html, "Email delivery rate"
  @Test
  void aReaderGetsTenMailsASecondAndTheOthersWaitTheirTurn() {
    house.subscribe(topic, "email", "a@b.example");
    house.settle();
    confirmMail();
    house.mailAnswer =
        _ -> {
          tries.add(house.now);
          return Outcome.done();
        };
    for (int i = 0; i < 31; i++) {
      house.publish(topic, "m" + i);
    }
    List<SnsHouse.Held> waiting = List.copyOf(house.outbox);
    house.advance(Duration.ofMinutes(1));

    assertThat(tries).hasSize(31);
    assertThat(Duration.between(tries.getFirst(), tries.getLast()))
        .isEqualTo(Duration.ofSeconds(3));
    assertThat(waiting)
        .as("each was told once when its turn is")
        .allSatisfy(held -> assertThat(held.postponements).isLessThanOrEqualTo(1));
    assertThat(house.shelf).isEmpty();
  }

  @Test
  void aMailThatFailsIsTriedFiftyOneTimesOverSixHours() {
    house.subscribe(topic, "email", "a@b.example");
    house.settle();
    house.mailAnswer =
        _ -> {
          tries.add(house.now);
          return new Outcome.Retry("no answer");
        };
    confirmMail();
    house.publish(topic, "m");
    house.advance(Duration.ofDays(1));

    assertThat(tries).hasSize(51); // AWS counts 50 with its first, the retries' table has 50 waits
    assertThat(house.mails.stream().map(MailTransport.Mail::id).distinct()).hasSize(2);
  }

  @Test
  void rawDeliveryOfMoreAttributesThanAQueueTakesIsRefused() {
    house.subscribe(topic, "sqs", QUEUE, "RawMessageDelivery", "true");
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
    house.call(
        house.alice,
        software.amazon.awssdk.services.sns.model.PublishRequest.builder()
            .topicArn(topic)
            .message("m")
            .messageAttributes(eleven)
            .build());
    house.settle();

    assertThat(house.shelf.getFirst().lastError).contains("10 attributes");
  }

  private SnsHouse.Held shelveOne() {
    house.subscribe(topic, "email", "a@b.example");
    house.settle();
    confirmMail();
    house.mailAnswer = _ -> new Outcome.Rejected("550 no such user");
    house.publish(topic, "m");
    house.settle();
    house.advance(Duration.ofSeconds(1));
    assertThat(house.shelf).hasSize(1);
    return house.shelf.getFirst();
  }

  private void confirmMail() {
    String body = house.mails.getFirst().body();
    String link = body.lines().filter(line -> line.startsWith("http")).findFirst().orElseThrow();
    assertThat(house.open(link.substring(SnsHouse.BASE.length())).status()).isEqualTo(200);
  }

  private String subscribeHttp() {
    String arn = house.subscribe(topic, "http", "http://x.example/hook");
    house.settle();
    String url =
        Json.object(
                new String(house.posts.getFirst().body(), java.nio.charset.StandardCharsets.UTF_8))
            .orElseThrow()
            .path("SubscribeURL")
            .asText();
    String token = url.substring(url.indexOf("Token=") + "Token=".length());
    house.open(Links.CONFIRMATION + "?TopicArn=" + topic + "&Token=" + token);
    return arn;
  }

  private Outcome failing() {
    tries.add(house.now);
    return new Outcome.Retry("HTTP 500");
  }

  private List<Long> waits() {
    List<Long> waits = new ArrayList<>();
    for (int i = 1; i < tries.size(); i++) {
      waits.add(Duration.between(tries.get(i - 1), tries.get(i)).toSeconds());
    }
    return waits;
  }
}
