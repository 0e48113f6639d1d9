package io.carillon.sqs;

import io.carillon.aws.Caller;
import io.carillon.sqs.Queues.QueueKey;
import io.carillon.store.Database;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import software.amazon.awssdk.services.sqs.model.PurgeQueueRequest;
import software.amazon.awssdk.services.sqs.model.PurgeQueueResponse;

/// PurgeQueue: deletes the messages that were accepted before it, and none that comes later.
///
/// One transaction gives the queue an empty range of messages, see [QueueRow]. Since that changes
/// the queue's guard, a send that was planned before is planned again and so goes to the new range.
/// The messages of the old range, which nobody can receive any more, are then removed in pieces.
final class PurgeQueue {
  private static final Duration INTERVAL = Duration.ofSeconds(60);

  private final Database database;
  private final Queues queues;
  private final OrphanedMessages orphans;
  private final InstantSource clock;

  PurgeQueue(Database database, Queues queues, OrphanedMessages orphans, InstantSource clock) {
    this.database = database;
    this.queues = queues;
    this.orphans = orphans;
    this.clock = clock;
  }

  PurgeQueueResponse run(Caller caller, PurgeQueueRequest input) {
    QueueKey key = Queues.key(caller, input.queueUrl());
    String purged =
        database.write(
            tx -> {
              QueueRow row = queues.require(tx, key);
              Instant now = clock.instant();
              if (wasPurgedRecently(row, now)) {
                throw SqsError.PURGE_QUEUE_IN_PROGRESS.because(
                    "Only one PurgeQueue operation on "
                        + key.name()
                        + " is allowed every 60 seconds.");
              }
              queues.put(tx, key, row.purgedAt(now));
              orphans.add(tx, row.incarnation());
              return row.incarnation();
            });
    orphans.remove(purged);
    return PurgeQueueResponse.builder().build();
  }

  /// A purge in the future was recorded before the clock was set back.
  private static boolean wasPurgedRecently(QueueRow row, Instant now) {
    if (row.purgedMillis() == null) {
      return false;
    }
    Instant last = Instant.ofEpochMilli(row.purgedMillis());
    return !last.isAfter(now) && now.isBefore(last.plus(INTERVAL));
  }
}
