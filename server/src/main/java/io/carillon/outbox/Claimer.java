package io.carillon.outbox;

import io.carillon.outbox.Jobs.Batch;
import io.carillon.store.Database;
import io.carillon.store.ReadOnlyException;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Claims due jobs for the lanes that have room: one thread, one transaction for all channels that
/// are ready. Nothing is polled; an occasional scan of the table finds the channels that memory had
/// no room for.
///
/// *Durability.* A claim commits before the attempt starts. It is relaxed: it reaches the operating
/// system, which keeps it when the process is killed, so a job that kills the process is detected
/// ([CrashSuspects]). Only power loss can lose the claim, and a job does not cause power loss.
final class Claimer {
  private static final Logger LOG = LoggerFactory.getLogger(Claimer.class);
  private static final Duration ERROR_DELAY = Duration.ofSeconds(1);

  private final Database database;
  private final Jobs jobs;
  private final Lanes lanes;
  private final Deliveries deliveries;
  private final Starter starter;
  private final Threads threads;
  private final Thread thread;

  Claimer(Database database, Jobs jobs, Starter starter) {
    this.database = database;
    this.jobs = jobs;
    this.lanes = starter.lanes();
    this.deliveries = starter.deliveries();
    this.starter = starter;
    this.threads = starter.threads();
    this.thread = threads.unstarted("outbox-claimer", this::run);
  }

  void start() {
    threads.start(thread);
  }

  /// Waits for its end, which [Lanes#stop] requests.
  boolean join(Duration patience) throws InterruptedException {
    return !thread.isAlive() || threads.join(thread, patience);
  }

  void join() throws InterruptedException {
    thread.join();
  }

  private void run() {
    try {
      while (true) {
        try {
          switch (lanes.next()) {
            case Lanes.Task.Claim(List<Channel> channels) -> claim(channels);
            case Lanes.Task.ReadPage(String after, int limit) -> readPage(after, limit);
            case Lanes.Task.Stop() -> {
              return;
            }
          }
        } catch (RuntimeException | Error e) { // an error must not end all deliveries
          if (lanes.isStopped()) {
            return;
          }
          LOG.error("The outbox could not be read; trying again", e);
          threads.sleep(ERROR_DELAY);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void readPage(String after, int limit) {
    List<Channel> page =
        database.read(
            snapshot -> {
              List<Channel> channels = jobs.channels(snapshot, after, limit);
              for (Channel channel : channels) {
                jobs.firstDue(snapshot, channel).ifPresent(due -> starter.noteDue(channel, due));
              }
              return channels;
            });
    lanes.pageRead(page.isEmpty() ? null : page.getLast().queue());
  }

  private void claim(List<Channel> channels) throws InterruptedException {
    Map<Channel, Integer> granted = new LinkedHashMap<>();
    Map<Channel, Batch> batches;
    try {
      Map<Channel, Integer> limits = database.read(snapshot -> limits(snapshot, channels));
      limits.forEach(
          (channel, limit) ->
              granted.put(channel, lanes.grant(channel, limit, deliveries.memoryOf(channel))));
      batches = database.writeRelaxed(tx -> claim(tx, granted));
    } catch (RuntimeException | Error e) {
      Instant now = database.clock().instant();
      for (Channel channel : channels) {
        lanes.endClaim(channel, granted.getOrDefault(channel, 0), now);
      }
      if (!(e instanceof ReadOnlyException)) {
        throw e;
      }
      threads.sleep(ERROR_DELAY);
      return;
    }
    batches.forEach(
        (channel, batch) -> {
          int unused = granted.getOrDefault(channel, 0) - batch.jobs().size();
          batch.jobs().forEach(starter::start);
          lanes.endClaim(channel, unused, batch.next().orElse(null));
        });
  }

  private Map<Channel, Integer> limits(Snapshot snapshot, List<Channel> channels) {
    Map<Channel, Integer> limits = new LinkedHashMap<>();
    channels.forEach(channel -> limits.put(channel, deliveries.limitOf(snapshot, channel)));
    return limits;
  }

  private Map<Channel, Batch> claim(Tx tx, Map<Channel, Integer> granted) {
    Map<Channel, Batch> batches = new LinkedHashMap<>();
    granted.forEach((channel, limit) -> batches.put(channel, jobs.claim(tx, channel, limit)));
    return batches;
  }
}
