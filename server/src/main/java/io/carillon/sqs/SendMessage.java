package io.carillon.sqs;

import io.carillon.aws.Caller;
import io.carillon.messaging.MessageAttribute;
import io.carillon.messaging.ServiceMessage;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeValue;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequest;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResponse;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResultEntry;
import software.amazon.awssdk.services.sqs.model.SendMessageRequest;
import software.amazon.awssdk.services.sqs.model.SendMessageResponse;

/// SendMessage and SendMessageBatch: once answered, the message is stored.
final class SendMessage {
  private static final int BATCH_BYTES = 1_048_576;

  private final Database database;
  private final Queues queues;
  private final QueueMessages messages;

  SendMessage(Database database, Queues queues, QueueMessages messages) {
    this.database = database;
    this.queues = queues;
    this.messages = messages;
  }

  SendMessageResponse run(Caller caller, SendMessageRequest input) {
    Sent sent =
        database.change(
            snapshot ->
                plan(
                    caller,
                    queue(snapshot, caller, input.queueUrl()),
                    new Outgoing(
                        "",
                        input.messageBody(),
                        input.messageAttributes(),
                        input.messageSystemAttributesAsStrings(),
                        input.delaySeconds(),
                        input.messageGroupId(),
                        input.messageDeduplicationId())),
            SendMessage::send);
    return SendMessageResponse.builder()
        .messageId(sent.message.messageId())
        .md5OfMessageBody(sent.md5OfBody)
        .md5OfMessageAttributes(sent.md5OfAttributes)
        .md5OfMessageSystemAttributes(sent.md5OfSystemAttributes)
        .build();
  }

  SendMessageBatchResponse runBatch(Caller caller, SendMessageBatchRequest input) {
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
    BatchResult<Sent> batch =
        database.change(
            snapshot -> {
              QueueRow row = queue(snapshot, caller, input.queueUrl());
              return BatchResult.run(
                  input.entries(),
                  SendMessageBatchRequestEntry::id,
                  entry ->
                      plan(
                          caller,
                          row,
                          new Outgoing(
                              entry.id(),
                              entry.messageBody(),
                              entry.messageAttributes(),
                              entry.messageSystemAttributesAsStrings(),
                              entry.delaySeconds(),
                              entry.messageGroupId(),
                              entry.messageDeduplicationId())));
            },
            (tx, planned) -> {
              planned.successful().forEach(sent -> send(tx, sent));
              return planned;
            });
    return SendMessageBatchResponse.builder()
        .successful(BatchResult.nullIfEmpty(batch.successful().stream().map(Sent::entry).toList()))
        .failed(BatchResult.nullIfEmpty(batch.failed()))
        .build();
  }

  private QueueRow queue(Snapshot snapshot, Caller caller, @Nullable String url) {
    return queues.require(snapshot, Queues.key(caller, url));
  }

  private static Sent send(Tx tx, Sent planned) {
    planned.message.effect().accept(tx);
    return planned;
  }

  private static int bytes(@Nullable String text) {
    return text == null ? 0 : text.getBytes(StandardCharsets.UTF_8).length;
  }

  /// @param entryId of a batch; empty for a single message
  private record Outgoing(
      String entryId,
      @Nullable String body,
      Map<String, MessageAttributeValue> attributes,
      Map<String, MessageSystemAttributeValue> systemAttributes,
      @Nullable Integer delaySeconds,
      @Nullable String messageGroupId,
      @Nullable String messageDeduplicationId) {}

  /// A message with what the response says of it.
  ///
  /// @param entryId of a batch; empty for a single message
  private record Sent(
      String entryId,
      QueueMessages.PlannedMessage message,
      String md5OfBody,
      @Nullable String md5OfAttributes,
      @Nullable String md5OfSystemAttributes) {
    SendMessageBatchResultEntry entry() {
      return SendMessageBatchResultEntry.builder()
          .id(entryId)
          .messageId(message.messageId())
          .md5OfMessageBody(md5OfBody)
          .md5OfMessageAttributes(md5OfAttributes)
          .md5OfMessageSystemAttributes(md5OfSystemAttributes)
          .build();
    }
  }

  private Sent plan(Caller caller, QueueRow row, Outgoing outgoing) {
    checkGroup(outgoing);
    String body = outgoing.body;
    if (body == null || body.isEmpty()) {
      throw SqsError.MISSING_PARAMETER.because(
          "The request must contain the parameter MessageBody.");
    }
    MessageText.check(body);
    Map<String, MessageAttribute> attributes = MessageAttributes.of(outgoing.attributes);
    QueueAttributes settings = row.settings();
    if (MessageText.sizeBytes(body, attributes) > settings.maximumMessageBytes()) {
      throw SqsError.INVALID_PARAMETER_VALUE.because(
          "One or more parameters are invalid. Reason: Message must be shorter than "
              + settings.maximumMessageBytes()
              + " bytes.");
    }
    Duration delay = Timeouts.delay(outgoing.delaySeconds).orElse(settings.delay());
    MessageAttribute trace = MessageAttributes.traceHeader(outgoing.systemAttributes);
    QueueMessages.PlannedMessage message =
        messages.plan(
            row,
            body,
            attributes,
            caller.principal().uniqueId(),
            trace == null ? caller.traceHeader() : trace.text(),
            outgoing.messageGroupId,
            delay);
    return new Sent(
        outgoing.entryId,
        message,
        MessageText.md5(body),
        attributes.isEmpty() ? null : MessageText.md5(attributes),
        trace == null ? null : MessageText.md5(Map.of(MessageAttributes.TRACE_HEADER, trace)));
  }

  /// A standard queue accepts a group id, without ordering its messages, and no deduplication id.
  ///
  /// Source:
  /// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
  private static void checkGroup(Outgoing outgoing) {
    String group = outgoing.messageGroupId;
    if (group != null && !ServiceMessage.isGroupId(group)) {
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
}
