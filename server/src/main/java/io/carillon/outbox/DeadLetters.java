package io.carillon.outbox;

import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// The dead-letter shelf: jobs that were given up and for which nobody named another place. They
/// stay until somebody puts them back or throws them away.
public final class DeadLetters {

  /// A job that was given up.
  ///
  /// @param attempts how many tries were made
  /// @param why the reason it was given up for
  public record DeadLetter(
      String id,
      String kind,
      String lane,
      byte[] payload,
      String cause,
      Instant created,
      Instant buried,
      int attempts,
      String why,
      String firstError,
      String lastError) {}

  private static final Table<String, DeadLetter> TABLE =
      Table.of("outbox.shelf", KeyCodec.STRING, DeadLetter.class);

  void put(Tx tx, Job job, String why, Instant now) {
    TABLE.put(
        tx,
        job.id(),
        new DeadLetter(
            job.id(),
            job.work().kind(),
            job.work().lane(),
            job.work().payload(),
            job.work().cause(),
            job.created(),
            now,
            job.attempts(),
            why,
            job.firstError(),
            job.lastError()));
  }

  /// Oldest first, behind the id `after`; empty for the first page.
  public List<DeadLetter> list(Snapshot snapshot, String after, int limit) {
    return TABLE.list(snapshot, Range.all().after(Tuple.of(after)), limit).stream()
        .map(Table.Entry::value)
        .toList();
  }

  public Optional<DeadLetter> get(Snapshot snapshot, String id) {
    return TABLE.get(snapshot, id);
  }

  /// Puts a job back into `outbox` to be tried anew; false if it is not there.
  public boolean redrive(Tx tx, String id, Outbox outbox, Instant now) {
    Optional<DeadLetter> shelved = TABLE.get(tx, id);
    shelved.ifPresent(
        job -> {
          TABLE.delete(tx, id);
          outbox.add(tx, new Work(job.kind(), job.lane(), now, job.payload(), job.cause()));
        });
    return shelved.isPresent();
  }
}
