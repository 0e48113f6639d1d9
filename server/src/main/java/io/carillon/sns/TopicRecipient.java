package io.carillon.sns;

import io.carillon.aws.Authorizer;
import io.carillon.base.Ids;
import io.carillon.outbox.Outcome;
import io.carillon.outbox.Recipient;
import io.carillon.store.Database;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/// Lets other services publish: S3's events, functions' outcomes.
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
  public Outcome accept(Handover handover) {
    Optional<Topic> topic =
        database.read(snapshot -> topics.find(snapshot, handover.destination()));
    if (topic.isEmpty()) {
      return new Outcome.Rejected(
          "there is no topic " + handover.destination(), Outcome.Rejected.Reason.ABSENT);
    }
    Optional<Outcome.Rejected> refusal = handover.refusal(authorizer, "sns:Publish");
    if (refusal.isPresent()) {
      return refusal.get();
    }
    int size = handover.payload().length + MessageAttributes.sizeBytes(handover.attributes());
    if (size > Publish.MAX_BYTES) {
      return new Outcome.Rejected("a message holds " + Publish.MAX_BYTES + " bytes, not " + size);
    }
    Publications.Prepared prepared =
        publications.prepare(
            new Message(
                ids.uuid(),
                handover.destination().toString(),
                topic.get().id(),
                handover.subject(),
                new String(handover.payload(), StandardCharsets.UTF_8),
                Map.of(),
                handover.attributes(),
                handover.groupId(),
                handover.traceHeader(),
                clock.instant()));
    return new Outcome.Done(tx -> publications.add(tx, prepared, handover.cause()));
  }
}
