package io.carillon.sqs;

import io.carillon.aws.Authorizer;
import io.carillon.messaging.Acceptance;
import io.carillon.messaging.MessageAttribute;
import io.carillon.messaging.Recipient;
import io.carillon.messaging.ServiceMessage;
import io.carillon.sqs.Queues.QueueKey;
import io.carillon.store.Snapshot;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Sends to queues for other services: S3's event notifications, SNS's deliveries, functions'
/// destinations.
final class QueueRecipient implements Recipient {
  private final Queues queues;
  private final QueueMessages messages;
  private final Authorizer authorizer;

  QueueRecipient(Queues queues, QueueMessages messages, Authorizer authorizer) {
    this.queues = queues;
    this.messages = messages;
    this.authorizer = authorizer;
  }

  @Override
  public Acceptance accept(Snapshot snapshot, ServiceMessage message) {
    Optional<QueueRow> queue = queues.find(snapshot, QueueKey.of(message.destination()));
    if (queue.isEmpty()) {
      return new Acceptance.Refused(
          "the queue " + message.destination() + " does not exist",
          Acceptance.Refused.Reason.ABSENT);
    }
    Optional<Acceptance.Refused> refusal = message.refusal(snapshot, authorizer, "sqs:SendMessage");
    if (refusal.isPresent()) {
      return refusal.get();
    }
    String body = new String(message.payload(), StandardCharsets.UTF_8);
    Map<String, MessageAttribute> attributes = new TreeMap<>(message.attributes());
    int size = MessageText.sizeBytes(body, attributes);
    if (size > queue.get().settings().maximumMessageBytes()) {
      return new Acceptance.Refused(
          "the message of " + size + " bytes exceeds the queue's MaximumMessageSize");
    }
    QueueMessages.PlannedMessage planned =
        messages.plan(
            queue.get(),
            body,
            attributes,
            message.sender().id(),
            message.traceHeader(),
            message.groupId(),
            queue.get().settings().delay());
    return new Acceptance.Accepted(planned.effect());
  }
}
