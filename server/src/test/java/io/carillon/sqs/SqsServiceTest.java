package io.carillon.sqs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.Authorizer;
import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.DirectPipeline;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Region;
import io.carillon.kernel.TestKernel;
import io.carillon.messaging.Acceptance;
import io.carillon.messaging.MessageAttribute;
import io.carillon.messaging.Sender;
import io.carillon.messaging.ServiceMessage;
import io.carillon.policy.FewPrincipals;
import io.carillon.store.Database;
import io.carillon.store.RepeatingDatabase;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityRequest;
import software.amazon.awssdk.services.sqs.model.CreateQueueRequest;
import software.amazon.awssdk.services.sqs.model.CreateQueueResponse;
import software.amazon.awssdk.services.sqs.model.DeleteMessageRequest;
import software.amazon.awssdk.services.sqs.model.DeleteQueueRequest;
import software.amazon.awssdk.services.sqs.model.GetQueueAttributesRequest;
import software.amazon.awssdk.services.sqs.model.GetQueueAttributesResponse;
import software.amazon.awssdk.services.sqs.model.ListQueuesRequest;
import software.amazon.awssdk.services.sqs.model.ListQueuesResponse;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeValue;
import software.amazon.awssdk.services.sqs.model.PurgeQueueRequest;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageRequest;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageResponse;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequest;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResponse;
import software.amazon.awssdk.services.sqs.model.SendMessageRequest;
import software.amazon.awssdk.services.sqs.model.SendMessageResponse;
import software.amazon.awssdk.services.sqs.model.SetQueueAttributesRequest;
import software.amazon.awssdk.services.sqs.model.TagQueueRequest;

class SqsServiceTest {
  private static final AccountId ACCOUNT = new AccountId("123456789012");

  private volatile Instant now = Instant.parse("2026-11-22T12:00:00Z");
  private boolean serviceAllowed = true;
  private final Database database = RepeatingDatabase.inMemory();
  private final Authorizer authorizer = DirectPipeline.letting(() -> serviceAllowed);
  private final SqsService sqs =
      new SqsService(
          new TestKernel(database, () -> now)
              .with(authorizer)
              .with(new FewPrincipals(ACCOUNT))
              .build());
  private final DirectPipeline pipeline = new DirectPipeline(sqs.operations(), authorizer);

  @Test
  void aMessageIsReceivedOnceWithinItsVisibilityTimeout() {
    String queue = create("q", Map.of());
    send(queue, "hello");

    Message first = receive(queue).getFirst();
    assertThat(first.body()).isEqualTo("hello");
    assertThat(receive(queue)).isEmpty();

    now = now.plusSeconds(31);
    Message again = receive(queue).getFirst();
    assertThat(again.attributesAsStrings()).containsEntry("ApproximateReceiveCount", "2");
    assertThat(again.attributesAsStrings().get("ApproximateFirstReceiveTimestamp"))
        .isEqualTo(first.attributesAsStrings().get("ApproximateFirstReceiveTimestamp"));
  }

  @Test
  void anOlderReceiptDeletesTheMessage() {
    String queue = create("q", Map.of());
    send(queue, "hello");
    Message first = receive(queue).getFirst();
    now = now.plusSeconds(31);
    Message second = receive(queue).getFirst();

    run(
        DeleteMessageRequest.builder()
            .queueUrl(queue)
            .receiptHandle(first.receiptHandle())
            .build());
    now = now.plusSeconds(31);
    assertThat(receive(queue)).isEmpty();
    assertThat(second.messageId()).isEqualTo(first.messageId());
  }

  @Test
  void anOlderReceiptChangesTheVisibilityOfAMessageInFlight() {
    String queue = create("q", Map.of());
    send(queue, "hello");
    Message first = receive(queue).getFirst();
    now = now.plusSeconds(31);
    receive(queue);

    run(
        ChangeMessageVisibilityRequest.builder()
            .queueUrl(queue)
            .receiptHandle(first.receiptHandle())
            .visibilityTimeout(0)
            .build());

    assertThat(receive(queue)).hasSize(1);
    now = now.plusSeconds(31);
    assertThatThrownBy(
            () ->
                run(
                    ChangeMessageVisibilityRequest.builder()
                        .queueUrl(queue)
                        .receiptHandle(first.receiptHandle())
                        .visibilityTimeout(9)
                        .build()))
        .as("it is no longer in flight")
        .hasMessageEndingWith(
            "Message does not exist or is not available for visibility timeout change.");
  }

  /// Sources of the messages: https://github.com/spulec/PyQS/issues/24 and
  /// https://github.com/aws/aws-sdk-java-v2/issues/3101
  @Test
  void receiptsOfOtherQueuesAndMalformedReceiptsHaveDifferentErrors() {
    String queue = create("q", Map.of());
    String other = create("other", Map.of());
    send(other, "hello");
    String receipt = receive(other).getFirst().receiptHandle();
    for (String wrong : List.of(receipt, "garbage", "Z2FyYmFnZQ")) {
      String words =
          wrong.equals(receipt)
              ? "The receipt handle \"%s\" is not valid for this queue."
              : "The input receipt handle \"%s\" is not a valid receipt handle.";
      for (SdkPojo request :
          List.of(
              DeleteMessageRequest.builder().queueUrl(queue).receiptHandle(wrong).build(),
              ChangeMessageVisibilityRequest.builder()
                  .queueUrl(queue)
                  .receiptHandle(wrong)
                  .visibilityTimeout(1)
                  .build())) {
        assertThatThrownBy(() -> run(request))
            .isInstanceOfSatisfying(
                AwsException.class,
                e -> assertThat(e.error()).isEqualTo(SqsError.RECEIPT_HANDLE_IS_INVALID))
            .hasMessage(words.formatted(wrong));
      }
    }
  }

  @Test
  void messagesOfOneMillisecondAreReceivedInOrder() {
    String queue = create("q", Map.of());
    for (int i = 0; i < 10; i++) {
      send(queue, "m" + i);
    }

    assertThat(receive(queue))
        .extracting(Message::body)
        .containsExactly("m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9");
  }

  @Test
  void delayedMessagesAreHiddenAndCounted() {
    String queue = create("q", Map.of());
    run(SendMessageRequest.builder().queueUrl(queue).messageBody("later").delaySeconds(10).build());

    assertThat(receive(queue)).isEmpty();
    assertThat(attributes(queue))
        .containsEntry("ApproximateNumberOfMessagesDelayed", "1")
        .containsEntry("ApproximateNumberOfMessages", "0");
    now = now.plusSeconds(10);
    assertThat(receive(queue)).hasSize(1);
    assertThat(attributes(queue)).containsEntry("ApproximateNumberOfMessagesNotVisible", "1");
  }

  @Test
  void theVisibilityTimeoutCanBeEndedAtOnce() {
    String queue = create("q", Map.of());
    send(queue, "hello");
    Message message = receive(queue).getFirst();

    run(
        ChangeMessageVisibilityRequest.builder()
            .queueUrl(queue)
            .receiptHandle(message.receiptHandle())
            .visibilityTimeout(0)
            .build());

    assertThat(receive(queue)).hasSize(1);
  }

  @Test
  void aLongPollEndsWhenAMessageArrives() throws Exception {
    String queue = create("q", Map.of());
    CompletableFuture<List<Message>> poll =
        CompletableFuture.supplyAsync(
            () -> {
              ReceiveMessageResponse answer =
                  run(ReceiveMessageRequest.builder().queueUrl(queue).waitTimeSeconds(20).build());
              return answer.messages();
            });

    send(queue, "hello");

    assertThat(poll.get(15, TimeUnit.SECONDS)).hasSize(1);
  }

  @Test
  void messagesReceivedTooOftenMoveToTheDeadLetterQueue() {
    String dead = create("dead", Map.of());
    String queue =
        create(
            "q",
            Map.of(
                QueueAttributeName.REDRIVE_POLICY,
                "{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:123456789012:dead\",\"maxReceiveCount\":\"2\"}"));
    SendMessageResponse sent = send(queue, "poison");
    for (int i = 0; i < 2; i++) {
      assertThat(receive(queue)).hasSize(1);
      now = now.plusSeconds(31);
    }

    assertThat(receive(queue)).isEmpty();
    Message moved = receive(dead).getFirst();
    assertThat(moved.messageId()).isEqualTo(sent.messageId());
    assertThat(moved.attributesAsStrings())
        .containsEntry("DeadLetterQueueSourceArn", "arn:aws:sqs:us-east-1:123456789012:q")
        .containsEntry("ApproximateReceiveCount", "3");
  }

  @Test
  void expiredMessagesAreNotReceived() {
    String queue = create("q", Map.of(QueueAttributeName.MESSAGE_RETENTION_PERIOD, "60"));
    send(queue, "old");
    now = now.plusSeconds(61);

    assertThat(receive(queue)).isEmpty();
    assertThat(attributes(queue)).containsEntry("ApproximateNumberOfMessages", "0");
  }

  /// Source:
  /// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
  @ParameterizedTest
  @CsvSource({
    "All, a abc abc.x abcd",
    ".*, a abc abc.x abcd",
    "*, a abc abc.x abcd",
    "abc.*, abc abc.x abcd",
    "abc*, abc abc.x abcd",
    "abc., ''",
    "abc, abc",
    "b*, ''"
  })
  void attributesAreRequestedByNameAndPrefix(String asked, String names) {
    String queue = create("q", Map.of());
    Map<String, MessageAttributeValue> sent = new HashMap<>();
    for (String name : List.of("a", "abc", "abc.x", "abcd")) {
      sent.put(name, MessageAttributeValue.builder().dataType("String").stringValue("v").build());
    }
    run(
        SendMessageRequest.builder()
            .queueUrl(queue)
            .messageBody("m")
            .messageAttributes(sent)
            .build());

    ReceiveMessageResponse answer =
        run(ReceiveMessageRequest.builder().queueUrl(queue).messageAttributeNames(asked).build());

    assertThat(
            String.join(
                " ", new TreeSet<>(answer.messages().getFirst().messageAttributes().keySet())))
        .isEqualTo(names);
  }

  @Test
  void newQueuesReportManagedEncryption() {
    String queue = create("q", Map.of());
    assertThat(attributes(queue)).containsEntry("SqsManagedSseEnabled", "true");

    run(
        SetQueueAttributesRequest.builder()
            .queueUrl(queue)
            .attributes(Map.of(QueueAttributeName.SQS_MANAGED_SSE_ENABLED, "false"))
            .build());
    assertThat(attributes(queue)).containsEntry("SqsManagedSseEnabled", "false");
  }

  /// Source of the digest: AWS's algorithm, computed by botocore 1.43 for the same attributes.
  @Test
  void digestsCoverTheReturnedAttributes() {
    String queue = create("q", Map.of());
    SendMessageResponse sent =
        run(
            SendMessageRequest.builder()
                .queueUrl(queue)
                .messageBody("x")
                .messageAttributes(
                    Map.of(
                        "b",
                            MessageAttributeValue.builder()
                                .dataType("Binary")
                                .binaryValue(SdkBytes.fromUtf8String("xyz"))
                                .build(),
                        "a",
                            MessageAttributeValue.builder()
                                .dataType("String")
                                .stringValue("1")
                                .build()))
                .build());

    Message message = receive(queue).getFirst();
    assertThat(message.md5OfMessageAttributes()).isEqualTo(sent.md5OfMessageAttributes());
    assertThat(message.messageAttributes()).containsOnlyKeys("a", "b");
    assertThat(sent.md5OfMessageBody()).isEqualTo("9dd4e461268c8034f5c8564e155c67a6");
  }

  @Test
  void batchEntriesFailIndividually() {
    String queue = create("q", Map.of());
    SendMessageBatchResponse answer =
        run(
            SendMessageBatchRequest.builder()
                .queueUrl(queue)
                .entries(
                    SendMessageBatchRequestEntry.builder().id("good").messageBody("x").build(),
                    SendMessageBatchRequestEntry.builder().id("bad").messageBody("\u0000").build(),
                    SendMessageBatchRequestEntry.builder().id("none").build(),
                    SendMessageBatchRequestEntry.builder()
                        .id("late")
                        .messageBody("x")
                        .delaySeconds(901)
                        .build())
                .build());

    assertThat(answer.successful())
        .singleElement()
        .satisfies(e -> assertThat(e.id()).isEqualTo("good"));
    assertThat(answer.failed())
        .extracting(BatchResultErrorEntry::code)
        .as("with their older codes, also over JSON")
        .containsExactly("InvalidMessageContents", "MissingParameter", "InvalidParameterValue");
    assertThat(receive(queue)).hasSize(1);
  }

  @Test
  void recreatingAQueueIsIdempotentAndRefusesOtherAttributes() {
    String queue = create("q", Map.of(QueueAttributeName.DELAY_SECONDS, "5"));

    assertThat(create("q", Map.of(QueueAttributeName.DELAY_SECONDS, "5"))).isEqualTo(queue);
    assertThatThrownBy(() -> create("q", Map.of(QueueAttributeName.DELAY_SECONDS, "6")))
        .hasMessageContaining("already exists");
  }

  @Test
  void invalidAttributesAreNamedAndChangeNothing() {
    String queue = create("q", Map.of());
    assertThatThrownBy(
            () ->
                run(
                    SetQueueAttributesRequest.builder()
                        .queueUrl(queue)
                        .attributes(
                            Map.of(
                                QueueAttributeName.DELAY_SECONDS,
                                "1",
                                QueueAttributeName.VISIBILITY_TIMEOUT,
                                "43201"))
                        .build()))
        .hasMessageContaining("VisibilityTimeout");
    assertThat(attributes(queue)).containsEntry("DelaySeconds", "0");
    assertThatThrownBy(() -> create("f.fifo", Map.of())).hasMessageContaining("FIFO");
    assertThatThrownBy(() -> create("k", Map.of(QueueAttributeName.KMS_MASTER_KEY_ID, "k")))
        .hasMessageContaining("KmsMasterKeyId");
    assertThatThrownBy(() -> create("q p", Map.of())).hasMessageContaining("alphanumeric");
  }

  /// Source: responses of SQS as quoted by its users (moto, localstack).
  @Test
  void numbersOutOfRangeAreRefusedWithTheRange() {
    String queue = create("ranges", Map.of());
    SendMessageRequest send = SendMessageRequest.builder().queueUrl(queue).messageBody("m").build();
    assertThatThrownBy(() -> run(send.toBuilder().delaySeconds(901).build()))
        .hasMessage(
            "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and"
                + " <= 900.");
    ReceiveMessageRequest receive = ReceiveMessageRequest.builder().queueUrl(queue).build();
    assertThatThrownBy(() -> run(receive.toBuilder().waitTimeSeconds(21).build()))
        .hasMessage(
            "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if"
                + " provided.");
    assertThatThrownBy(() -> run(receive.toBuilder().visibilityTimeout(-1).build()))
        .hasMessage(
            "Value -1 for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <="
                + " 43200, if provided.");
    assertThatThrownBy(() -> run(receive.toBuilder().maxNumberOfMessages(11).build()))
        .hasMessage(
            "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and"
                + " 10, if provided.");
  }

  @Test
  void aRecreatedQueueIsEmpty() {
    String queue = create("q", Map.of());
    send(queue, "old");
    run(DeleteQueueRequest.builder().queueUrl(queue).build());
    assertThatThrownBy(() -> send(queue, "x")).hasMessage("The specified queue does not exist.");
    now = now.plusSeconds(60);
    create("q", Map.of());

    assertThat(receive(queue)).isEmpty();
  }

  @Test
  void creatingAQueueAgainNamesTheAttributeThatDiffers() {
    create("q", Map.of(QueueAttributeName.DELAY_SECONDS, "1"));

    create("q", Map.of());
    assertThatThrownBy(() -> create("q", Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "7")))
        .hasMessage(
            "A queue already exists with the same name and a different value for attribute"
                + " VisibilityTimeout");
  }

  @Test
  void theNameOfADeletedQueueCannotBeReusedForAMinute() {
    String queue = create("q", Map.of());
    run(DeleteQueueRequest.builder().queueUrl(queue).build());

    create("other", Map.of());
    now = now.plusSeconds(59);
    assertThatThrownBy(() -> create("q", Map.of()))
        .isInstanceOfSatisfying(
            AwsException.class,
            e -> assertThat(e.error()).isEqualTo(SqsError.QUEUE_DELETED_RECENTLY))
        .hasMessage(
            "You must wait 60 seconds after deleting a queue before you can create another with the"
                + " same name.");
    now = now.plusSeconds(1);
    create("q", Map.of());
  }

  @Test
  void missingQueuesAreRefused() {
    String queue = create("q", Map.of());
    assertThatThrownBy(
            () ->
                run(
                    ReceiveMessageRequest.builder()
                        .queueUrl(queue)
                        .messageSystemAttributeNamesWithStrings("SentTimestamp", "Colour")
                        .build()))
        .hasMessage("Unknown Attribute Colour.");
    assertThatThrownBy(
            () -> run(TagQueueRequest.builder().queueUrl(queue).tags(Map.of("aws:a", "b")).build()))
        .hasMessageContaining("reserved for system use");
  }

  @Test
  void purgingTwiceWithinAMinuteIsRefused() {
    String queue = create("q", Map.of());
    send(queue, "x");
    run(PurgeQueueRequest.builder().queueUrl(queue).build());
    assertThat(receive(queue)).isEmpty();
    assertThatThrownBy(() -> run(PurgeQueueRequest.builder().queueUrl(queue).build()))
        .hasMessageContaining("every 60 seconds")
        .isInstanceOfSatisfying(
            AwsException.class, e -> assertThat(e.error().status()).isEqualTo(403));
    now = now.plus(Duration.ofSeconds(61));
    run(PurgeQueueRequest.builder().queueUrl(queue).build());
  }

  @Test
  void listingContinuesAfterThePage() {
    create("a1", Map.of());
    create("a2", Map.of());
    create("b", Map.of());
    ListQueuesResponse one =
        run(ListQueuesRequest.builder().queueNamePrefix("a").maxResults(1).build());
    ListQueuesResponse two =
        run(
            ListQueuesRequest.builder()
                .queueNamePrefix("a")
                .maxResults(1)
                .nextToken(one.nextToken())
                .build());

    assertThat(one.queueUrls()).containsExactly("http://localhost:4566/123456789012/a1");
    assertThat(two.queueUrls()).containsExactly("http://localhost:4566/123456789012/a2");
    assertThat(two.nextToken()).isNull();
    assertThatThrownBy(() -> run(ListQueuesRequest.builder().nextToken("a1").build()))
        .hasMessageContaining("NextToken is invalid");
  }

  @Test
  void servicesSendOnlyToExistingQueuesWhosePolicyAllowsIt() {
    String queue = create("q", Map.of());

    Acceptance outcome = accept("q");
    assertThat(receive(queue)).as("nothing before the effect runs").isEmpty();
    database.write(
        tx -> {
          ((Acceptance.Accepted) outcome).effect().accept(tx);
          return true;
        });
    assertThat(receive(queue)).extracting(Message::body).containsExactly("event");

    serviceAllowed = false;
    assertThat(accept("q"))
        .isInstanceOfSatisfying(
            Acceptance.Refused.class,
            r -> assertThat(r.reason()).isEqualTo(Acceptance.Refused.Reason.DENIED));
    serviceAllowed = true;
    assertThat(accept("nowhere"))
        .isInstanceOfSatisfying(
            Acceptance.Refused.class,
            r -> assertThat(r.reason()).isEqualTo(Acceptance.Refused.Reason.ABSENT));
  }

  private Acceptance accept(String queue) {
    return accept(
        new ServiceMessage(
            new Sender.Service("s3.amazonaws.com", Arn.bucket("b"), ACCOUNT.value()),
            Arn.parse("arn:aws:sqs:us-east-1:123456789012:" + queue),
            "event".getBytes(java.nio.charset.StandardCharsets.UTF_8),
            "",
            Map.of(),
            "cause"));
  }

  private Acceptance accept(ServiceMessage message) {
    return database.read(s -> sqs.recipient().orElseThrow().accept(s, message));
  }

  @Test
  void messagesOfServicesKeepTheirAttributeTypes() {
    String queue = create("typed", Map.of());
    ServiceMessage typed =
        new ServiceMessage(
            new Sender.Service(
                "sns.amazonaws.com",
                Arn.parse("arn:aws:sns:us-east-1:123456789012:t"),
                ACCOUNT.value()),
            Arn.parse("arn:aws:sqs:us-east-1:123456789012:typed"),
            "raw".getBytes(java.nio.charset.StandardCharsets.UTF_8),
            "",
            Map.of(
                "n",
                MessageAttribute.number("1.50"),
                "b",
                new MessageAttribute("Binary", null, new byte[] {0, -1})),
            "cause",
            null,
            "Root=1-a");
    Acceptance.Accepted outcome = (Acceptance.Accepted) accept(typed);
    database.write(
        tx -> {
          outcome.effect().accept(tx);
          return true;
        });

    Message message = receive(queue).getFirst();
    assertThat(message.messageAttributes().get("n"))
        .isEqualTo(MessageAttributeValue.builder().dataType("Number").stringValue("1.50").build());
    assertThat(message.messageAttributes().get("b"))
        .isEqualTo(
            MessageAttributeValue.builder()
                .dataType("Binary")
                .binaryValue(SdkBytes.fromByteArray(new byte[] {0, -1}))
                .build());
    assertThat(message.attributesAsStrings())
        .containsEntry("SenderId", "sns.amazonaws.com")
        .containsEntry("AWSTraceHeader", "Root=1-a");
  }

  @Test
  void theTraceHeaderOfTheRequestIsTheDefaultOfItsMessages() {
    String queue = create("traced", Map.of());
    Caller traced =
        DirectPipeline.traced(DirectPipeline.root(ACCOUNT, Region.US_EAST_1, now), "Root=1-r");
    SendMessageRequest message =
        SendMessageRequest.builder().queueUrl(queue).messageBody("m").build();
    SendMessageResponse answer = pipeline.call(traced, message);
    assertThat(answer.md5OfMessageSystemAttributes()).isNull();
    assertThat(receive(queue).getFirst().attributesAsStrings())
        .containsEntry("AWSTraceHeader", "Root=1-r");

    SendMessageResponse own =
        pipeline.call(
            traced,
            message.toBuilder()
                .messageSystemAttributesWithStrings(
                    Map.of(
                        "AWSTraceHeader",
                        MessageSystemAttributeValue.builder()
                            .dataType("String")
                            .stringValue("Root=1-own")
                            .build()))
                .build());
    assertThat(own.md5OfMessageSystemAttributes()).isNotNull();
    assertThat(receive(queue).getFirst().attributesAsStrings())
        .containsEntry("AWSTraceHeader", "Root=1-own");
  }

  ///
  /// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
  @Test
  void groupIdsAreKeptAndDeduplicationIdsAreRefused() {
    String queue = create("fair", Map.of());
    SendMessageRequest message =
        SendMessageRequest.builder().queueUrl(queue).messageBody("m").messageGroupId("a-1").build();
    run(message);
    assertThat(receive(queue).getFirst().attributesAsStrings())
        .containsEntry("MessageGroupId", "a-1");
    assertThatThrownBy(() -> run(message.toBuilder().messageGroupId("a b").build()))
        .hasMessageContaining("MessageGroupId");
    assertThatThrownBy(() -> run(message.toBuilder().messageDeduplicationId("d").build()))
        .hasMessageContaining("MessageDeduplicationId")
        .hasMessageContaining("not valid for this queue type");
  }

  /// The digest is that of `AWSTraceHeader`, `String` and the value, each preceded by its length.
  @Test
  void theTraceHeaderIsTheOnlySystemAttributeThatCanBeSent() throws Exception {
    String queue = create("traced", Map.of());
    SendMessageRequest message =
        SendMessageRequest.builder()
            .queueUrl(queue)
            .messageBody("m")
            .messageSystemAttributesWithStrings(
                Map.of(
                    "AWSTraceHeader",
                    MessageSystemAttributeValue.builder()
                        .dataType("String")
                        .stringValue("Root=1")
                        .build()))
            .build();
    SendMessageResponse sent = run(message);
    byte[] digested =
        "\0\0\0\016AWSTraceHeader\0\0\0\6String\1\0\0\0\6Root=1"
            .getBytes(StandardCharsets.US_ASCII);
    assertThat(sent.md5OfMessageSystemAttributes())
        .isEqualTo(
            java.util.HexFormat.of()
                .formatHex(java.security.MessageDigest.getInstance("MD5").digest(digested)));
    assertThat(sent.md5OfMessageAttributes()).isNull();
    assertThat(receive(queue).getFirst().attributesAsStrings())
        .containsEntry("AWSTraceHeader", "Root=1");

    MessageSystemAttributeValue value =
        MessageSystemAttributeValue.builder().dataType("String").stringValue("x").build();
    assertThatThrownBy(
            () ->
                run(
                    message.toBuilder()
                        .messageSystemAttributesWithStrings(Map.of("Other", value))
                        .build()))
        .hasMessage("Message system attribute name 'Other' is invalid.");
  }

  @Test
  void theSweepRemovesExpiredMessages() {
    String queue = create("unread", Map.of(QueueAttributeName.MESSAGE_RETENTION_PERIOD, "60"));
    send(queue, "old");
    send(queue, "in flight once");
    now = now.plusSeconds(50);
    send(queue, "young");
    now = now.plusSeconds(20);
    sqs.sweep();

    assertThat(attributes(queue)).containsEntry("ApproximateNumberOfMessages", "1");
    assertThat(receive(queue)).extracting(Message::body).containsExactly("young");
  }

  @Test
  void theSizeOfABatchIncludesAttributes() {
    String queue = create("large", Map.of());
    MessageAttributeValue large =
        MessageAttributeValue.builder().dataType("String").stringValue("x".repeat(600_000)).build();
    SendMessageBatchRequest batch =
        SendMessageBatchRequest.builder()
            .queueUrl(queue)
            .entries(
                SendMessageBatchRequestEntry.builder()
                    .id("a")
                    .messageBody("m")
                    .messageAttributes(Map.of("k", large))
                    .build(),
                SendMessageBatchRequestEntry.builder()
                    .id("b")
                    .messageBody("m")
                    .messageAttributes(Map.of("k", large))
                    .build())
            .build();

    assertThatThrownBy(() -> run(batch))
        .isInstanceOfSatisfying(
            AwsException.class,
            e -> assertThat(e.error()).isEqualTo(SqsError.BATCH_REQUEST_TOO_LONG));
  }

  @Test
  void emptyListsAreOmittedFromResponses() {
    String queue = create("sparse", Map.of());
    ReceiveMessageResponse received = run(ReceiveMessageRequest.builder().queueUrl(queue).build());
    assertThat(received.hasMessages()).isFalse();
    ListQueuesResponse listed = run(ListQueuesRequest.builder().queueNamePrefix("none").build());
    assertThat(listed.hasQueueUrls()).isFalse();
    SendMessageBatchResponse sent =
        run(
            SendMessageBatchRequest.builder()
                .queueUrl(queue)
                .entries(SendMessageBatchRequestEntry.builder().id("a").messageBody("m").build())
                .build());
    assertThat(sent.hasSuccessful()).isTrue();
    assertThat(sent.hasFailed()).isFalse();
  }

  private String create(String name, Map<QueueAttributeName, String> attributes) {
    CreateQueueResponse answer =
        run(CreateQueueRequest.builder().queueName(name).attributes(attributes).build());
    return answer.queueUrl();
  }

  private SendMessageResponse send(String queue, String body) {
    return run(SendMessageRequest.builder().queueUrl(queue).messageBody(body).build());
  }

  @SuppressWarnings("deprecation") // AWS deprecated AttributeNames, and still takes it
  private List<Message> receive(String queue) {
    ReceiveMessageResponse answer =
        run(
            ReceiveMessageRequest.builder()
                .queueUrl(queue)
                .maxNumberOfMessages(10)
                .attributeNamesWithStrings("All")
                .messageAttributeNames("All")
                .build());
    return answer.messages();
  }

  private Map<String, String> attributes(String queue) {
    GetQueueAttributesResponse answer =
        run(
            GetQueueAttributesRequest.builder()
                .queueUrl(queue)
                .attributeNamesWithStrings("All")
                .build());
    return answer.attributesAsStrings();
  }

  private <I, O> O run(I input) {
    return pipeline.call(DirectPipeline.root(ACCOUNT, Region.US_EAST_1, now), input);
  }
}
