package io.carillon.sqs;

import io.carillon.aws.Caller;
import io.carillon.messaging.MessageAttribute;
import io.carillon.sqs.Messages.DeadLetters;
import io.carillon.sqs.Messages.Received;
import io.carillon.sqs.Queues.QueueKey;
import io.carillon.sqs.Queues.QueueRow;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageRequest;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageResponse;

/// ReceiveMessage: returns visible messages, and waits for them in a long poll.
final class ReceiveMessage {
  private final Database database;
  private final Queues queues;
  private final Messages messages;

  ReceiveMessage(Database database, Queues queues, Messages messages) {
    this.database = database;
    this.queues = queues;
    this.messages = messages;
  }

  ReceiveMessageResponse run(Caller caller, ReceiveMessageRequest input) {
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
    for (String name : requestedSystemAttributes(input)) {
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
        Timeouts.visibility(input.visibilityTimeout()).orElse(settings.visibilityTimeout());
    Duration wait = Timeouts.receiveWait(input.waitTimeSeconds()).orElse(settings.receiveWait());
    List<Received> received =
        messages.receive(key, target.row, target.deadLetters, limit, visibility, wait);
    return ReceiveMessageResponse.builder()
        .messages(
            Batch.nullIfEmpty(received.stream().map(message -> describe(message, input)).toList()))
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

  private static Message describe(Received received, ReceiveMessageRequest input) {
    Map<String, String> system = new LinkedHashMap<>();
    system.put("SenderId", received.message().senderId());
    system.put("SentTimestamp", String.valueOf(received.message().sentMillis()));
    system.put("ApproximateReceiveCount", String.valueOf(received.receiveCount()));
    system.put(
        "ApproximateFirstReceiveTimestamp",
        String.valueOf(received.message().firstReceivedMillis()));
    if (received.message().traceHeader() != null) {
      system.put(MessageAttributes.TRACE_HEADER, received.message().traceHeader());
    }
    if (received.message().groupId() != null) {
      system.put("MessageGroupId", received.message().groupId());
    }
    if (received.message().deadLetterSource() != null) {
      system.put("DeadLetterQueueSourceArn", received.message().deadLetterSource());
    }
    List<String> requested = requestedSystemAttributes(input);
    if (!requested.contains("All")) {
      system.keySet().retainAll(requested);
    }
    Map<String, MessageAttribute> attributes = new TreeMap<>(received.message().attributes());
    attributes.keySet().removeIf(name -> !isRequested(name, input.messageAttributeNames()));
    Map<String, MessageAttributeValue> values = new LinkedHashMap<>();
    attributes.forEach((name, attribute) -> values.put(name, MessageAttributes.toValue(attribute)));
    return Message.builder()
        .messageId(received.message().messageId())
        .receiptHandle(received.receiptHandle())
        .body(received.message().body())
        .md5OfBody(MessageText.md5(received.message().body()))
        .attributesWithStrings(system.isEmpty() ? null : system)
        .messageAttributes(values.isEmpty() ? null : values)
        .md5OfMessageAttributes(attributes.isEmpty() ? null : MessageText.md5(attributes))
        .build();
  }

  /// The type of the older list also has the names of queue attributes; here they have no effect.
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

  private static List<String> requestedSystemAttributes(ReceiveMessageRequest input) {
    return input.hasMessageSystemAttributeNames()
        ? input.messageSystemAttributeNamesAsStrings()
        : input.attributeNamesAsStrings();
  }

  /// `All` and `.*` request every attribute, `abc.*` and `abc*` those that begin with `abc`.
  private static boolean isRequested(String name, List<String> requested) {
    return requested.stream()
        .anyMatch(
            pattern ->
                pattern.equals("All")
                    || pattern.equals(name)
                    || (pattern.endsWith("*")
                        && name.startsWith(pattern.replaceFirst("\\.?\\*$", ""))));
  }
}
