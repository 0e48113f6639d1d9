package io.carillon.sns;

import static io.carillon.sns.TopicOperationsTest.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.AwsException;
import io.carillon.aws.DirectRoad;
import io.carillon.aws.Need;
import io.carillon.base.Arn;
import io.carillon.outbox.Outcome;
import io.carillon.outbox.Recipient;
import io.carillon.outbox.Sender;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.sns.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sns.model.DeleteTopicRequest;
import software.amazon.awssdk.services.sns.model.MessageAttributeValue;
import software.amazon.awssdk.services.sns.model.PublishBatchRequest;
import software.amazon.awssdk.services.sns.model.PublishBatchRequestEntry;
import software.amazon.awssdk.services.sns.model.PublishBatchResponse;
import software.amazon.awssdk.services.sns.model.PublishBatchResultEntry;
import software.amazon.awssdk.services.sns.model.PublishRequest;
import software.amazon.awssdk.services.sns.model.UnsubscribeRequest;

class PublishTest {
  private static final String QUEUE = "arn:aws:sqs:eu-central-1:111111111111:q";
  private static final String FUNCTION = "arn:aws:lambda:eu-central-1:111111111111:function:f";

  private final SnsHouse house = new SnsHouse();
  private String topic = "";

  @BeforeEach
  void createTopic() {
    topic = house.createTopic("news");
  }

  @Test
  void aMessageAndItsDeliveriesComeInOneTransaction() {
    house.subscribe(topic, "sqs", QUEUE);
    house.subscribe(topic, "sms", "+49151234567");

    house.outboxBroken = true;
    assertThatThrownBy(() -> house.publish(topic, "lost")).hasMessage("the disk is full");
    assertThat(house.messagesKept()).isZero();
    assertThat(house.notes).isEmpty();

    house.outboxBroken = false;
    String id = house.publish(topic, "kept");
    assertThat(house.messagesKept()).isOne();
    assertThat(house.outbox).hasSize(2);
    assertThat(house.notes)
        .containsExactly(
            Map.of(
                "step", "PUBLISHED", "cause", "cause-of-caller", "topic", topic, "messageId", id));

    house.settle();
    assertThat(house.messagesKept()).isZero();
    assertThat(house.handovers).hasSize(1);
    assertThat(house.texts).hasSize(1);
    assertThat(house.notes).hasSize(3);
    assertThat(house.notes.getLast())
        .containsEntry("step", "DELIVERED")
        .containsEntry("cause", "cause-of-caller");
  }

  @Test
  void aMessageThatNobodyWantsIsNotKept() {
    house.publish(topic, "into the void");

    assertThat(house.messagesKept()).isZero();
    assertThat(house.outbox).isEmpty();
  }

  @Test
  void eachProtocolCanHaveItsOwnText() {
    house.subscribe(topic, "sms", "+49151234567");
    house.subscribe(topic, "sqs", QUEUE);

    house.call(
        house.alice,
        PublishRequest.builder()
            .topicArn(topic)
            .messageStructure("json")
            .message("{\"default\":\"long\",\"sms\":\"short\",\"other\":{\"x\":1}}")
            .build());
    house.settle();

    assertThat(house.texts.getFirst().text()).isEqualTo("short");
    assertThat(SnsHouse.payload(house.handovers.getFirst())).contains("\"Message\" : \"long\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"sms":"x"}                    | No default entry in JSON message body
          {"default":7}                  | No default entry in JSON message body
          {"default":"a","default":"b"}  | JSON message body failed to parse
          ["default"]                    | JSON message body failed to parse
          {"default"                     | JSON message body failed to parse
          {"default":"a"} x              | JSON message body failed to parse
          """)
  void aStructuredMessageIsChecked(String message, String expected) {
    assertInvalid(
        () ->
            house.call(
                house.alice,
                PublishRequest.builder()
                    .topicArn(topic)
                    .messageStructure("json")
                    .message(message)
                    .build()),
        "Invalid parameter: Message Structure - " + expected);
  }

  @Test
  void requestsAreChecked() {
    PublishRequest request = PublishRequest.builder().topicArn(topic).message("m").build();

    assertInvalid(() -> publish(request.toBuilder().message("").build()), "Empty message");
    assertInvalid(() -> publish(request.toBuilder().message(null).build()), "Empty message");
    assertInvalid(() -> publish(request.toBuilder().subject("").build()), "Subject");
    assertInvalid(() -> publish(request.toBuilder().subject("x".repeat(101)).build()), "Subject");
    assertInvalid(() -> publish(request.toBuilder().subject("a\r\nBcc: b").build()), "Subject");
    assertInvalid(
        () -> publish(request.toBuilder().messageStructure("xml").build()), "MessageStructure");
    assertInvalid(() -> publish(request.toBuilder().topicArn(null).build()), "no value");
    assertInvalid(() -> publish(request.toBuilder().targetArn(topic).build()), "only one");
    assertInvalid(
        () -> publish(request.toBuilder().phoneNumber("+49151234567").build()), "only one");
    assertInvalid(
        () -> publish(request.toBuilder().phoneNumber("12").topicArn(null).build()),
        "12 is not valid to publish to");
    assertInvalid(
        () -> publish(request.toBuilder().phoneNumber("+49 151 234567").topicArn(null).build()),
        "Invalid parameter: PhoneNumber Reason: +49 151 234567 is not valid to publish to");
    publish(request.toBuilder().subject("größer – ✓").build());
  }

  @Test
  void aMessageHoldsQuarterOfAMebibyteAttributesIncluded() {
    publish(PublishRequest.builder().topicArn(topic).message("x".repeat(262_144)).build());
    assertInvalid(
        () -> house.publish(topic, "x".repeat(262_145)), "Invalid parameter: Message too long");
    assertInvalid(() -> house.publish(topic, "ü".repeat(131_073)), "Message too long");
    assertInvalid(
        () ->
            publish(
                PublishRequest.builder()
                    .topicArn(topic)
                    .message("x".repeat(262_140))
                    .messageAttributes(Map.of("a", string("1")))
                    .build()),
        "Message too long");
  }

  @Test
  void attributesAreCheckedByNameAndType() {
    Map<String, MessageAttributeValue> wrong =
        Map.of(
            "AWS.reserved", string("x"),
            "amazon.x", string("x"),
            ".dot", string("x"),
            "two..dots", string("x"),
            "spa ce", string("x"),
            "number", typed("Number", "seven"),
            "array", typed("String.Array", "{}"),
            "nested", typed("String.Array", "[[1]]"),
            "type", typed("Date", "x"),
            "empty", string(""));
    wrong.forEach(
        (name, value) ->
            assertThatThrownBy(() -> publishWith(Map.of(name, value)))
                .as(name)
                .isInstanceOfSatisfying(
                    AwsException.class,
                    e -> assertThat(e.error()).isEqualTo(SnsError.INVALID_PARAMETER_VALUE))
                .hasMessageContaining("'" + name + "'"));
    MessageAttributeValue both =
        string("x").toBuilder().binaryValue(SdkBytes.fromUtf8String("y")).build();
    assertThatThrownBy(() -> publishWith(Map.of("both", both)))
        .hasMessageContaining("more than one value");
    assertThatThrownBy(
            () ->
                publishWith(
                    Map.of("b", MessageAttributeValue.builder().dataType("Binary").build())))
        .hasMessageContaining("Binary");
    assertThatThrownBy(() -> publishWith(Map.of("AWS.SNS.SMS.SMSType", string("Spam"))))
        .hasMessageContaining("Promotional or Transactional");
    assertThatThrownBy(() -> publishWith(Map.of("AWS.SNS.SMS.SenderID", string("123"))))
        .hasMessageContaining("SenderID");
    publishWith(
        Map.of(
            "AWS.SNS.SMS.SenderID", string("Carillon"),
            "n", typed("Number", "-1.5e3"),
            "custom", typed("String.json", "{}"),
            "list", typed("String.Array", "[\"a\",1,true,null]")));
  }

  /// The words are AWS's.
  @Test
  void whatIsWrongWithAnAttributeIsTold() {
    assertThatThrownBy(() -> publishWith(Map.of("a", typed("Number", "seven"))))
        .hasMessage("Could not cast message attribute 'a' value to number.");
    assertThatThrownBy(() -> publishWith(Map.of("a", typed("Date", "x"))))
        .hasMessage(
            "The message attribute 'a' has an invalid message attribute type, the set of supported"
                + " type prefixes is Binary, Number, and String.");
    assertThatThrownBy(() -> publishWith(Map.of("a", string(""))))
        .hasMessage(
            "The message attribute 'a' must contain non-empty message attribute value for message"
                + " attribute type 'String'.");
    assertThatThrownBy(() -> publishWith(Map.of("a", typed("Binary", "x"))))
        .hasMessage("The message attribute 'a' with type 'Binary' must use field 'Binary'.");
  }

  @Test
  void aGroupReachesQueuesAndDeduplicationIsForFifoTopics() throws Exception {
    house.subscribe(topic, "sqs", "arn:aws:sqs:eu-central-1:111111111111:queue");
    PublishRequest request =
        PublishRequest.builder().topicArn(topic).message("m").messageGroupId("a-1").build();
    publish(request);
    house.settle();
    assertThat(house.handovers.getLast().groupId()).isEqualTo("a-1");
    assertInvalid(() -> publish(request.toBuilder().messageGroupId("a b").build()), "MessageGroup");
    assertInvalid(
        () -> publish(request.toBuilder().messageDeduplicationId("d").build()),
        "MessageDeduplicationId");
    assertInvalid(
        () -> publish(request.toBuilder().topicArn(null).phoneNumber("+49151234567").build()),
        "MessageGroupId Reason: a message to a phone has no group");
  }

  @Test
  void aTraceGoesAlongToQueues() throws Exception {
    house.subscribe(topic, "sqs", "arn:aws:sqs:eu-central-1:111111111111:queue");
    house.call(
        DirectRoad.traced(house.alice, "Root=1-a"),
        PublishRequest.builder().topicArn(topic).message("m").build());
    house.settle();
    assertThat(house.handovers.getLast().traceHeader()).isEqualTo("Root=1-a");

    house.call(
        DirectRoad.traced(house.alice, "Root=1-b"),
        PublishBatchRequest.builder()
            .topicArn(topic)
            .publishBatchRequestEntries(e -> e.id("1").message("m"))
            .build());
    house.settle();
    assertThat(house.handovers.getLast().traceHeader()).isEqualTo("Root=1-b");

    house.publish(topic, "of no trace");
    house.settle();
    assertThat(house.handovers.getLast().traceHeader()).isNull();
  }

  @Test
  void aPhoneIsWrittenToDirectlyWithoutATopic() throws Exception {
    PublishRequest request =
        PublishRequest.builder()
            .phoneNumber("+49-151-234567")
            .message("hello")
            .messageAttributes(Map.of("AWS.SNS.SMS.SenderID", string("Bells")))
            .build();

    publish(request);
    house.settle();

    assertThat(house.texts.getFirst().to()).isEqualTo("+49151234567");
    assertThat(house.texts.getFirst().text()).isEqualTo("hello");
    assertThat(house.texts.getFirst().senderId()).isEqualTo("Bells");
    assertThat(house.messagesKept()).isZero();
    assertThat(house.needs(house.alice, request))
        .containsExactly(new Need("sns:Publish", "+49-151-234567", Map.of()));
    assertInvalid(
        () -> publish(request.toBuilder().message("x".repeat(1_601)).build()), "Message too long");
  }

  @Test
  void aTopicsDisplayNameStandsBeforeItsTextMessages() {
    house.call(
        house.alice,
        software.amazon.awssdk.services.sns.model.SetTopicAttributesRequest.builder()
            .topicArn(topic)
            .attributeName("DisplayName")
            .attributeValue("Nightly Reports")
            .build());
    house.subscribe(topic, "sms", "+49151234567");
    house.publish(topic, "done");
    house.settle();

    assertThat(house.texts.getFirst().text()).isEqualTo("Nightly Re> done");
  }

  @Test
  void entriesOfABatchFailOneByOne() {
    house.subscribe(topic, "sqs", QUEUE);
    PublishBatchResponse response =
        house.call(house.alice, batch(entry("a", "first"), entry("b", ""), entry("c", "third")));
    house.settle();

    assertThat(response.successful())
        .extracting(PublishBatchResultEntry::id)
        .containsExactly("a", "c");
    assertThat(response.failed()).extracting(BatchResultErrorEntry::id).containsExactly("b");
    assertThat(response.failed().getFirst().code()).isEqualTo("InvalidParameter");
    assertThat(house.handovers).hasSize(2);
  }

  @Test
  void aBatchIsCheckedAsAWhole() {
    assertCode(batch(), SnsError.EMPTY_BATCH_REQUEST);
    assertCode(batch(entry("a", "m"), entry("a", "m")), SnsError.BATCH_ENTRY_IDS_NOT_DISTINCT);
    assertCode(batch(entry("a b", "m")), SnsError.INVALID_BATCH_ENTRY_ID);
    assertCode(
        batch(entry("a", "x".repeat(200_000)), entry("b", "x".repeat(100_000))),
        SnsError.BATCH_REQUEST_TOO_LONG);
    List<PublishBatchRequestEntry> eleven = new ArrayList<>();
    for (int i = 0; i < 11; i++) {
      eleven.add(entry("e" + i, "m"));
    }
    assertCode(
        batch(eleven.toArray(PublishBatchRequestEntry[]::new)),
        SnsError.TOO_MANY_ENTRIES_IN_BATCH_REQUEST);
  }

  @Test
  void aLargeTopicIsServedPageByPageAndEveryoneHearsOnce() {
    int subscribers = 3 * Publications.PAGE + 7;
    for (int i = 0; i < subscribers; i++) {
      house.subscribe(topic, "sms", "+4915112" + (100_000 + i));
    }
    house.publish(topic, "to all");
    assertThat(house.outbox).hasSize(1);
    assertThat(house.waiting(Publications.FANOUT)).isOne();

    int pages = 0;
    while (house.waiting(Publications.FANOUT) > 0) {
      house.attempt(fanout());
      pages++;
      assertThat(house.waiting("sns.sms"))
          .isEqualTo(Math.min(pages * Publications.PAGE, subscribers));
    }
    house.settle();

    assertThat(pages).isEqualTo(4);
    assertThat(house.texts).extracting(TextTransport.TextMessage::to).doesNotHaveDuplicates();
    assertThat(house.texts).hasSize(subscribers);
    assertThat(house.messagesKept()).isZero();
  }

  @Test
  void aPageThatIsTornIsDoneAgainAndTheRestFollows() {
    int subscribers = Publications.PAGE + 100;
    for (int i = 0; i < subscribers; i++) {
      house.subscribe(topic, "sms", "+4915112" + (100_000 + i));
    }
    house.publish(topic, "to all");

    house.outboxBroken = true;
    assertThatThrownBy(() -> house.attempt(fanout())).hasMessage("the disk is full");
    assertThat(house.waiting("sns.sms")).isZero();
    house.outboxBroken = false;
    house.settle();

    assertThat(house.texts).hasSize(subscribers);
    assertThat(house.texts).extracting(TextTransport.TextMessage::to).doesNotHaveDuplicates();
    assertThat(house.messagesKept()).isZero();
  }

  @Test
  void aTopicDeletedDuringFanoutEndsIt() {
    for (int i = 0; i < Publications.PAGE + 1; i++) {
      house.subscribe(topic, "sms", "+4915112" + (100_000 + i));
    }
    house.publish(topic, "to all");
    house.attempt(fanout());

    house.call(house.alice, DeleteTopicRequest.builder().topicArn(topic).build());
    house.settle();

    assertThat(house.texts).isEmpty();
    assertThat(house.messagesKept()).isZero();
  }

  @Test
  void whoLeftMeanwhileGetsNothing() {
    String arn = house.subscribe(topic, "sqs", QUEUE);
    house.publish(topic, "late");
    house.call(house.alice, UnsubscribeRequest.builder().subscriptionArn(arn).build());
    house.settle();

    assertThat(house.handovers).isEmpty();
    assertThat(house.messagesKept()).isZero();
  }

  @Test
  void otherServicesPublishIfThePolicyLetsThem() {
    house.subscribe(topic, "lambda", FUNCTION);
    Recipient recipient = house.service.recipient();

    assertThat(recipient.accept(event(topic, 10)))
        .isInstanceOfSatisfying(
            Outcome.Rejected.class,
            r -> {
              assertThat(r.why()).contains("does not let s3.amazonaws");
              assertThat(r.reason()).isEqualTo(Outcome.Rejected.Reason.DENIED);
            });
    house.publishable.add(topic);
    assertThat(recipient.accept(event(topic + "x", 10)))
        .isInstanceOfSatisfying(
            Outcome.Rejected.class,
            r -> assertThat(r.reason()).isEqualTo(Outcome.Rejected.Reason.ABSENT));
    assertThat(recipient.accept(event(topic, 262_145))).isInstanceOf(Outcome.Rejected.class);
    Outcome outcome = recipient.accept(event(topic, 10));
    assertThat(house.outbox).isEmpty();

    house.database.write(
        tx -> {
          ((Outcome.Done) outcome).effect().accept(tx);
          return true;
        });
    house.settle();

    assertThat(house.handovers).hasSize(1);
    assertThat(house.handovers.getFirst().cause()).isEqualTo("the-upload");
    assertThat(SnsHouse.payload(house.handovers.getFirst()))
        .contains("\"Subject\":\"Amazon S3 Notification\"", "\"Message\":\"eeeeeeeeee\"");
  }

  private Recipient.Handover event(String arn, int size) {
    return new Recipient.Handover(
        new Sender.Service("s3.amazonaws.com", Arn.bucket("b"), "111111111111"),
        Arn.parse(arn),
        "e".repeat(size).getBytes(StandardCharsets.UTF_8),
        "Amazon S3 Notification",
        Map.of(),
        "the-upload");
  }

  private SnsHouse.Held fanout() {
    return house.outbox.stream()
        .filter(held -> held.work.kind().equals(Publications.FANOUT))
        .findFirst()
        .orElseThrow();
  }

  private void publish(PublishRequest request) {
    house.call(house.alice, request);
  }

  private void publishWith(Map<String, MessageAttributeValue> attributes) {
    publish(
        PublishRequest.builder()
            .topicArn(topic)
            .message("m")
            .messageAttributes(attributes)
            .build());
  }

  private PublishBatchRequest batch(PublishBatchRequestEntry... entries) {
    return PublishBatchRequest.builder()
        .topicArn(topic)
        .publishBatchRequestEntries(entries)
        .build();
  }

  private static PublishBatchRequestEntry entry(String id, String message) {
    return PublishBatchRequestEntry.builder().id(id).message(message).build();
  }

  private void assertCode(PublishBatchRequest request, SnsError error) {
    assertThatThrownBy(() -> house.call(house.alice, request))
        .isInstanceOfSatisfying(AwsException.class, e -> assertThat(e.error()).isEqualTo(error));
  }

  private static MessageAttributeValue string(String value) {
    return typed("String", value);
  }

  private static MessageAttributeValue typed(String type, String value) {
    return MessageAttributeValue.builder().dataType(type).stringValue(value).build();
  }
}
