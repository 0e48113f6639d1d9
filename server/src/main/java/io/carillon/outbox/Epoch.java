package io.carillon.outbox;

import io.carillon.store.Database;
import io.carillon.store.KeyCodec;
import io.carillon.store.Table;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/// One start of the process; leases carry its number.
///
/// @param started null in rows of former versions
/// @param stopped whether the process was asked to stop: no job is suspected of ending it after
///   that
record Epoch(long number, @Nullable Instant started, boolean stopped) {
  private static final String CURRENT = "current";
  private static final Table<String, Epoch> TABLE =
      Table.of("outbox.epochs", KeyCodec.STRING, Epoch.class);

  /// Begins the next epoch and returns the former one.
  static Epoch begin(Database database, Instant now) {
    return database.write(
        tx -> {
          Epoch former = TABLE.get(tx, CURRENT).orElse(new Epoch(0, null, true));
          TABLE.put(tx, CURRENT, former.next(now));
          return former;
        });
  }

  Epoch next(Instant now) {
    return new Epoch(number + 1, now.truncatedTo(ChronoUnit.MILLIS), false);
  }

  /// Records that the process was asked to stop.
  void recordStop(Database database) {
    database.writeRelaxed(
        tx -> {
          if (TABLE.get(tx, CURRENT).filter(this::equals).isPresent()) {
            TABLE.put(tx, CURRENT, new Epoch(number, started, true));
          }
          return this;
        });
  }

  /// From the start of this epoch until `now`.
  Duration uptime(Instant now) {
    return started == null
        ? Duration.ZERO
        : Duration.between(started, now.truncatedTo(ChronoUnit.MILLIS));
  }

  /// The holder of its leases.
  String holder() {
    return "epoch " + number;
  }
}
