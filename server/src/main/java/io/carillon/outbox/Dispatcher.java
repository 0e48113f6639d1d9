package io.carillon.outbox;

import io.carillon.base.MemoryBudget;
import io.carillon.store.Database;
import io.carillon.store.Nodes;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs the outbox's work. A job is claimed ([Claimer]) when it is due and its lane has room
/// ([Lanes]), attempted on a virtual thread of its own ([Attempts]), and its outcome is recorded
/// ([Recorder]). This class wires them, and starts and stops them.
///
/// *Order.* Work for another service of this server is delivered by the transaction that adds it
/// (see [Delivery#plan]) and becomes a job only if that fails. A job that is due when it is added
/// and finds a free slot is added under a lease, and its attempt starts right after that commit
/// ([TableOutbox]). All other jobs wait for the claimer, and suspects for [IsolatedAttempts].
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

  /// How often in the grace of attempts they, and over a shared database other nodes, are looked
  /// at.
  private static final int LOOKS_PER_GRACE = 6;

  private final TableOutbox outbox;
  private final Threads threads;
  private final Lanes lanes;
  private final Attempts attempts;
  private final Starter starter;
  private final Claimer claimer;
  private final Watch watch;
  private final IsolatedAttempts isolatedAttempts;
  private final DueTimeCorrection dueTimeCorrection;
  private final OutboxReport report;

  /// @param deliveryByKind work of other kinds stays in the table
  public Dispatcher(
      Database database,
      TableOutbox outbox,
      Map<String, Delivery> deliveryByKind,
      RandomGenerator random,
      DeliveryFailure.Listener failures,
      Settings settings) {
    this(database, outbox, deliveryByKind, random, failures, settings, Threads.VIRTUAL);
  }

  Dispatcher(
      Database database,
      TableOutbox outbox,
      Map<String, Delivery> deliveryByKind,
      RandomGenerator random,
      DeliveryFailure.Listener failures,
      Settings settings,
      Threads threads) {
    Jobs jobs = outbox.jobs();
    Nodes nodes = outbox.nodes();
    Waits waits = new Waits(settings.timeScale(), random);
    this.outbox = outbox;
    this.threads = threads;
    this.lanes =
        new Lanes(
            database.clock(),
            settings.maxRunning(),
            settings.maxLanes(),
            settings.rereadEvery(),
            settings.memory(),
            threads);
    Recorder recorder =
        new Recorder(database, jobs, lanes, new DeadLetters(), failures, waits, threads);
    Deliveries deliveries = new Deliveries(deliveryByKind);
    this.attempts = new Attempts(recorder, database.clock(), settings.grace(), threads);
    this.starter =
        new Starter(deliveries, lanes, attempts, waits, threads, new ConcurrentLinkedQueue<>());
    this.claimer = new Claimer(database, jobs, starter);
    InterruptedJobs interrupted = new InterruptedJobs(database, jobs, nodes);
    LostClaims lostClaims = new LostClaims(database, jobs, nodes, starter);
    this.watch =
        new Watch(
            threads,
            settings.grace().dividedBy(LOOKS_PER_GRACE),
            attempts,
            nodes,
            () ->
                lostClaims.releaseUnstarted()
                    + (nodes.isShared() ? interrupted.release() + lostClaims.release() : 0),
            lanes,
            this::stopStarting);
    this.isolatedAttempts = new IsolatedAttempts(database, jobs, starter, outbox.lastUptime());
    this.dueTimeCorrection = new DueTimeCorrection(database, jobs, deliveries, lanes);
    this.report = new OutboxReport(database, jobs, lanes, attempts);
  }

  /// Starts with the jobs in the table.
  public void start() {
    outbox.setStarter(starter);
    claimer.start();
    isolatedAttempts.start();
    watch.start();
  }

  /// Reads the clock and the table again, for tests that move the clock.
  public void wake() {
    lanes.wake();
    isolatedAttempts.wake();
  }

  /// Corrects due times that are later than their kind allows, after the clock has been set back.
  public void correctDueTimes() {
    dueTimeCorrection.run();
    isolatedAttempts.wake();
  }

  /// What operators see.
  public OutboxReport report() {
    return report;
  }

  /// Starts no more attempts and waits for the running ones. Other jobs stay in the table.
  ///
  /// @return whether all ended in time
  public boolean drain(Duration patience) throws InterruptedException {
    stopStarting();
    long until = threads.nanoTime() + patience.toNanos();
    // a running attempt may have started another one before the stop
    return claimer.join(patience) && isolatedAttempts.join(patience) && attempts.join(until);
  }

  /// Stops at once: running attempts are interrupted, and their jobs are released without counting
  /// the attempt.
  @Override
  public void close() {
    stopStarting();
    try {
      claimer.join();
      isolatedAttempts.join();
      watch.join();
      attempts.interrupt();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Whether it starts no more attempts.
  boolean isStopped() {
    return lanes.isStopped();
  }

  private void stopStarting() {
    attempts.stop();
    outbox.setStarter(null);
    lanes.stop();
    isolatedAttempts.stop();
    try {
      outbox.nodes().recordStop();
    } catch (RuntimeException e) {
      LOG.warn("The stop could not be recorded; the next start will take it for a crash", e);
    }
    watch.stop(); // last, as it may be the one that stops
  }
}
