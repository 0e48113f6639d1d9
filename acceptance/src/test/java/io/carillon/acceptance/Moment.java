package io.carillon.acceptance;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;

/// When a server is killed: at any moment, or in one that the server itself reports in its metrics.
enum Moment {
  ANY(""),
  FLUSH("carillon_store_flushes_running"),
  COMPACTION("carillon_store_compactions_running");

  private static final Duration PATIENCE = Duration.ofSeconds(40);

  private final String gauge;

  Moment(String gauge) {
    this.gauge = gauge;
  }

  /// When to kill so that it hits `work`.
  static Moment of(KilledServer.Work work) {
    return switch (work) {
      case DISPATCHING, HANDING_ON, INVOKING -> ANY;
      case FLUSHING -> FLUSH;
      case COMPACTING -> COMPACTION;
    };
  }

  /// Waits for the moment; false where it did not come.
  boolean await(Carillon server, Random random) throws IOException, InterruptedException {
    if (gauge.isEmpty()) {
      Thread.sleep(random.nextInt(200));
      return true;
    }
    Instant giveUp = Instant.now().plus(PATIENCE);
    while (Instant.now().isBefore(giveUp)) {
      if (server
          .door("metrics")
          .lines()
          .anyMatch(line -> line.startsWith(gauge + " ") && !line.endsWith(" 0"))) {
        return true;
      }
    }
    return false;
  }
}
