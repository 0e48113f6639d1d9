package io.carillon.logs;

import io.carillon.aws.Authorizer;
import io.carillon.base.Arn;
import io.carillon.base.Ids;
import io.carillon.logs.LogGroups.GroupKey;
import io.carillon.logs.LogGroups.StreamKey;
import io.carillon.logs.LogGroups.StreamRow;
import io.carillon.messaging.Acceptance;
import io.carillon.messaging.Recipient;
import io.carillon.messaging.ServiceMessage;
import io.carillon.store.Snapshot;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Optional;

/// Writes the messages of other services to log groups, each to a stream of its own.
final class LogGroupRecipient implements Recipient {
  private static final String RESOURCE = "log-group:";
  private static final String ALL_STREAMS = ":*";

  private final LogGroups groups;
  private final LogEvents events;
  private final Authorizer authorizer;
  private final Ids ids;
  private final InstantSource clock;

  LogGroupRecipient(
      LogGroups groups, LogEvents events, Authorizer authorizer, Ids ids, InstantSource clock) {
    this.groups = groups;
    this.events = events;
    this.authorizer = authorizer;
    this.ids = ids;
    this.clock = clock;
  }

  @Override
  public Acceptance accept(Snapshot snapshot, ServiceMessage message) {
    Arn destination = message.destination();
    Optional<GroupKey> group = group(destination).filter(k -> groups.find(snapshot, k).isPresent());
    if (group.isEmpty()) {
      return new Acceptance.Refused(
          "the log group " + destination + " does not exist", Acceptance.Refused.Reason.ABSENT);
    }
    StreamKey stream = group.get().stream(ids.uuid());
    String ofGroup = RESOURCE + group.get().name();
    Arn allStreams = destination.withResource(ofGroup + ALL_STREAMS);
    Arn oneStream = destination.withResource(ofGroup + ":log-stream:" + stream.name());
    Optional<Acceptance.Refused> refusal =
        message
            .refusal(snapshot, authorizer, "logs:CreateLogStream", allStreams)
            .or(() -> message.refusal(snapshot, authorizer, "logs:PutLogEvents", oneStream));
    if (refusal.isPresent()) {
      return refusal.get();
    }
    String text = new String(message.payload(), StandardCharsets.UTF_8);
    long now = clock.millis();
    LogEvents.Prepared event = events.prepare(stream, now, text, now);
    return new Acceptance.Accepted(
        tx -> {
          StreamRow row = groups.ensureStream(tx, stream);
          events.append(tx, event);
          groups.putStream(tx, stream, row.withEvents(now, now, now));
        });
  }

  /// The group of an ARN, which may end in `:*`.
  private static Optional<GroupKey> group(Arn arn) {
    String resource = arn.resource();
    if (!resource.startsWith(RESOURCE)) {
      return Optional.empty();
    }
    int end =
        resource.endsWith(ALL_STREAMS)
            ? resource.length() - ALL_STREAMS.length()
            : resource.length();
    return Optional.of(
        new GroupKey(arn.account(), arn.region(), resource.substring(RESOURCE.length(), end)));
  }
}
