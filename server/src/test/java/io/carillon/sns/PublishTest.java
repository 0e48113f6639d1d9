package io.carillon.sns;

import static io.carillon.sns.TopicOperationsTest.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.AwsException;
import io.carillon.aws.DirectPipeline;
import io.carillon.aws.Need;
import io.carillon.base.Arn;
import io.carillon.messaging.Acceptance;
import io.carillon.messaging.Sender;
import io.carillon.messaging.ServiceMessage;
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

  private final SnsFixture fixture = new SnsFixture();
  private String topic = "";

  @BeforeEach
  void createTopic() {
    topic = fixture.createTopic("news");
  }

  @Test
  void aMessageAndItsDeliveriesAreStoredInOneTransaction() {
    fixture.subscribe(topic, "sqs", QUEUE);
    fixture.subscribe(topic, "sms", "+49151234567");

    fixture.outboxFails = true;
    assertThatThrownBy(() -> fixture.publish(topic, "lost")).hasMessage("the disk is full");
    assertThat(fixture.messagesStored()).isZero();
    assertThat(fixture.notes).isEmpty();

    fixture.outboxFails = false;
    String id = fixture.publish(topic, "kept");
    assertThat(fixture.messagesStored()).isOne();
    assertThat(fixture.outbox).hasSize(2);
    assertThat(fixture.notes)
        .containsExactly(
            Map.of(
                "step", "PUBLISHED", "cause", "cause-of-caller", "topic", topic, "messageId", id));

    fixture.runDue();
    assertThat(fixture.messagesStored()).isZero();
    assertThat(fixture.serviceMessages).hasSize(1);
    assertThat(fixture.texts).hasSize(1);
    assertThat(fixture.notes).hasSize(3);
    assertThat(fixture.notes.getLast())
        .containsEntry("step", "DELIVERED")
        .containsEntry("cause", "cause-of-caller");
  }

  @Test
  void aMessageWithoutSubscribersIsNotStored() {
    fixture.publish(topic, "into the void");

    assertThat(fixture.messagesStored()).isZero();
    assertThat(fixture.outbox).isEmpty();
  }

  @Test
  void eachProtocolCanHaveItsOwnBody() {
    fixture.subscribe(topic, "sms", "+49151234567");
    fixture.subscribe(topic, "sqs", QUEUE);

    fixture.call(
        fixture.alice,
        PublishRequest.builder()
            .topicArn(topic)
            .messageStructure("json")
            .message("{\"default\":\"long\",\"sms\":\"short\",\"other\":{\"x\":1}}")
            .build());
    fixture.runDue();

    assertThat(fixture.texts.getFirst().text()).isEqualTo("short");
    assertThat(SnsFixture.payload(fixture.serviceMessages.getFirst()))
        .contains("\"Message\" : \"long\"");
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
            fixture.call(
                fixture.alice,
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
  void messagesAreLimitedTo256KibIncludingAttributes() {
    publish(PublishRequest.builder().topicArn(topic).message("x".repeat(262_144)).build());
    assertInvalid(
        () -> fixture.publish(topic, "x".repeat(262_145)), "Invalid parameter: Message too long");
    assertInvalid(() -> fixture.publish(topic, "ü".repeat(131_073)), "Message too long");
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

  /// The messages are AWS's.
  @Test
  void attributeErrorsHaveTheWordingOfAws() {
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
  void groupIdsReachQueuesAndDeduplicationIdsAreRefused() throws Exception {
    fixture.subscribe(topic, "sqs", "arn:aws:sqs:eu-central-1:111111111111:queue");
    PublishRequest request =
        PublishRequest.builder().topicArn(topic).message("m").messageGroupId("a-1").build();
    publish(request);
    fixture.runDue();
    assertThat(fixture.serviceMessages.getLast().groupId()).isEqualTo("a-1");
    assertInvalid(() -> publish(request.toBuilder().messageGroupId("a b").build()), "MessageGroup");
    assertInvalid(
        () -> publish(request.toBuilder().messageDeduplicationId("d").build()),
        "MessageDeduplicationId");
    assertInvalid(
        () -> publish(request.toBuilder().topicArn(null).phoneNumber("+49151234567").build()),
        "MessageGroupId Reason: a message to a phone has no group");
  }

  @Test
  void traceHeadersReachQueues() throws Exception {
    fixture.subscribe(topic, "sqs", "arn:aws:sqs:eu-central-1:111111111111:queue");
    fixture.call(
        DirectPipeline.traced(fixture.alice, "Root=1-a"),
        PublishRequest.builder().topicArn(topic).message("m").build());
    fixture.runDue();
    assertThat(fixture.serviceMessages.getLast().traceHeader()).isEqualTo("Root=1-a");

    fixture.call(
        DirectPipeline.traced(fixture.alice, "Root=1-b"),
        PublishBatchRequest.builder()
            .topicArn(topic)
            .publishBatchRequestEntries(
                PublishBatchRequestEntry.builder().id("1").message("m").build())
            .build());
    fixture.runDue();
    assertThat(fixture.serviceMessages.getLast().traceHeader()).isEqualTo("Root=1-b");

    fixture.publish(topic, "of no trace");
    fixture.runDue();
    assertThat(fixture.serviceMessages.getLast().traceHeader()).isNull();
  }

  @Test
  void messagesCanBePublishedToAPhoneNumber() throws Exception {
    PublishRequest request =
        PublishRequest.builder()
            .phoneNumber("+49-151-234567")
            .message("hello")
            .messageAttributes(Map.of("AWS.SNS.SMS.SenderID", string("Bells")))
            .build();

    publish(request);
    fixture.runDue();

    assertThat(fixture.texts.getFirst().to()).isEqualTo("+49151234567");
    assertThat(fixture.texts.getFirst().text()).isEqualTo("hello");
    assertThat(fixture.texts.getFirst().senderId()).isEqualTo("Bells");
    assertThat(fixture.messagesStored()).isZero();
    assertThat(fixture.needs(fixture.alice, request))
        .containsExactly(new Need("sns:Publish", "+49-151-234567", Map.of()));
    assertInvalid(
        () -> publish(request.toBuilder().message("x".repeat(1_601)).build()), "Message too long");
  }

  @Test
  void textMessagesBeginWithTheTopicsDisplayName() {
    fixture.call(
        fixture.alice,
        software.amazon.awssdk.services.sns.model.SetTopicAttributesRequest.builder()
            .topicArn(topic)
            .attributeName("DisplayName")
            .attributeValue("Nightly Reports")
            .build());
    fixture.subscribe(topic, "sms", "+49151234567");
    fixture.publish(topic, "done");
    fixture.runDue();

    assertThat(fixture.texts.getFirst().text()).isEqualTo("Nightly Re> done");
  }

  @Test
  void entriesOfABatchFailOneByOne() {
    fixture.subscribe(topic, "sqs", QUEUE);
    PublishBatchResponse response =
        fixture.call(
            fixture.alice, batch(entry("a", "first"), entry("b", ""), entry("c", "third")));
    fixture.runDue();

    assertThat(response.successful())
        .extracting(PublishBatchResultEntry::id)
        .containsExactly("a", "c");
    assertThat(response.failed()).extracting(BatchResultErrorEntry::id).containsExactly("b");
    assertThat(response.failed().getFirst().code()).isEqualTo("InvalidParameter");
    assertThat(fixture.serviceMessages).hasSize(2);
  }

  @Test
  void batchErrorsFailTheWholeRequest() {
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
  void fanOutByPagesDeliversOnceToEachSubscription() {
    int subscribers = 3 * Publications.PAGE_SIZE + 7;
    for (int i = 0; i < subscribers; i++) {
      fixture.subscribe(topic, "sms", "+4915112" + (100_000 + i));
    }
    fixture.publish(topic, "to all");
    assertThat(fixture.outbox).hasSize(1);
    assertThat(fixture.waiting(Publications.FANOUT)).isOne();

    int pages = 0;
    while (fixture.waiting(Publications.FANOUT) > 0) {
      fixture.attempt(fanout());
      pages++;
      assertThat(fixture.waiting("sns.sms"))
          .isEqualTo(Math.min(pages * Publications.PAGE_SIZE, subscribers));
    }
    fixture.runDue();

    assertThat(pages).isEqualTo(4);
    assertThat(fixture.texts).extracting(SmsTransport.TextMessage::to).doesNotHaveDuplicates();
    assertThat(fixture.texts).hasSize(subscribers);
    assertThat(fixture.messagesStored()).isZero();
  }

  @Test
  void aFailedFanOutPageIsRepeatedAndTheFanOutContinues() {
    int subscribers = Publications.PAGE_SIZE + 100;
    for (int i = 0; i < subscribers; i++) {
      fixture.subscribe(topic, "sms", "+4915112" + (100_000 + i));
    }
    fixture.publish(topic, "to all");

    fixture.outboxFails = true;
    assertThatThrownBy(() -> fixture.attempt(fanout())).hasMessage("the disk is full");
    assertThat(fixture.waiting("sns.sms")).isZero();
    fixture.outboxFails = false;
    fixture.runDue();

    assertThat(fixture.texts).hasSize(subscribers);
    assertThat(fixture.texts).extracting(SmsTransport.TextMessage::to).doesNotHaveDuplicates();
    assertThat(fixture.messagesStored()).isZero();
  }

  @Test
  void deletingTheTopicEndsTheFanOut() {
    for (int i = 0; i < Publications.PAGE_SIZE + 1; i++) {
      fixture.subscribe(topic, "sms", "+4915112" + (100_000 + i));
    }
    fixture.publish(topic, "to all");
    fixture.attempt(fanout());

    fixture.call(fixture.alice, DeleteTopicRequest.builder().topicArn(topic).build());
    fixture.runDue();

    assertThat(fixture.texts).isEmpty();
    assertThat(fixture.messagesStored()).isZero();
  }

  @Test
  void subscriptionsEndedMeanwhileGetNothing() {
    String arn = fixture.subscribe(topic, "sqs", QUEUE);
    fixture.publish(topic, "late");
    fixture.call(fixture.alice, UnsubscribeRequest.builder().subscriptionArn(arn).build());
    fixture.runDue();

    assertThat(fixture.serviceMessages).isEmpty();
    assertThat(fixture.messagesStored()).isZero();
  }

  @Test
  void otherServicesPublishIfThePolicyAllowsIt() {
    fixture.subscribe(topic, "lambda", FUNCTION);
    assertThat(accept(event(topic, 10)))
        .isInstanceOfSatisfying(
            Acceptance.Refused.class,
            r -> {
              assertThat(r.why()).contains("does not let s3.amazonaws");
              assertThat(r.reason()).isEqualTo(Acceptance.Refused.Reason.DENIED);
            });
    fixture.publishable.add(topic);
    assertThat(accept(event(topic + "x", 10)))
        .isInstanceOfSatisfying(
            Acceptance.Refused.class,
            r -> assertThat(r.reason()).isEqualTo(Acceptance.Refused.Reason.ABSENT));
    assertThat(accept(event(topic, 262_145))).isInstanceOf(Acceptance.Refused.class);
    Acceptance outcome = accept(event(topic, 10));
    assertThat(fixture.outbox).isEmpty();

    fixture.database.write(
        tx -> {
          ((Acceptance.Accepted) outcome).effect().accept(tx);
          return true;
        });
    fixture.runDue();

    assertThat(fixture.serviceMessages).hasSize(1);
    assertThat(fixture.serviceMessages.getFirst().cause()).isEqualTo("the-upload");
    assertThat(SnsFixture.payload(fixture.serviceMessages.getFirst()))
        .contains("\"Subject\":\"Amazon S3 Notification\"", "\"Message\":\"eeeeeeeeee\"");
  }

  private Acceptance accept(ServiceMessage message) {
    return fixture.database.read(s -> fixture.service.recipient().orElseThrow().accept(s, message));
  }

  private ServiceMessage event(String arn, int size) {
    return new ServiceMessage(
        new Sender.Service("s3.amazonaws.com", Arn.bucket("b"), "111111111111"),
        Arn.parse(arn),
        "e".repeat(size).getBytes(StandardCharsets.UTF_8),
        "Amazon S3 Notification",
        Map.of(),
        "the-upload");
  }

  private SnsFixture.FakeJob fanout() {
    return fixture.outbox.stream()
        .filter(job -> job.work.kind().equals(Publications.FANOUT))
        .findFirst()
        .orElseThrow();
  }

  private void publish(PublishRequest request) {
    fixture.call(fixture.alice, request);
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
    assertThatThrownBy(() -> fixture.call(fixture.alice, request))
        .isInstanceOfSatisfying(AwsException.class, e -> assertThat(e.error()).isEqualTo(error));
  }

  private static MessageAttributeValue string(String value) {
    return typed("String", value);
  }

  private static MessageAttributeValue typed(String type, String value) {
    return MessageAttributeValue.builder().dataType(type).stringValue(value).build();
  }
}
