package io.carillon.outbox;

import io.carillon.base.MemoryBudget;
import io.carillon.outbox.TableOutbox.Batch;
import io.carillon.outbox.TableOutbox.Channel;
import io.carillon.outbox.TableOutbox.Row;
import io.carillon.store.Database;
import io.carillon.store.DueQueue.Claimed;
import io.carillon.store.ReadOnlyException;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs the outbox's work: claims jobs when they are due, attempts each on a virtual thread of its
/// own and records the outcome.
///
/// *Durability.* A claim is a transaction that commits before the attempt starts. It is relaxed: it
/// reaches the operating system, which keeps it when the process is killed, so a job that kills the
/// process is detected ([CrashSuspects]). Only power loss can lose the claim, and a job does not
/// cause power loss. The outcome is a relaxed transaction too. If power loss takes it, the job is
/// attempted again, as at-least-once delivery allows; its effect is in the same transaction and is
/// lost with it.
///
/// *Order.* Work for another service of this server is delivered by the transaction that adds it
/// (see [Delivery#plan]) and becomes a job only if that fails. A job that is due when it is added
/// and finds a free slot is added under a lease, and its attempt starts right after that commit.
/// All other jobs go through the [Lanes]: one thread claims for all channels that are ready, in one
/// transaction. Nothing is polled; an occasional scan of the table finds the channels that memory
/// had no room for.
public final class Dispatcher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

  /// Bounds and waits.
  ///
  /// @param maxRunning the most attempts that run at the same time
  /// @param maxLanes the most lanes in memory; others wait in the table
  /// @param rereadEvery how often the table is scanned for channels that memory does not have
  /// @param timeScale multiplies every wait and age; tests set it below one
  /// @param memory the budget of all running attempts; one attempt may always run
  /// @param grace how much longer than [Delivery#longestAttempt] an attempt may take; not scaled,
  ///   as attempts take real time
  public record Settings(
      int maxRunning,
      int maxLanes,
      Duration rereadEvery,
      double timeScale,
      MemoryBudget memory,
      Duration grace) {
    public static Settings usual() {
      return new Settings(
          1024,
          50_000,
          Duration.ofSeconds(30),
          1.0,
          MemoryBudget.unlimited(),
          Duration.ofMinutes(1));
    }

    public Settings withBounds(int running, int lanes) {
      return new Settings(running, lanes, rereadEvery, timeScale, memory, grace);
    }

    public Settings withTimeScale(double scale) {
      return new Settings(maxRunning, maxLanes, rereadEvery, scale, memory, grace);
    }

    public Settings withMemory(MemoryBudget other) {
      return new Settings(maxRunning, maxLanes, rereadEvery, timeScale, other, grace);
    }

    public Settings withGrace(Duration longer) {
      return new Settings(maxRunning, maxLanes, rereadEvery, timeScale, memory, longer);
    }
  }

  /// The state of a lane, for operators.
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

  private static final int PAGE = 256;

  private final Database database;
  private final TableOutbox outbox;
  private final InstantSource clock;
  private final Lanes lanes;
  private final Map<String, Delivery> deliveries = new ConcurrentHashMap<>();
  private final Set<String> unknownKinds = ConcurrentHashMap.newKeySet();
  private final Attempts attempts;
  private final IsolatedAttempts isolatedAttempts;
  private final Thread claimer =
      Thread.ofVirtual().name("outbox-claimer").unstarted(this::claimLoop);
  private volatile boolean stopping;

  public Dispatcher(
      Database database,
      TableOutbox outbox,
      DeadLetters deadLetters,
      InstantSource clock,
      RandomGenerator random,
      DeliveryFailure.Listener failures,
      Settings settings) {
    this.database = database;
    this.outbox = outbox;
    this.clock = clock;
    this.lanes =
        new Lanes(
            clock,
            settings.maxRunning(),
            settings.maxLanes(),
            settings.rereadEvery(),
            settings.memory());
    this.attempts = new Attempts(database, outbox, deadLetters, clock, random, failures, settings);
    this.isolatedAttempts =
        new IsolatedAttempts(
            database, outbox, lanes, clock, attempts::scaled, new SuspectStarter());
  }

  /// Registers the delivery for `kind`. Work of an unregistered kind stays in the table.
  public void register(String kind, Delivery delivery) {
    if (deliveries.putIfAbsent(kind, delivery) != null) {
      throw new IllegalStateException("Two deliveries of kind " + kind);
    }
    unknownKinds.remove(kind);
    lanes.reread();
  }

  /// Starts with the jobs in the table.
  public void start() {
    outbox.setWorker(new OutboxWorker());
    claimer.start();
    isolatedAttempts.start();
    attempts.startWatch();
  }

  /// Reads the clock and the table again, for tests that move the clock.
  public void wake() {
    lanes.wake();
    isolatedAttempts.wake();
  }

  /// Starts no more attempts and waits for the running ones. Other jobs stay in the table.
  ///
  /// @return whether all ended in time
  public boolean drain(Duration patience) throws InterruptedException {
    stopClaiming();
    long until = System.nanoTime() + patience.toNanos();
    if (claimer.isAlive() && !claimer.join(patience)) {
      return false;
    }
    // a running attempt may have started another one before the stop
    return isolatedAttempts.join(patience) && attempts.join(until);
  }

  /// Stops at once: running attempts are interrupted, and their jobs are released without counting
  /// the attempt.
  @Override
  public void close() {
    stopClaiming();
    try {
      if (claimer.isAlive()) {
        claimer.join();
      }
      isolatedAttempts.join();
      attempts.interrupt();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void stopClaiming() {
    boolean first = !stopping;
    stopping = true;
    attempts.stop();
    outbox.setWorker(null);
    lanes.stop();
    isolatedAttempts.stop();
    if (first) {
      recordStop();
    }
  }

  private void recordStop() {
    try {
      outbox.recordStop(database);
    } catch (RuntimeException e) {
      LOG.warn("The stop could not be recorded; the next start will take it for a crash", e);
    }
  }

  /// Corrects due times that are later than their kind allows, after the clock has been set back.
  public void correctDueTimes() {
    int moved = 0;
    String after = "";
    while (true) {
      String from = after;
      List<Channel> page = database.read(snapshot -> outbox.channels(snapshot, from, PAGE));
      if (page.isEmpty()) {
        break;
      }
      for (Channel channel : page) {
        Delivery delivery = deliveries.get(channel.kind());
        if (delivery != null) {
          moved += outbox.correctDueTimes(database, channel, delivery.longestWait());
        }
      }
      after = page.getLast().queue();
    }
    if (moved > 0) {
      LOG.warn("The clock was ahead: {} jobs are due earlier than it had set", moved);
    }
    isolatedAttempts.wake();
  }

  /// The lanes that hold jobs, after `afterKind` and `afterLane` (both empty for the first page).
  public List<LaneStatus> status(String afterKind, String afterLane, int limit) {
    String after = afterKind.isEmpty() ? "" : new Channel(afterKind, afterLane).queue();
    return database.read(
        snapshot -> {
          List<LaneStatus> found = new ArrayList<>();
          for (Channel channel : outbox.channels(snapshot, after, limit)) {
            List<Job> first = outbox.waiting(snapshot, channel.kind(), channel.lane(), 1);
            found.add(
                new LaneStatus(
                    channel.kind(),
                    channel.lane(),
                    outbox.depth(snapshot, channel),
                    lanes.running(channel),
                    outbox.firstDue(snapshot, channel),
                    first.stream().findFirst().map(Job::created)));
          }
          return found;
        });
  }

  /// How many attempts are running.
  public int running() {
    return attempts.running();
  }

  /// How many lanes are in memory.
  int lanesInMemory() {
    return lanes.size();
  }

  private void noteDue(Channel channel, Instant due) {
    if (deliveries.containsKey(channel.kind())) {
      lanes.noteDue(channel, due);
    } else if (unknownKinds.add(channel.kind())) {
      LOG.warn(
          "No delivery is registered for work of kind {}; it stays in the outbox", channel.kind());
    }
  }

  private void claimLoop() {
    while (true) {
      try {
        switch (lanes.next()) {
          case Lanes.Task.Claim(List<Channel> channels) -> claim(channels);
          case Lanes.Task.ReadPage(String after, int limit) -> readPage(after, limit);
          case Lanes.Task.Stop() -> {
            return;
          }
        }
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException | Error e) { // an error must not end all deliveries
        if (stopping) {
          return;
        }
        LOG.error("The outbox could not be read; trying again", e);
        if (!sleep(Attempts.FULL_DISK_DELAY)) {
          return;
        }
      }
    }
  }

  private void readPage(String after, int limit) {
    List<Channel> page =
        database.read(
            snapshot -> {
              List<Channel> channels = outbox.channels(snapshot, after, limit);
              for (Channel channel : channels) {
                outbox.firstDue(snapshot, channel).ifPresent(due -> noteDue(channel, due));
              }
              return channels;
            });
    lanes.pageRead(page.isEmpty() ? null : page.getLast().queue());
  }

  private void claim(List<Channel> channels) throws InterruptedException {
    Map<Channel, Integer> granted = new LinkedHashMap<>();
    Map<Channel, Batch> batches;
    try {
      Map<Channel, Integer> limits = database.read(snapshot -> limitsOf(snapshot, channels));
      limits.forEach(
          (channel, limit) -> granted.put(channel, lanes.grant(channel, limit, memoryOf(channel))));
      batches = database.writeRelaxed(tx -> claim(tx, granted));
    } catch (RuntimeException | Error e) {
      Instant now = clock.instant();
      for (Channel channel : channels) {
        lanes.endClaim(channel, granted.getOrDefault(channel, 0), now);
      }
      if (!(e instanceof ReadOnlyException)) {
        throw e;
      }
      Thread.sleep(Attempts.FULL_DISK_DELAY);
      return;
    }
    batches.forEach(
        (channel, batch) -> {
          int unused = granted.getOrDefault(channel, 0) - batch.jobs().size();
          for (Claimed<Row> job : batch.jobs()) {
            startAttempt(channel, job);
          }
          lanes.endClaim(channel, unused, batch.next().orElse(null));
        });
  }

  private Map<Channel, Batch> claim(Tx tx, Map<Channel, Integer> granted) {
    Map<Channel, Batch> batches = new LinkedHashMap<>();
    granted.forEach((channel, limit) -> batches.put(channel, outbox.claim(tx, channel, limit)));
    return batches;
  }

  private long memoryOf(Channel channel) {
    return Math.max(1, delivery(channel).usualMemory());
  }

  private Map<Channel, Integer> limitsOf(Snapshot snapshot, List<Channel> channels) {
    Map<Channel, Integer> limits = new LinkedHashMap<>();
    channels.forEach(channel -> limits.put(channel, limitOf(snapshot, channel)));
    return limits;
  }

  private int limitOf(Snapshot snapshot, Channel channel) {
    try {
      return Math.max(1, delivery(channel).concurrencyOfLane(snapshot, channel.lane()));
    } catch (RuntimeException e) {
      LOG.error("The concurrency of lane {} is unknown; taking 1", channel, e);
      return 1;
    }
  }

  private Delivery delivery(Channel channel) {
    Delivery delivery = deliveries.get(channel.kind());
    if (delivery == null) {
      throw new IllegalStateException("No delivery is registered for kind " + channel.kind());
    }
    return delivery;
  }

  /// Starts an attempt whose slot and usual memory are reserved already.
  private void startAttempt(Channel channel, Claimed<Row> claimed) {
    startClaimed(channel, claimed, null);
  }

  /// @param giveUpReason why the job is given up without an attempt; null to attempt it
  private void startClaimed(Channel channel, Claimed<Row> claimed, @Nullable String giveUpReason) {
    Delivery delivery = delivery(channel);
    long bytes = delivery.memoryFor(claimed.row().payload());
    lanes.started(channel, bytes);
    attempts.start(
        channel,
        claimed,
        delivery,
        giveUpReason,
        () -> {
          isolatedAttempts.ended(claimed.lease().id());
          lanes.ended(channel, bytes);
        });
  }

  private static boolean sleep(Duration wait) {
    try {
      Thread.sleep(wait);
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  /// Starts the attempts of suspects.
  private final class SuspectStarter implements IsolatedAttempts.Starter {
    @Override
    public boolean isRegistered(Channel channel) {
      return deliveries.containsKey(channel.kind());
    }

    @Override
    public void start(Channel channel, Claimed<Row> job, @Nullable String giveUpReason) {
      lanes.admit(channel, memoryOf(channel));
      startClaimed(channel, job, giveUpReason);
    }
  }

  /// The outbox's side of this dispatcher.
  private final class OutboxWorker implements TableOutbox.Worker {
    @Override
    public void due(Channel channel, Instant due) {
      noteDue(channel, due);
    }

    @Override
    public Optional<Consumer<Tx>> plan(Snapshot snapshot, Work work) {
      Delivery delivery = deliveries.get(work.kind());
      if (delivery == null) {
        return Optional.empty();
      }
      try {
        return delivery.plan(snapshot, work);
      } catch (RuntimeException e) {
        LOG.warn("{} for {} cannot be planned; it becomes a job", work.kind(), work.lane(), e);
        return Optional.empty();
      }
    }

    @Override
    public boolean reserve(Snapshot snapshot, Channel channel) {
      return deliveries.containsKey(channel.kind())
          && lanes.reserve(channel, limitOf(snapshot, channel), memoryOf(channel));
    }

    @Override
    public void start(Channel channel, Claimed<Row> job) {
      startAttempt(channel, job);
    }

    @Override
    public void releaseSlot(Channel channel) {
      lanes.releaseSlot(channel);
    }
  }
}
