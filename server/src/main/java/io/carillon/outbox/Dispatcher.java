package io.carillon.outbox;

import io.carillon.base.MemoryBudget;
import io.carillon.outbox.TableOutbox.Batch;
import io.carillon.outbox.TableOutbox.Channel;
import io.carillon.outbox.TableOutbox.Row;
import io.carillon.store.Database;
import io.carillon.store.DueQueue.Claimed;
import io.carillon.store.ReadOnlyException;
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

/// Does the outbox's work: claims jobs as they come due, tries each on a virtual thread of its own,
/// and records what became of it.
///
/// *What is recorded, and when.* Claiming is one transaction that tells of the try before it
/// starts. It is relaxed: it reaches the operating system, which keeps it when the process is
/// killed, so a job that kills the process is found out ([CrashSuspects]). Only power loss can
/// forget it, and a job does not cut the power. The outcome is a relaxed transaction too: lost with
/// the power, the job is tried again, as at-least-once delivery allows, while its effect is lost
/// with it, both being one transaction.
///
/// *In which order.* What is only handed on within this server is done by the transaction that puts
/// it in (see [Delivery#deliverInTransaction]) and comes here only if that fails. A job that is due
/// when it is put in and finds room is put in claimed, and its try begins right after that commit.
/// Of all others the [Lanes] hear then, and the one claiming thread claims for all channels that
/// are ready in one transaction. Nothing is polled; a slow reading of the table finds what memory
/// had no room for.
public final class Dispatcher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

  /// Bounds and waits.
  ///
  /// @param maxRunning how many jobs are tried at a time in all
  /// @param maxLanes how many lanes are known in memory; others wait in the table
  /// @param rereadEvery how often the table is read for what memory does not know
  /// @param timeScale multiplies every wait and age; below one for tests that cannot wait for
  ///   minutes
  /// @param memory what the jobs that are being tried may hold together; one is always tried
  /// @param grace how much longer than its delivery says a try may take; not scaled, as a try takes
  ///   the time that it takes
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

  /// A lane for operators.
  ///
  /// @param depth its jobs, running ones included
  /// @param next when the next one is due
  /// @param oldest when the first one that waits was put in
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
  private final Attempts tries;
  private final IsolatedAttempts trials;
  private final Thread claimer = Thread.ofVirtual().name("outbox-claimer").unstarted(this::serve);
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
    this.tries = new Attempts(database, outbox, deadLetters, clock, random, failures, settings);
    this.trials =
        new IsolatedAttempts(database, outbox, lanes, clock, tries::scaled, new Beginning());
  }

  /// Says who does the work of `kind`. Work of a kind that nobody does stays in the table.
  public void register(String kind, Delivery delivery) {
    if (deliveries.putIfAbsent(kind, delivery) != null) {
      throw new IllegalStateException("Two deliveries of kind " + kind);
    }
    unknownKinds.remove(kind);
    lanes.reread();
  }

  /// Begins with what the table holds.
  public void start() {
    outbox.workFor(new Doing());
    claimer.start();
    trials.start();
    tries.startWatch();
  }

  /// Looks at the clock and the table again, for tests that move the clock.
  public void wake() {
    lanes.wake();
    trials.wake();
  }

  /// Starts no more tries and waits for those that run. What is left stays in the table.
  ///
  /// @return whether all ended in time
  public boolean drain(Duration patience) throws InterruptedException {
    stopClaiming();
    long until = System.nanoTime() + patience.toNanos();
    if (claimer.isAlive() && !claimer.join(patience)) {
      return false;
    }
    // One that ends may leave another behind, whose place it took before the stop.
    return trials.join(patience) && tries.join(until);
  }

  /// Stops at once: tries that run are interrupted and put back, not counted.
  @Override
  public void close() {
    stopClaiming();
    try {
      if (claimer.isAlive()) {
        claimer.join();
      }
      trials.join();
      tries.interrupt();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void stopClaiming() {
    boolean first = !stopping;
    stopping = true;
    tries.stop();
    outbox.workFor(null);
    lanes.stop();
    trials.stop();
    if (first) {
      noteStop();
    }
  }

  private void noteStop() {
    try {
      outbox.noteStop(database);
    } catch (RuntimeException e) {
      LOG.warn("The next start will take this stop for a crash", e);
    }
  }

  /// Makes what is due implausibly late due earlier, for when the clock has been set back.
  public void drawBack() {
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
          moved += outbox.drawBack(database, channel, delivery.longestWait());
        }
      }
      after = page.getLast().queue();
    }
    if (moved > 0) {
      LOG.warn("The clock was ahead: {} jobs that would have waited for it are due earlier", moved);
    }
    trials.wake();
  }

  /// The lanes that hold jobs, behind `afterKind` and `afterLane` (both empty for the first page).
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

  /// How many jobs are being tried.
  public int running() {
    return tries.running();
  }

  /// How many lanes are known in memory.
  int lanesInMemory() {
    return lanes.size();
  }

  private void hear(Channel channel, Instant due) {
    if (deliveries.containsKey(channel.kind())) {
      lanes.due(channel, due);
    } else if (unknownKinds.add(channel.kind())) {
      LOG.warn("Nobody does work of kind {}; it stays in the outbox", channel.kind());
    }
  }

  private void serve() {
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
      } catch (RuntimeException | Error e) { // an error here would be the end of all deliveries
        if (stopping) {
          return;
        }
        LOG.error("The outbox could not be read; trying again", e);
        if (!pause(Attempts.FULL_DISK_WAIT)) {
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
                outbox.firstDue(snapshot, channel).ifPresent(due -> hear(channel, due));
              }
              return channels;
            });
    lanes.pageRead(page.isEmpty() ? null : page.getLast().queue());
  }

  private void claim(List<Channel> channels) throws InterruptedException {
    Map<Channel, Integer> granted = new LinkedHashMap<>();
    Map<Channel, Batch> batches;
    try {
      for (Channel channel : channels) {
        granted.put(channel, lanes.grant(channel, limitOf(channel), memoryOf(channel)));
      }
      batches = database.writeRelaxed(tx -> claim(tx, granted));
    } catch (RuntimeException | Error e) {
      Instant now = clock.instant();
      for (Channel channel : channels) {
        lanes.endTurn(channel, granted.getOrDefault(channel, 0), now);
      }
      if (!(e instanceof ReadOnlyException)) {
        throw e;
      }
      Thread.sleep(Attempts.FULL_DISK_WAIT);
      return;
    }
    batches.forEach(
        (channel, batch) -> {
          int unused = granted.getOrDefault(channel, 0) - batch.jobs().size();
          for (Claimed<Row> job : batch.jobs()) {
            startTry(channel, job);
          }
          lanes.endTurn(channel, unused, batch.next().orElse(null));
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

  private int limitOf(Channel channel) {
    try {
      return Math.max(1, delivery(channel).concurrencyOfLane(channel.lane()));
    } catch (RuntimeException e) {
      LOG.error("The bound of lane {} is unknown; taking 1", channel, e);
      return 1;
    }
  }

  private Delivery delivery(Channel channel) {
    Delivery delivery = deliveries.get(channel.kind());
    if (delivery == null) {
      throw new IllegalStateException("Nobody does work of kind " + channel.kind());
    }
    return delivery;
  }

  /// Starts a try whose place, and usual memory, have been taken.
  private void startTry(Channel channel, Claimed<Row> claimed) {
    start(channel, claimed, null);
  }

  /// @param verdict why the job is given up instead of being tried; null if it is tried
  private void start(Channel channel, Claimed<Row> claimed, @Nullable String verdict) {
    Delivery delivery = delivery(channel);
    long bytes = delivery.memoryFor(claimed.row().payload());
    lanes.begun(channel, bytes);
    tries.start(
        channel,
        claimed,
        delivery,
        verdict,
        () -> {
          trials.ended(claimed.lease().id());
          lanes.ended(channel, bytes);
        });
  }

  private static boolean pause(Duration wait) {
    try {
      Thread.sleep(wait);
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  /// How suspects begin.
  private final class Beginning implements IsolatedAttempts.Starter {
    @Override
    public boolean knows(Channel channel) {
      return deliveries.containsKey(channel.kind());
    }

    @Override
    public void begin(Channel channel, Claimed<Row> job, @Nullable String verdict) {
      lanes.admit(channel, memoryOf(channel));
      start(channel, job, verdict);
    }
  }

  /// What the outbox has to do with.
  private final class Doing implements TableOutbox.Worker {
    @Override
    public void due(Channel channel, Instant due) {
      hear(channel, due);
    }

    @Override
    public boolean deliverInTransaction(Tx tx, Work work) {
      Delivery delivery = deliveries.get(work.kind());
      if (delivery == null) {
        return false;
      }
      try {
        Optional<Consumer<Tx>> effect = delivery.deliverInTransaction(work);
        effect.ifPresent(taken -> tx.withSavepoint(() -> taken.accept(tx)));
        return effect.isPresent();
      } catch (RuntimeException e) {
        LOG.warn("{} for {} cannot be handed on at once", work.kind(), work.lane(), e);
        return false;
      }
    }

    @Override
    public boolean reserve(Channel channel) {
      return deliveries.containsKey(channel.kind())
          && lanes.reserve(channel, limitOf(channel), memoryOf(channel));
    }

    @Override
    public void begin(Channel channel, Claimed<Row> job) {
      startTry(channel, job);
    }

    @Override
    public void giveBack(Channel channel) {
      lanes.givenBack(channel);
    }
  }
}
