package io.carillon.sqs;

import io.carillon.aws.Caller;
import io.carillon.base.Reservation;
import io.carillon.messaging.MessageAttribute;
import io.carillon.sqs.QueueMessages.DeadLetterTarget;
import io.carillon.sqs.Queues.QueueKey;
import io.carillon.store.Database;
import io.carillon.store.DueQueue;
import io.carillon.store.Tx;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
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
///
/// It looks on a snapshot whether a message is visible, and claims only then: an empty receive
/// writes nothing. A long poll waits until the first message in flight becomes visible again, or
/// until the queue's [ArrivalSignal], and then looks anew. Each look and each claim reads the
/// queue's row, which may have been purged, changed or deleted meanwhile.
final class ReceiveMessage {
  private static final long MAX_MESSAGE_BYTES = 1 << 20;

  /// How often a received message is in memory: its row, the text of its body, the response.
  private static final int COPIES = 4;

  private final Database database;
  private final Queues queues;
  private final QueueMessages messages;
  private final InstantSource clock;

  ReceiveMessage(Database database, Queues queues, QueueMessages messages, InstantSource clock) {
    this.database = database;
    this.queues = queues;
    this.messages = messages;
    this.clock = clock;
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
    List<QueueMessages.Received> received = receive(key, input, limit);
    return ReceiveMessageResponse.builder()
        .messages(
            BatchResult.nullIfEmpty(
                received.stream().map(message -> describe(message, input)).toList()))
        .build();
  }

  /// A queue, and how the request receives from it.
  private record Source(
      QueueRow row,
      Duration visibility,
      Duration maxWait,
      Optional<QueueAttributes.Redrive> redrive) {

    static Source of(QueueRow row, ReceiveMessageRequest input) {
      QueueAttributes settings = row.settings();
      return new Source(
          row,
          Timeouts.visibility(input.visibilityTimeout()).orElse(settings.visibilityTimeout()),
          Timeouts.receiveWait(input.waitTimeSeconds()).orElse(settings.receiveWait()),
          settings.redrive());
    }

    /// Fails if another queue has the name by now.
    void requireQueue(String identity) {
      if (!row.identity().equals(identity)) {
        throw SqsError.QUEUE_DOES_NOT_EXIST.exception();
      }
    }
  }

  /// @param firstVisible when the first message is visible, if one is or will be within the wait
  private record Look(Source source, Instant now, Optional<Instant> firstVisible) {
    boolean isMessageVisible() {
      return firstVisible.isPresent() && !firstVisible.get().isAfter(now);
    }
  }

  private List<QueueMessages.Received> receive(
      QueueKey key, ReceiveMessageRequest input, int limit) {
    long startNanos = System.nanoTime();
    Look look = look(key, input, Duration.ZERO);
    Source source = look.source;
    List<QueueMessages.Received> received =
        look.isMessageVisible() ? claim(key, input, source, limit) : List.of();
    if (!received.isEmpty() || source.maxWait.isZero()) {
      return received;
    }
    String identity = source.row.identity();
    ArrivalSignal signal = messages.enter(identity);
    try {
      return poll(signal, key, input, source, limit, startNanos);
    } finally {
      messages.leave(identity);
    }
  }

  /// Waits for the first message.
  ///
  /// @param startNanos monotonic, so setting the clock back does not prolong the wait
  private List<QueueMessages.Received> poll(
      ArrivalSignal signal,
      QueueKey key,
      ReceiveMessageRequest input,
      Source start,
      int limit,
      long startNanos) {
    while (true) {
      long seen = signal.count();
      Duration left = start.maxWait.minusNanos(System.nanoTime() - startNanos);
      Look look = look(key, input, left.isPositive() ? left : Duration.ZERO);
      look.source.requireQueue(start.row.identity());
      if (look.isMessageVisible()) {
        List<QueueMessages.Received> received = claim(key, input, look.source, limit);
        if (!received.isEmpty()) {
          return received;
        }
      }
      if (!left.isPositive()) {
        return List.of();
      }
      if (!look.isMessageVisible()) { // otherwise it has expired or another receiver was faster
        Instant next = look.firstVisible.orElse(look.now.plus(left));
        if (!signal.await(seen, Duration.between(look.now, next).plusMillis(1))) {
          return List.of(); // the server is stopping
        }
      }
    }
  }

  private Look look(QueueKey key, ReceiveMessageRequest input, Duration wait) {
    DueQueue.Mark mark = messages.mark();
    Instant now = clock.instant();
    Instant end = now.plus(wait).plusMillis(1);
    return database.read(
        snapshot -> {
          Source source = Source.of(queues.require(snapshot, key), input);
          return new Look(source, now, messages.firstVisible(snapshot, mark, source.row, end));
        });
  }

  private List<QueueMessages.Received> claim(
      QueueKey key, ReceiveMessageRequest input, Source seen, int limit) {
    Reservation memory = Reservation.current();
    long before = memory.heldBytes();
    int maxMessages = reserve(memory, limit);
    List<QueueMessages.Received> received =
        database.writeRelaxed(
            tx -> {
              QueueRow row = queues.require(tx, key);
              Source source = row.equals(seen.row) ? seen : Source.of(row, input);
              source.requireQueue(seen.row.identity());
              return messages.claim(
                  tx, key, row, deadLetters(tx, source), maxMessages, source.visibility);
            });
    memory.shrinkTo(before + memoryOf(received));
    return received;
  }

  private Optional<DeadLetterTarget> deadLetters(Tx tx, Source source) {
    return source.redrive.flatMap(
        redrive ->
            queues
                .find(tx, QueueKey.of(redrive.deadLetterTarget()))
                .map(
                    target ->
                        new DeadLetterTarget(redrive.maxReceiveCount(), target.incarnation())));
  }

  /// Reserves memory for as many messages of maximum size as the budget allows, up to `limit`: a
  /// request for ten may get fewer.
  private static int reserve(Reservation memory, int limit) {
    for (int maxMessages = limit; maxMessages > 1; maxMessages /= 2) {
      if (memory.tryTake(maxMessages * MAX_MESSAGE_BYTES * COPIES)) {
        return maxMessages;
      }
    }
    memory.take(MAX_MESSAGE_BYTES * COPIES);
    return 1;
  }

  private static long memoryOf(List<QueueMessages.Received> received) {
    long bytes = 0;
    for (QueueMessages.Received entry : received) {
      bytes += entry.message().body().length();
      for (Map.Entry<String, MessageAttribute> attribute :
          entry.message().attributes().entrySet()) {
        bytes += attribute.getValue().sizeBytes(attribute.getKey());
      }
    }
    return bytes * COPIES;
  }

  private static Message describe(QueueMessages.Received received, ReceiveMessageRequest input) {
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

  /// AWS deprecated `AttributeNames`, and still takes it.
  @SuppressWarnings("deprecation")
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
