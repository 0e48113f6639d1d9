package io.carillon.outbox;

import io.carillon.base.Lazy;
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
import java.util.HashSet;
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
/// *What is recorded, and when.* Claiming is one transaction that counts the try before it starts.
/// It is relaxed: it reaches the operating system, which keeps it when the process is killed, so a
/// job that kills the process runs out of tries. Only power loss can forget it, and a job does not
/// cut the power. The outcome is a relaxed transaction too: lost with the power, the job is tried
/// again, as at-least-once delivery allows, while its effect is lost with it, both being one
/// transaction.
///
/// *In which order.* What is only handed on within this server is done by the transaction that puts
/// it in (see [Delivery#handOn]) and comes here only if that fails. A job that is due when it is
/// put in and finds room is put in claimed, and its try begins right after that commit. Of all
/// others the [Lanes] hear then, and the one claiming thread claims for all channels that are ready
/// in one transaction. Nothing is polled; a slow reading of the table finds what memory had no room
/// for.
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
  public record Settings(
      int maxRunning, int maxLanes, Duration rereadEvery, double timeScale, MemoryBudget memory) {
    public static Settings usual() {
      return new Settings(1024, 50_000, Duration.ofSeconds(30), 1.0, MemoryBudget.unlimited());
    }

    public Settings withTimeScale(double scale) {
      return new Settings(maxRunning, maxLanes, rereadEvery, scale, memory);
    }

    public Settings withMemory(MemoryBudget other) {
      return new Settings(maxRunning, maxLanes, rereadEvery, timeScale, other);
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

  /// What the jobs of a lane that wait for a read-only store do: look again after this long.
  private static final Duration FULL_DISK_WAIT = Duration.ofSeconds(1);

  private static final int REASON_CHARS = 1_000;
  private static final double JITTER = 0.1;

  private final Database database;
  private final TableOutbox outbox;
  private final Shelf shelf;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Setback.Listener setbacks;
  private final Settings settings;
  private final Lanes lanes;
  private final Map<String, Delivery> deliveries = new ConcurrentHashMap<>();
  private final Set<String> unknownKinds = ConcurrentHashMap.newKeySet();
  private final Set<Thread> tries = ConcurrentHashMap.newKeySet();
  private final Thread claimer = Thread.ofVirtual().name("outbox-claimer").unstarted(this::serve);
  private volatile boolean stopping;

  public Dispatcher(
      Database database,
      TableOutbox outbox,
      Shelf shelf,
      InstantSource clock,
      RandomGenerator random,
      Setback.Listener setbacks,
      Settings settings) {
    this.database = database;
    this.outbox = outbox;
    this.shelf = shelf;
    this.clock = clock;
    this.random = random;
    this.setbacks = setbacks;
    this.settings = settings;
    this.lanes =
        new Lanes(
            clock,
            settings.maxRunning(),
            settings.maxLanes(),
            settings.rereadEvery(),
            settings.memory());
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
  }

  /// Looks at the clock and the table again, for tests that move the clock.
  public void wake() {
    lanes.wake();
  }

  /// Starts no more tries and waits for those that run. What is left stays in the table.
  ///
  /// @return whether all ended in time
  public boolean drain(Duration patience) throws InterruptedException {
    stopClaiming();
    Instant until = Instant.now().plus(patience);
    if (claimer.isAlive() && !claimer.join(patience)) {
      return false;
    }
    // One that ends may leave another behind, whose place it took before the stop.
    while (!tries.isEmpty()) {
      for (Thread running : List.copyOf(tries)) {
        Duration left = Duration.between(Instant.now(), until);
        if (running.isAlive() && (left.isNegative() || !running.join(left))) {
          return false;
        }
      }
    }
    return true;
  }

  /// Stops at once: tries that run are interrupted and put back, not counted.
  @Override
  public void close() {
    stopClaiming();
    try {
      if (claimer.isAlive()) {
        claimer.join();
      }
      Set<Thread> stuck = new HashSet<>();
      while (!stuck.containsAll(tries)) {
        List<Thread> left = List.copyOf(tries);
        left.forEach(Thread::interrupt);
        for (Thread running : left) {
          if (!stuck.contains(running) && !running.join(Duration.ofSeconds(5))) {
            stuck.add(running);
            LOG.warn(
                "{} does not end; its job is tried again after the next start", running.getName());
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void stopClaiming() {
    stopping = true;
    outbox.workFor(null);
    lanes.stop();
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
    return tries.size();
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
        if (!pause(FULL_DISK_WAIT)) {
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
      Thread.sleep(FULL_DISK_WAIT);
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
    long bytes = delivery(channel).memoryFor(claimed.row().payload());
    lanes.begun(channel, bytes);
    Thread thread =
        Thread.ofVirtual()
            .name("outbox-" + channel.kind() + "-" + claimed.lease().id())
            .unstarted(
                () -> {
                  try {
                    new Try(channel, claimed).run();
                  } finally {
                    tries.remove(Thread.currentThread());
                    lanes.ended(channel, bytes);
                  }
                });
    tries.add(thread);
    thread.start();
  }

  private static boolean pause(Duration wait) {
    try {
      Thread.sleep(wait);
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  private static String describe(Throwable e) {
    String message = e.getMessage();
    return cut(e.getClass().getSimpleName() + (message == null ? "" : ": " + message));
  }

  private static String cut(String reason) {
    return reason.length() <= REASON_CHARS ? reason : reason.substring(0, REASON_CHARS);
  }

  /// What the outbox has to do with.
  private final class Doing implements TableOutbox.Worker {
    @Override
    public void due(Channel channel, Instant due) {
      hear(channel, due);
    }

    @Override
    public boolean handOn(Tx tx, Work work) {
      Delivery delivery = deliveries.get(work.kind());
      if (delivery == null) {
        return false;
      }
      try {
        Optional<Consumer<Tx>> effect = delivery.handOn(work);
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

  /// One try of one job.
  private final class Try {
    private final Channel channel;
    private final Claimed<Row> claimed;
    private final Delivery delivery;
    private final Job job;

    /// Asked for when it is needed: a first try that succeeds needs none.
    private final Lazy<RetryPolicy> policy = new Lazy<>(this::policy);

    Try(Channel channel, Claimed<Row> claimed) {
      this.channel = channel;
      this.claimed = claimed;
      this.delivery = delivery(channel);
      this.job = TableOutbox.jobOf(channel, claimed);
    }

    private RetryPolicy policy() {
      try {
        return delivery.retryPolicy(job);
      } catch (RuntimeException e) {
        LOG.error("The retry policy of {} is unknown; taking three tries", channel, e);
        return RetryPolicy.ASYNC_INVOCATION;
      }
    }

    void run() {
      Outcome outcome;
      boolean first = job.attempts() == 1 && job.postponements() == 0;
      if (!first && job.attempts() > policy.get().tries()) {
        String last =
            job.lastError().isEmpty() ? "the process ended during its tries" : job.lastError();
        outcome = new Outcome.Rejected(last);
      } else if (!first && isTooOld(clock.instant())) {
        outcome = new Outcome.Rejected("too old: " + job.lastError());
      } else {
        outcome = attempt();
      }
      record(outcome);
    }

    private Outcome attempt() {
      try {
        return delivery.attempt(job);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // told from other failures when it is recorded
        return new Outcome.Retry("interrupted");
      } catch (Throwable e) {
        LOG.warn("{} {} failed", channel, job.id(), e);
        return new Outcome.Retry(describe(e));
      }
    }

    /// Records the outcome, and what follows if that fails. A disk without room is waited for; else
    /// the job keeps its lease, and the next start tries it again.
    private void record(Outcome outcome) {
      Outcome next = outcome;
      while (true) {
        try {
          write(next);
          return;
        } catch (ReadOnlyException e) {
          if (stopping || !pause(FULL_DISK_WAIT)) {
            return;
          }
        } catch (Throwable e) {
          if (next instanceof Outcome.Done) {
            LOG.warn("The effect of {} {} failed", channel, job.id(), e);
            next = new Outcome.Retry(describe(e));
          } else {
            LOG.error("What became of {} {} could not be recorded", channel, job.id(), e);
            return;
          }
        }
      }
    }

    private void write(Outcome outcome) {
      boolean putBack = stopping && Thread.interrupted() && !(outcome instanceof Outcome.Done);
      if (putBack) {
        putBackUncounted();
        return;
      }
      switch (outcome) {
        case Outcome.Done(var effect) ->
            database.writeRelaxed(
                tx -> {
                  if (outbox.settle(tx, claimed.lease())) {
                    effect.accept(tx);
                  }
                  return job;
                });
        case Outcome.Retry(String why) ->
            policy
                .get()
                .waitAfter(job.attempts())
                .ifPresentOrElse(
                    wait -> retry(cut(why), scaled(wait, true), false), () -> bury(cut(why)));
        case Outcome.Postponed(String why, Duration notBefore) -> {
          Duration wait =
              notBefore.isPositive()
                  ? scaled(notBefore, false)
                  : scaled(policy.get().waitAfterPostponing(job.postponements()), true);
          retry(cut(why), wait, true);
        }
        case Outcome.Rejected(String why) -> bury(cut(why));
      }
    }

    private void retry(String why, Duration wait, boolean uncounted) {
      Instant next = clock.instant().plus(wait);
      if (isTooOld(next)) {
        bury(why);
        return;
      }
      Row row =
          new Row(
              job.created(),
              job.work().payload(),
              job.work().cause(),
              job.attempts() - (uncounted ? 1 : 0),
              job.postponements() + (uncounted ? 1 : 0),
              job.firstError().isEmpty() ? why : job.firstError(),
              why);
      database.writeRelaxed(
          tx -> {
            if (outbox.release(tx, claimed.lease(), next, row)) {
              note(tx, uncounted ? new Setback.PutOff(why, next) : new Setback.Retrying(why, next));
            }
            return job;
          });
    }

    private void putBackUncounted() {
      Row row = claimed.row();
      Row same =
          new Row(
              row.created(),
              row.payload(),
              row.cause(),
              job.attempts() - 1,
              row.postponements(),
              row.firstError(),
              row.lastError());
      database.writeRelaxed(tx -> outbox.release(tx, claimed.lease(), clock.instant(), same));
    }

    private void bury(String why) {
      try {
        database.writeRelaxed(tx -> bury(tx, why, delivery));
      } catch (ReadOnlyException e) {
        throw e;
      } catch (RuntimeException e) {
        LOG.error("The dead-letter place of {} failed; taking the shelf", channel, e);
        database.writeRelaxed(
            tx -> bury(tx, cut(why + "; its dead-letter place failed: " + describe(e)), null));
      }
    }

    private Job bury(Tx tx, String why, @Nullable Delivery taker) {
      if (outbox.settle(tx, claimed.lease())) {
        boolean taken = taker != null && taker.bury(tx, job, why);
        if (!taken) {
          shelf.put(tx, job, why, clock.instant());
        }
        note(tx, new Setback.Buried(why, !taken));
      }
      return job;
    }

    /// A listener that fails must not keep a job from being put where it belongs.
    private void note(Tx tx, Setback setback) {
      try {
        setbacks.note(tx, job, setback);
      } catch (RuntimeException e) {
        LOG.error("{} of {} could not be noted", setback, job.id(), e);
      }
    }

    private boolean isTooOld(Instant at) {
      return at.isAfter(job.created().plus(scaled(policy.get().maxAge(), false)));
    }

    private Duration scaled(Duration wait, boolean withJitter) {
      double factor = settings.timeScale() * (withJitter ? 1 + JITTER * random.nextDouble() : 1);
      return factor == 1 ? wait : Duration.ofNanos(Math.round(wait.toNanos() * factor));
    }
  }
}
