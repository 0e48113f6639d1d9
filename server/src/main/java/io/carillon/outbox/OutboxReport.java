package io.carillon.outbox;

import io.carillon.store.Database;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// What operators see of the outbox.
public final class OutboxReport {
  private final Database database;
  private final Jobs jobs;
  private final Lanes lanes;
  private final Attempts attempts;

  OutboxReport(Database database, Jobs jobs, Lanes lanes, Attempts attempts) {
    this.database = database;
    this.jobs = jobs;
    this.lanes = lanes;
    this.attempts = attempts;
  }

  /// The state of a lane.
  ///
  /// @param depth its jobs, running ones included
  /// @param next when the next job is due
  /// @param oldest when the first waiting job was added
  public record LaneStatus(
      String kind,
      String lane,
      long depth,
      int running,
      Optional<Instant> next,
      Optional<Instant> oldest) {}

  /// The lanes that hold jobs, after `afterKind` and `afterLane` (both empty for the first page).
  public List<LaneStatus> lanes(String afterKind, String afterLane, int limit) {
    String after = afterKind.isEmpty() ? "" : new Channel(afterKind, afterLane).queue();
    return database.read(
        snapshot ->
            jobs.channels(snapshot, after, limit).stream()
                .map(
                    channel ->
                        new LaneStatus(
                            channel.kind(),
                            channel.lane(),
                            jobs.depth(snapshot, channel),
                            lanes.running(channel),
                            jobs.firstDue(snapshot, channel),
                            jobs.firstCreated(snapshot, channel)))
                .toList());
  }

  /// How many attempts are running.
  public int running() {
    return attempts.running();
  }

  /// How many slots are taken, by jobs that run or are about to.
  int slotsTaken() {
    return lanes.slotsTaken();
  }

  /// How many lanes are in memory.
  int lanesInMemory() {
    return lanes.size();
  }
}
