package io.carillon.sqs;

import io.carillon.aws.RequestAuthorization;
import io.carillon.store.Database;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.Table;
import io.carillon.store.Tx;
import java.time.InstantSource;

/// Messages that no queue has any more, since it was deleted or purged. They are removed in several
/// transactions, so a row remembers them until the last is gone.
final class OrphanedMessages {

  /// @param sinceSeconds when the queue was deleted or purged
  record Orphans(long sinceSeconds) {}

  private final Table<String, Orphans> orphans =
      Table.of("sqs.gonequeues", KeyCodec.STRING, Orphans.class);

  private final Database database;
  private final QueueMessages messages;
  private final InstantSource clock;

  OrphanedMessages(Database database, QueueMessages messages, InstantSource clock) {
    this.database = database;
    this.messages = messages;
    this.clock = clock;
  }

  /// The messages of `incarnation` are orphaned with `tx`: no later transaction adds to them.
  void add(Tx tx, String incarnation) {
    orphans.put(tx, incarnation, new Orphans(clock.instant().getEpochSecond()));
  }

  /// Removes the messages of an incarnation that was added.
  void remove(String incarnation) {
    RequestAuthorization.asServer(() -> removeAll(incarnation));
  }

  private void removeAll(String incarnation) {
    messages.deleteAll(incarnation);
    database.writeRelaxed(
        tx -> {
          orphans.delete(tx, incarnation);
          return true;
        });
  }

  /// Removes all, those whose removal a crash interrupted too.
  void sweep() {
    database
        .read(snapshot -> orphans.list(snapshot, Range.all(), Integer.MAX_VALUE))
        .forEach(entry -> remove(entry.key()));
  }
}
