package io.carillon.acceptance;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;

/// The moment of a kill: random, or during work that the server reports in its metrics.
enum KillMoment {
  ANY(""),
  FLUSH("carillon_store_flushes_running"),
  COMPACTION("carillon_store_compactions_running");

  private static final Duration TIMEOUT = Duration.ofSeconds(40);

  private final String gauge;

  KillMoment(String gauge) {
    this.gauge = gauge;
  }

  /// The moment in which a kill interrupts `work`.
  static KillMoment of(KilledServer.Work work) {
    return switch (work) {
      case DISPATCHING, DELIVERING, INVOKING -> ANY;
      case FLUSHING -> FLUSH;
      case COMPACTING -> COMPACTION;
    };
  }

  /// Waits for the moment.
  ///
  /// @return false where it did not come
  boolean await(Carillon server, Random random) throws IOException, InterruptedException {
    if (gauge.isEmpty()) {
      Thread.sleep(random.nextInt(200));
      return true;
    }
    Instant deadline = Instant.now().plus(TIMEOUT);
    while (Instant.now().isBefore(deadline)) {
      if (server
          .admin("metrics")
          .lines()
          .anyMatch(line -> line.startsWith(gauge + " ") && !line.endsWith(" 0"))) {
        return true;
      }
    }
    return false;
  }
}
