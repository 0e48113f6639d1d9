package io.carillon.sns;

import io.carillon.aws.Authorizer;
import io.carillon.base.Ids;
import io.carillon.messaging.Acceptance;
import io.carillon.messaging.Recipient;
import io.carillon.messaging.ServiceMessage;
import io.carillon.store.Snapshot;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/// Publishes for other services: S3's event notifications, functions' destinations.
final class TopicRecipient implements Recipient {
  private final Topics topics;
  private final Publications publications;
  private final Authorizer authorizer;
  private final Ids ids;
  private final InstantSource clock;

  TopicRecipient(
      Topics topics,
      Publications publications,
      Authorizer authorizer,
      Ids ids,
      InstantSource clock) {
    this.topics = topics;
    this.publications = publications;
    this.authorizer = authorizer;
    this.ids = ids;
    this.clock = clock;
  }

  @Override
  public Acceptance accept(Snapshot snapshot, ServiceMessage message) {
    Optional<Topic> topic = topics.find(snapshot, message.destination());
    if (topic.isEmpty()) {
      return new Acceptance.Refused(
          "there is no topic " + message.destination(), Acceptance.Refused.Reason.ABSENT);
    }
    Optional<Acceptance.Refused> refusal = message.refusal(snapshot, authorizer, "sns:Publish");
    if (refusal.isPresent()) {
      return refusal.get();
    }
    int size = message.payload().length + PublishedAttributes.sizeBytes(message.attributes());
    if (size > Publish.MAX_BYTES) {
      return new Acceptance.Refused(
          "a message is limited to " + Publish.MAX_BYTES + " bytes, this one has " + size);
    }
    Message published =
        new Message(
            ids.uuid(),
            message.destination().toString(),
            topic.get().id(),
            message.subject(),
            new String(message.payload(), StandardCharsets.UTF_8),
            Map.of(),
            message.attributes(),
            message.groupId(),
            message.traceHeader(),
            clock.instant());
    return new Acceptance.Accepted(publications.plan(snapshot, published, message.cause()));
  }
}
