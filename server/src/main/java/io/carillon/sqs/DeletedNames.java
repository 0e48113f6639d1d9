package io.carillon.sqs;

import io.carillon.sqs.Queues.QueueKey;
import io.carillon.store.Database;
import io.carillon.store.Range;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tx;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/// The names of deleted queues, which cannot be used again for a while: a client that still sends
/// to the former queue must not reach another.
final class DeletedNames {
  record Deletion(long millis) {}

  private static final int PAGE = 500;

  private final Table<QueueKey, Deletion> deletions =
      Table.of("sqs.deletednames", QueueKey.CODEC, Deletion.class);

  private final Database database;
  private final InstantSource clock;
  private final Duration reuseDelay;

  /// @param reuseDelay 60 seconds on AWS
  DeletedNames(Database database, InstantSource clock, Duration reuseDelay) {
    this.database = database;
    this.clock = clock;
    this.reuseDelay = reuseDelay;
  }

  void add(Tx tx, QueueKey key) {
    deletions.put(tx, key, new Deletion(clock.millis()));
  }

  void requireFree(Snapshot snapshot, QueueKey key) {
    if (deletions.get(snapshot, key).filter(this::isReserved).isPresent()) {
      throw SqsError.QUEUE_DELETED_RECENTLY.exception();
    }
  }

  /// A deletion in the future was recorded before the clock was set back.
  private boolean isReserved(Deletion deletion) {
    Instant now = clock.instant();
    Instant at = Instant.ofEpochMilli(deletion.millis());
    return !at.isAfter(now) && at.plus(reuseDelay).isAfter(now);
  }

  /// Removes the rows of names that can be used again.
  void sweep() {
    Range rest = Range.all();
    while (true) {
      Range range = rest;
      List<Table.Entry<QueueKey, Deletion>> page =
          database.read(snapshot -> deletions.list(snapshot, range, PAGE));
      List<QueueKey> free =
          page.stream().filter(entry -> !isReserved(entry.value())).map(Table.Entry::key).toList();
      if (!free.isEmpty()) {
        database.writeRelaxed(tx -> removeFree(tx, free));
      }
      if (page.size() < PAGE) {
        return;
      }
      rest = Range.all().after(QueueKey.CODEC.toTuple().apply(page.getLast().key()));
    }
  }

  /// A queue of that name may have been made and deleted again meanwhile.
  private int removeFree(Tx tx, List<QueueKey> keys) {
    for (QueueKey key : keys) {
      if (deletions.get(tx, key).filter(deletion -> !isReserved(deletion)).isPresent()) {
        deletions.delete(tx, key);
      }
    }
    return keys.size();
  }
}
