package io.carillon.outbox;

import io.carillon.store.Database;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Corrects due times that are later than their kind allows, after the clock has been set back.
record DueTimeCorrection(Database database, Jobs jobs, Deliveries deliveries, Lanes lanes) {
  private static final Logger LOG = LoggerFactory.getLogger(DueTimeCorrection.class);

  /// How far the clock may be set back before due times are corrected.
  private static final Duration MAX_SKEW = Duration.ofMinutes(1);

  private static final int PAGE = 256;

  void run() {
    int moved = 0;
    String after = "";
    while (true) {
      String from = after;
      List<Channel> page = database.read(snapshot -> jobs.channels(snapshot, from, PAGE));
      if (page.isEmpty()) {
        break;
      }
      for (Channel channel : page) {
        Optional<Delivery> delivery = deliveries.find(channel);
        if (delivery.isPresent()) {
          moved += correct(channel, delivery.get().longestWait());
        }
      }
      after = page.getLast().queue();
    }
    if (moved > 0) {
      LOG.warn("The clock was ahead: {} jobs are due earlier than it had set", moved);
    }
  }

  /// A job that was never attempted keeps its wait, any other is due now.
  private int correct(Channel channel, Duration longestWait) {
    Instant now = database.clock().instant();
    Instant latest = now.plus(longestWait.plus(longestWait.dividedBy(10))).plus(MAX_SKEW);
    int moved =
        jobs.reschedule(
            database,
            channel,
            latest,
            (row, due) -> {
              boolean first = row.attempts() == 0 && row.postponements() == 0;
              Duration wait = Duration.between(row.created(), due);
              boolean isLegal = !wait.isNegative() && wait.compareTo(longestWait) <= 0;
              return first && isLegal ? now.plus(wait) : now;
            });
    if (moved > 0) {
      lanes.noteDue(channel, now);
    }
    return moved;
  }
}
