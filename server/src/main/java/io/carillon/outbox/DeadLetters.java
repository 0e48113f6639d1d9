package io.carillon.outbox;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Jobs that were given up and whose owner named no dead-letter queue. They stay until an operator
/// redrives them.
public final class DeadLetters {

  /// A job that was given up.
  ///
  /// @param attempts how many attempts were made
  /// @param why the reason for giving it up
  public record DeadLetter(
      String id,
      String kind,
      String lane,
      byte[] payload,
      String cause,
      Instant created,
      @JsonProperty("buried") Instant deadLetteredAt,
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

  /// Oldest first, after the id `after`; empty for the first page.
  public List<DeadLetter> list(Snapshot snapshot, String after, int limit) {
    return TABLE.list(snapshot, Range.all().after(Tuple.of(after)), limit).stream()
        .map(Table.Entry::value)
        .toList();
  }

  public Optional<DeadLetter> get(Snapshot snapshot, String id) {
    return TABLE.get(snapshot, id);
  }

  /// Adds a job to `outbox` again; false if it is not here.
  public boolean redrive(Tx tx, String id, Outbox outbox, Instant now) {
    Optional<DeadLetter> deadLetter = TABLE.get(tx, id);
    deadLetter.ifPresent(
        job -> {
          TABLE.delete(tx, id);
          outbox.add(tx, new Work(job.kind(), job.lane(), now, job.payload(), job.cause()));
        });
    return deadLetter.isPresent();
  }
}
