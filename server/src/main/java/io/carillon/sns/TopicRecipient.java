package io.carillon.sns;

import io.carillon.aws.Authorizer;
import io.carillon.base.Ids;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Recipient;
import io.carillon.store.Database;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/// Publishes for other services: S3's event notifications, functions' destinations.
final class TopicRecipient implements Recipient {
  private final Database database;
  private final Topics topics;
  private final Publications publications;
  private final Authorizer authorizer;
  private final Ids ids;
  private final InstantSource clock;

  TopicRecipient(
      Database database,
      Topics topics,
      Publications publications,
      Authorizer authorizer,
      Ids ids,
      InstantSource clock) {
    this.database = database;
    this.topics = topics;
    this.publications = publications;
    this.authorizer = authorizer;
    this.ids = ids;
    this.clock = clock;
  }

  @Override
  public DeliveryOutcome accept(ServiceMessage serviceMessage) {
    Optional<Topic> topic =
        database.read(snapshot -> topics.find(snapshot, serviceMessage.destination()));
    if (topic.isEmpty()) {
      return new DeliveryOutcome.Rejected(
          "there is no topic " + serviceMessage.destination(),
          DeliveryOutcome.Rejected.Reason.ABSENT);
    }
    Optional<DeliveryOutcome.Rejected> refusal = serviceMessage.refusal(authorizer, "sns:Publish");
    if (refusal.isPresent()) {
      return refusal.get();
    }
    int size =
        serviceMessage.payload().length + MessageAttributes.sizeBytes(serviceMessage.attributes());
    if (size > Publish.MAX_BYTES) {
      return new DeliveryOutcome.Rejected(
          "a message is limited to " + Publish.MAX_BYTES + " bytes, this one has " + size);
    }
    Publications.Prepared prepared =
        publications.prepare(
            new Message(
                ids.uuid(),
                serviceMessage.destination().toString(),
                topic.get().id(),
                serviceMessage.subject(),
                new String(serviceMessage.payload(), StandardCharsets.UTF_8),
                Map.of(),
                serviceMessage.attributes(),
                serviceMessage.groupId(),
                serviceMessage.traceHeader(),
                clock.instant()));
    return new DeliveryOutcome.Done(tx -> publications.add(tx, prepared, serviceMessage.cause()));
  }
}
