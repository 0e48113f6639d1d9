package io.carillon.sqs;

import io.carillon.aws.Authorizer;
import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.aws.Operations;
import io.carillon.aws.ResourcePolicies;
import io.carillon.base.Arn;
import io.carillon.base.Ids;
import io.carillon.outbox.MessageAttribute;
import io.carillon.outbox.Outcome;
import io.carillon.outbox.Recipient;
import io.carillon.outbox.Recipient.Handover;
import io.carillon.policy.KnownPrincipals;
import io.carillon.sqs.Messages.DeadLetters;
import io.carillon.sqs.Messages.Received;
import io.carillon.sqs.Queues.QueueKey;
import io.carillon.sqs.Queues.QueueRow;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchRequest;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchResponse;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchResultEntry;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityRequest;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityResponse;
import software.amazon.awssdk.services.sqs.model.CreateQueueRequest;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequest;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchResponse;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchResultEntry;
import software.amazon.awssdk.services.sqs.model.DeleteMessageRequest;
import software.amazon.awssdk.services.sqs.model.DeleteMessageResponse;
import software.amazon.awssdk.services.sqs.model.DeleteQueueRequest;
import software.amazon.awssdk.services.sqs.model.GetQueueAttributesRequest;
import software.amazon.awssdk.services.sqs.model.GetQueueUrlRequest;
import software.amazon.awssdk.services.sqs.model.ListDeadLetterSourceQueuesRequest;
import software.amazon.awssdk.services.sqs.model.ListQueueTagsRequest;
import software.amazon.awssdk.services.sqs.model.ListQueuesRequest;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeValue;
import software.amazon.awssdk.services.sqs.model.PurgeQueueRequest;
import software.amazon.awssdk.services.sqs.model.PurgeQueueResponse;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageRequest;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageResponse;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequest;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResponse;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResultEntry;
import software.amazon.awssdk.services.sqs.model.SendMessageRequest;
import software.amazon.awssdk.services.sqs.model.SendMessageResponse;
import software.amazon.awssdk.services.sqs.model.SetQueueAttributesRequest;
import software.amazon.awssdk.services.sqs.model.TagQueueRequest;
import software.amazon.awssdk.services.sqs.model.UntagQueueRequest;

/// SQS: standard queues.
public final class SqsService {
  private static final int BATCH_BYTES = 1_048_576;
  private static final Duration BETWEEN_PURGES = Duration.ofSeconds(60);
  private static final Duration NAME_HELD = Duration.ofSeconds(60);

  private final Database database;
  private final InstantSource clock;
  private final Authorizer authorizer;
  private final Messages messages;
  private static final Logger LOG = LoggerFactory.getLogger(SqsService.class);

  private final Queues queues;
  private final Map<String, Instant> purged = new ConcurrentHashMap<>();

  /// @param principals whom policies of queues may name
  /// @param endpoint where clients reach this server, for queue URLs
  /// @param timeScale multiplies the time for which the name of a deleted queue cannot be used
  public SqsService(
      Database database,
      InstantSource clock,
      Ids ids,
      Authorizer authorizer,
      KnownPrincipals principals,
      Supplier<URI> endpoint,
      double timeScale) {
    this.database = database;
    this.clock = clock;
    this.authorizer = authorizer;
    this.messages = new Messages(database, clock, ids);
    Duration nameHeld = Duration.ofMillis(Math.round(NAME_HELD.toMillis() * timeScale));
    this.queues = new Queues(database, messages, principals, clock, endpoint, ids::uuid, nameHeld);
  }

  public Operations operations() {
    return Operations.of("sqs")
        .needing(
            CreateQueueRequest.class,
            r ->
                Need.of("sqs:CreateQueue", Caller.current().arn("sqs", r.queueName()))
                    .andTagging("sqs:TagQueue", r.tags()),
            queues::create)
        .on(
            GetQueueUrlRequest.class,
            r -> Queues.named(Caller.current(), r.queueName(), r.queueOwnerAWSAccountId()).arn(),
            queues::url)
        .anywhere(ListQueuesRequest.class, queues::list)
        .on(DeleteQueueRequest.class, r -> arn(r.queueUrl()), queues::delete)
        .on(GetQueueAttributesRequest.class, r -> arn(r.queueUrl()), queues::attributes)
        .on(SetQueueAttributesRequest.class, r -> arn(r.queueUrl()), queues::setAttributes)
        .on(
            ListDeadLetterSourceQueuesRequest.class,
            r -> arn(r.queueUrl()),
            queues::deadLetterSources)
        .needing(
            TagQueueRequest.class,
            r -> List.of(Need.of("sqs:TagQueue", arn(r.queueUrl())).tagging(r.tags())),
            queues::tag)
        .needing(
            UntagQueueRequest.class,
            r -> List.of(Need.of("sqs:UntagQueue", arn(r.queueUrl())).untagging(r.tagKeys())),
            queues::untag)
        .on(ListQueueTagsRequest.class, r -> arn(r.queueUrl()), queues::tags)
        .on(PurgeQueueRequest.class, r -> arn(r.queueUrl()), this::purge)
        .on(SendMessageRequest.class, r -> arn(r.queueUrl()), this::send)
        .needing(
            SendMessageBatchRequest.class, r -> needs("SendMessage", r.queueUrl()), this::sendBatch)
        .on(ReceiveMessageRequest.class, r -> arn(r.queueUrl()), this::receive)
        .on(DeleteMessageRequest.class, r -> arn(r.queueUrl()), this::delete)
        .needing(
            DeleteMessageBatchRequest.class,
            r -> needs("DeleteMessage", r.queueUrl()),
            this::deleteBatch)
        .on(ChangeMessageVisibilityRequest.class, r -> arn(r.queueUrl()), this::changeVisibility)
        .needing(
            ChangeMessageVisibilityBatchRequest.class,
            r -> needs("ChangeMessageVisibility", r.queueUrl()),
            this::changeVisibilityBatch);
  }

  private static Arn arn(@Nullable String queueUrl) {
    return Queues.key(Caller.current(), queueUrl).arn();
  }

  /// A batch needs what its single operation needs.
  private static List<Need> needs(String action, @Nullable String queueUrl) {
    return List.of(Need.of("sqs:" + action, arn(queueUrl)));
  }

  public ResourcePolicies policies() {
    return queues.policies();
  }

  /// Makes messages that a clock that was ahead would hide visible earlier.
  public void drawBack() {
    int moved = queues.drawBack();
    if (moved > 0) {
      LOG.warn("The clock was ahead: {} messages that it hid are visible earlier", moved);
    }
  }

  /// Removes what nobody can receive any more; run now and then.
  public void sweep() {
    queues.sweep();
  }

  /// Wakes long polls, so that a stop need not wait for them.
  public void stop() {
    messages.stop();
  }

  /// How S3, SNS and Lambda send to queues.
  public Recipient recipient() {
    return handover -> {
      QueueKey key = QueueKey.of(handover.destination());
      Optional<QueueRow> found = database.read(snapshot -> queues.find(snapshot, key));
      if (found.isEmpty()) {
        return new Outcome.Rejected(
            "the queue " + handover.destination() + " does not exist",
            Outcome.Rejected.Reason.ABSENT);
      }
      Optional<Outcome.Rejected> refusal = handover.refusal(authorizer, "sqs:SendMessage");
      if (refusal.isPresent()) {
        return refusal.get();
      }
      String body = new String(handover.payload(), StandardCharsets.UTF_8);
      Map<String, MessageAttribute> attributes = new TreeMap<>(handover.attributes());
      int size = size(body, attributes);
      if (size > found.get().settings().maximumMessageBytes()) {
        return new Outcome.Rejected(
            "the message of " + size + " bytes exceeds the queue's MaximumMessageSize");
      }
      return new Outcome.Done(
          tx -> {
            QueueRow row = queues.require(tx, key);
            messages.send(
                tx,
                row,
                body,
                attributes,
                handover.sender().id(),
                handover.traceHeader(),
                handover.groupId(),
                row.settings().delay());
          });
    };
  }

  private PurgeQueueResponse purge(Caller caller, PurgeQueueRequest input) {
    QueueKey key = Queues.key(caller, input.queueUrl());
    QueueRow row = database.read(snapshot -> queues.require(snapshot, key));
    Instant now = clock.instant();
    // One that is ahead was noted before the clock was set back.
    purged.values().removeIf(last -> last.plus(BETWEEN_PURGES).isBefore(now) || last.isAfter(now));
    if (purged.putIfAbsent(row.incarnation(), now) != null) {
      throw SqsError.PURGE_QUEUE_IN_PROGRESS.because(
          "Only one PurgeQueue operation on " + key.name() + " is allowed every 60 seconds.");
    }
    messages.forget(row.incarnation());
    return PurgeQueueResponse.builder().build();
  }

  private SendMessageResponse send(Caller caller, SendMessageRequest input) {
    Sent sent =
        database.write(
            tx ->
                send(
                    tx,
                    caller,
                    queues.require(tx, Queues.key(caller, input.queueUrl())),
                    new Outgoing(
                        input.messageBody(),
                        input.messageAttributes(),
                        input.messageSystemAttributesAsStrings(),
                        input.delaySeconds(),
                        input.messageGroupId(),
                        input.messageDeduplicationId())));
    return SendMessageResponse.builder()
        .messageId(sent.messageId)
        .md5OfMessageBody(sent.md5OfBody)
        .md5OfMessageAttributes(sent.md5OfAttributes)
        .md5OfMessageSystemAttributes(sent.md5OfSystemAttributes)
        .build();
  }

  private SendMessageBatchResponse sendBatch(Caller caller, SendMessageBatchRequest input) {
    int total = 0;
    for (SendMessageBatchRequestEntry entry : input.entries()) {
      total += bytes(entry.messageBody());
      for (Map.Entry<String, MessageAttributeValue> attribute :
          entry.messageAttributes().entrySet()) {
        MessageAttributeValue value = attribute.getValue();
        total += bytes(attribute.getKey()) + bytes(value.dataType()) + bytes(value.stringValue());
        total += value.binaryValue() == null ? 0 : value.binaryValue().asByteArrayUnsafe().length;
      }
    }
    if (total > BATCH_BYTES) {
      throw SqsError.BATCH_REQUEST_TOO_LONG.because(
          "Batch requests cannot be longer than "
              + BATCH_BYTES
              + " bytes. You have sent "
              + total
              + " bytes.");
    }
    Batch<SendMessageBatchResultEntry> batch =
        database.write(
            tx -> {
              QueueRow row = queues.require(tx, Queues.key(caller, input.queueUrl()));
              return Batch.run(
                  input.entries(),
                  SendMessageBatchRequestEntry::id,
                  entry -> {
                    Sent sent =
                        send(
                            tx,
                            caller,
                            row,
                            new Outgoing(
                                entry.messageBody(),
                                entry.messageAttributes(),
                                entry.messageSystemAttributesAsStrings(),
                                entry.delaySeconds(),
                                entry.messageGroupId(),
                                entry.messageDeduplicationId()));
                    return SendMessageBatchResultEntry.builder()
                        .id(entry.id())
                        .messageId(sent.messageId)
                        .md5OfMessageBody(sent.md5OfBody)
                        .md5OfMessageAttributes(sent.md5OfAttributes)
                        .md5OfMessageSystemAttributes(sent.md5OfSystemAttributes)
                        .build();
                  });
            });
    return SendMessageBatchResponse.builder()
        .successful(unlessEmpty(batch.successful()))
        .failed(unlessEmpty(batch.failed()))
        .build();
  }

  private static int bytes(@Nullable String text) {
    return text == null ? 0 : text.getBytes(StandardCharsets.UTF_8).length;
  }

  private record Outgoing(
      @Nullable String body,
      Map<String, MessageAttributeValue> attributes,
      Map<String, MessageSystemAttributeValue> systemAttributes,
      @Nullable Integer delaySeconds,
      @Nullable String messageGroupId,
      @Nullable String messageDeduplicationId) {}

  private record Sent(
      String messageId,
      String md5OfBody,
      @Nullable String md5OfAttributes,
      @Nullable String md5OfSystemAttributes) {}

  private Sent send(Tx tx, Caller caller, QueueRow row, Outgoing outgoing) {
    checkGroup(outgoing);
    String body = outgoing.body;
    if (body == null || body.isEmpty()) {
      throw SqsError.MISSING_PARAMETER.because(
          "The request must contain the parameter MessageBody.");
    }
    MessageText.check(body);
    Map<String, MessageAttribute> attributes = MessageAttributes.of(outgoing.attributes);
    QueueAttributes settings = row.settings();
    if (size(body, attributes) > settings.maximumMessageBytes()) {
      throw SqsError.INVALID_PARAMETER_VALUE.because(
          "One or more parameters are invalid. Reason: Message must be shorter than "
              + settings.maximumMessageBytes()
              + " bytes.");
    }
    Duration delay =
        outgoing.delaySeconds == null
            ? settings.delay()
            : Duration.ofSeconds(within("DelaySeconds", outgoing.delaySeconds, 900));
    MessageAttribute trace = MessageAttributes.traceHeader(outgoing.systemAttributes);
    String id =
        messages.send(
            tx,
            row,
            body,
            attributes,
            caller.principal().uniqueId(),
            trace == null ? caller.traceHeader() : trace.text(),
            outgoing.messageGroupId,
            delay);
    return new Sent(
        id,
        MessageText.md5(body),
        attributes.isEmpty() ? null : MessageText.md5(attributes),
        trace == null ? null : MessageText.md5(Map.of(MessageAttributes.TRACE_HEADER, trace)));
  }

  /// A standard queue takes a group, whose messages have no order, and no deduplication.
  ///
  /// Source:
  /// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
  private static void checkGroup(Outgoing outgoing) {
    String group = outgoing.messageGroupId;
    if (group != null && !Handover.isGroupId(group)) {
      throw SqsError.INVALID_PARAMETER_VALUE.because(
          "Value "
              + group
              + " for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include"
              + " alphanumeric and punctuation characters. 1 to 128 in length.");
    }
    if (outgoing.messageDeduplicationId != null) {
      throw SqsError.INVALID_PARAMETER_VALUE.because(
          "Value "
              + outgoing.messageDeduplicationId
              + " for parameter MessageDeduplicationId is invalid. Reason: The request includes a"
              + " parameter that is not valid for this queue type.");
    }
  }

  private static int size(String body, Map<String, MessageAttribute> attributes) {
    int size = body.getBytes(StandardCharsets.UTF_8).length;
    for (Map.Entry<String, MessageAttribute> attribute : attributes.entrySet()) {
      size += attribute.getValue().sizeBytes(attribute.getKey());
    }
    return size;
  }

  private ReceiveMessageResponse receive(Caller caller, ReceiveMessageRequest input) {
    if (input.receiveRequestAttemptId() != null) {
      throw SqsError.UNSUPPORTED_OPERATION.because(
          "Carillon does not support ReceiveRequestAttemptId.");
    }
    QueueKey key = Queues.key(caller, input.queueUrl());
    int limit = Objects.requireNonNullElse(input.maxNumberOfMessages(), 1);
    if (limit < 1 || limit > 10) {
      throw SqsError.INVALID_PARAMETER_VALUE.because(
          "Value "
              + limit
              + " for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10,"
              + " if provided.");
    }
    for (String name : askedOfSystem(input)) {
      requireKnown(name);
    }
    record Target(QueueRow row, Optional<DeadLetters> deadLetters) {}
    Target target =
        database.read(
            snapshot -> {
              QueueRow row = queues.require(snapshot, key);
              return new Target(row, deadLetters(snapshot, row));
            });
    QueueAttributes settings = target.row.settings();
    Duration visibility =
        input.visibilityTimeout() == null
            ? settings.visibilityTimeout()
            : Duration.ofSeconds(within("VisibilityTimeout", input.visibilityTimeout(), 43_200));
    Duration wait =
        input.waitTimeSeconds() == null
            ? settings.receiveWait()
            : Duration.ofSeconds(within("WaitTimeSeconds", input.waitTimeSeconds(), 20));
    List<Received> received =
        messages.receive(key, target.row, target.deadLetters, limit, visibility, wait);
    return ReceiveMessageResponse.builder()
        .messages(unlessEmpty(received.stream().map(one -> describe(one, input)).toList()))
        .build();
  }

  private Optional<DeadLetters> deadLetters(Snapshot snapshot, QueueRow row) {
    return row.settings()
        .redrive()
        .flatMap(
            redrive ->
                queues
                    .find(snapshot, QueueKey.of(redrive.deadLetterTarget()))
                    .map(
                        target ->
                            new DeadLetters(redrive.maxReceiveCount(), target.incarnation())));
  }

  private static Message describe(Received one, ReceiveMessageRequest input) {
    Map<String, String> system = new LinkedHashMap<>();
    system.put("SenderId", one.message().senderId());
    system.put("SentTimestamp", String.valueOf(one.message().sentMillis()));
    system.put("ApproximateReceiveCount", String.valueOf(one.receiveCount()));
    system.put(
        "ApproximateFirstReceiveTimestamp", String.valueOf(one.message().firstReceivedMillis()));
    if (one.message().traceHeader() != null) {
      system.put(MessageAttributes.TRACE_HEADER, one.message().traceHeader());
    }
    if (one.message().groupId() != null) {
      system.put("MessageGroupId", one.message().groupId());
    }
    if (one.message().deadLetterSource() != null) {
      system.put("DeadLetterQueueSourceArn", one.message().deadLetterSource());
    }
    List<String> asked = askedOfSystem(input);
    if (!asked.contains("All")) {
      system.keySet().retainAll(asked);
    }
    Map<String, MessageAttribute> attributes = new TreeMap<>(one.message().attributes());
    attributes.keySet().removeIf(name -> !wanted(name, input.messageAttributeNames()));
    Map<String, MessageAttributeValue> values = new LinkedHashMap<>();
    attributes.forEach((name, attribute) -> values.put(name, MessageAttributes.toValue(attribute)));
    return Message.builder()
        .messageId(one.message().messageId())
        .receiptHandle(one.receiptHandle())
        .body(one.message().body())
        .md5OfBody(MessageText.md5(one.message().body()))
        .attributesWithStrings(system.isEmpty() ? null : system)
        .messageAttributes(values.isEmpty() ? null : values)
        .md5OfMessageAttributes(attributes.isEmpty() ? null : MessageText.md5(attributes))
        .build();
  }

  /// The older list has the names of queues' attributes in its type as well; they mean nothing
  /// here.
  private static void requireKnown(String name) {
    boolean known =
        name.equals("All")
            || MessageSystemAttributeName.fromValue(name)
                != MessageSystemAttributeName.UNKNOWN_TO_SDK_VERSION
            || QueueAttributeName.fromValue(name) != QueueAttributeName.UNKNOWN_TO_SDK_VERSION;
    if (!known) {
      throw SqsError.INVALID_ATTRIBUTE_NAME.because("Unknown Attribute " + name + ".");
    }
  }

  private static List<String> askedOfSystem(ReceiveMessageRequest input) {
    return input.hasMessageSystemAttributeNames()
        ? input.messageSystemAttributeNamesAsStrings()
        : input.attributeNamesAsStrings();
  }

  /// `All` and `.*` ask for every attribute, `abc.*` and `abc*` for those that begin with `abc`.
  private static boolean wanted(String name, List<String> asked) {
    return asked.stream()
        .anyMatch(
            one ->
                one.equals("All")
                    || one.equals(name)
                    || (one.endsWith("*") && name.startsWith(one.replaceFirst("\\.?\\*$", ""))));
  }

  private DeleteMessageResponse delete(Caller caller, DeleteMessageRequest input) {
    QueueKey key = Queues.key(caller, input.queueUrl());
    database.writeRelaxed(
        tx -> {
          messages.delete(tx, queues.require(tx, key), input.receiptHandle());
          return true;
        });
    return DeleteMessageResponse.builder().build();
  }

  private DeleteMessageBatchResponse deleteBatch(Caller caller, DeleteMessageBatchRequest input) {
    QueueKey key = Queues.key(caller, input.queueUrl());
    Batch<DeleteMessageBatchResultEntry> batch =
        database.writeRelaxed(
            tx -> {
              QueueRow row = queues.require(tx, key);
              return Batch.run(
                  input.entries(),
                  entry -> entry.id(),
                  entry -> {
                    messages.delete(tx, row, entry.receiptHandle());
                    return DeleteMessageBatchResultEntry.builder().id(entry.id()).build();
                  });
            });
    return DeleteMessageBatchResponse.builder()
        .successful(unlessEmpty(batch.successful()))
        .failed(unlessEmpty(batch.failed()))
        .build();
  }

  private ChangeMessageVisibilityResponse changeVisibility(
      Caller caller, ChangeMessageVisibilityRequest input) {
    QueueKey key = Queues.key(caller, input.queueUrl());
    database.writeRelaxed(
        tx -> {
          messages.changeVisibility(
              tx,
              queues.require(tx, key),
              input.receiptHandle(),
              visibility(input.visibilityTimeout()));
          return true;
        });
    return ChangeMessageVisibilityResponse.builder().build();
  }

  private ChangeMessageVisibilityBatchResponse changeVisibilityBatch(
      Caller caller, ChangeMessageVisibilityBatchRequest input) {
    QueueKey key = Queues.key(caller, input.queueUrl());
    Batch<ChangeMessageVisibilityBatchResultEntry> batch =
        database.writeRelaxed(
            tx -> {
              QueueRow row = queues.require(tx, key);
              return Batch.run(
                  input.entries(),
                  entry -> entry.id(),
                  entry -> {
                    messages.changeVisibility(
                        tx, row, entry.receiptHandle(), visibility(entry.visibilityTimeout()));
                    return ChangeMessageVisibilityBatchResultEntry.builder().id(entry.id()).build();
                  });
            });
    return ChangeMessageVisibilityBatchResponse.builder()
        .successful(unlessEmpty(batch.successful()))
        .failed(unlessEmpty(batch.failed()))
        .build();
  }

  /// SQS leaves an empty list out of its answers, and clients ask `"Messages" in answer`.
  static <T> @Nullable List<T> unlessEmpty(List<T> list) {
    return list.isEmpty() ? null : list;
  }

  private static Duration visibility(@Nullable Integer seconds) {
    if (seconds == null) {
      throw SqsError.MISSING_PARAMETER.because(
          "The request must contain the parameter VisibilityTimeout.");
    }
    return Duration.ofSeconds(within("VisibilityTimeout", seconds, 43_200));
  }

  private static int within(String name, int value, int most) {
    if (value < 0 || value > most) {
      throw SqsError.INVALID_PARAMETER_VALUE.because(
          "Value "
              + value
              + " for parameter "
              + name
              + " is invalid. Reason: "
              + (name.equals("DelaySeconds")
                  ? "DelaySeconds must be >= 0 and <= 900."
                  : "Must be >= 0 and <= " + most + ", if provided."));
    }
    return value;
  }
}
