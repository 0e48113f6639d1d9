package io.carillon.outbox;

import io.carillon.outbox.CrashSuspects.Entry;
import io.carillon.outbox.TableOutbox.Channel;
import io.carillon.outbox.TableOutbox.Row;
import io.carillon.store.Database;
import io.carillon.store.DueQueue.Claimed;
import io.carillon.store.ReadOnlyException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Attempts the jobs that are suspected of crashing the process, group by group as [CrashSuspects]
/// says. No job becomes a suspect while the process runs, so this ends when the last one is
/// cleared.
final class IsolatedAttempts {
  private static final Logger LOG = LoggerFactory.getLogger(IsolatedAttempts.class);
  private static final Duration ERROR_DELAY = Duration.ofSeconds(1);

  /// A longer postponement comes from a clock that was ahead.
  private static final Duration MAX_POSTPONEMENT = Duration.ofHours(1);

  /// Bounds how long a change of the clock goes unnoticed.
  private static final Duration MAX_SLEEP = Duration.ofSeconds(30);

  /// Starts attempts.
  interface Starter {
    boolean isRegistered(Channel channel);

    /// @param giveUpReason why the job is given up without an attempt; null to attempt it
    void start(Channel channel, Claimed<Row> job, @Nullable String giveUpReason);
  }

  private final Database database;
  private final TableOutbox outbox;
  private final Lanes lanes;
  private final InstantSource clock;
  private final Function<Duration, Duration> scale;
  private final Starter starter;
  private final long started = System.nanoTime(); // unaffected by changes of the clock
  private final Thread thread =
      Thread.ofVirtual().name("outbox-isolated-attempts").unstarted(this::run);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Set<String> running = new HashSet<>();
  private boolean stopped;

  IsolatedAttempts(
      Database database,
      TableOutbox outbox,
      Lanes lanes,
      InstantSource clock,
      Function<Duration, Duration> scale,
      Starter starter) {
    this.database = database;
    this.outbox = outbox;
    this.lanes = lanes;
    this.clock = clock;
    this.scale = scale;
    this.starter = starter;
  }

  void start() {
    thread.start();
  }

  void stop() {
    lock.lock();
    try {
      stopped = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean join(Duration patience) throws InterruptedException {
    return !thread.isAlive() || thread.join(patience);
  }

  void join() throws InterruptedException {
    if (thread.isAlive()) {
      thread.join();
    }
  }

  /// Reads the clock again.
  void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// The attempt of a job ended; most jobs are not suspects.
  void ended(String id) {
    lock.lock();
    try {
      if (running.remove(id)) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    boolean isLogged = false;
    try {
      while (!isStopped()) {
        List<Entry> suspects = listSuspects();
        if (suspects.isEmpty()) {
          return;
        }
        if (!isLogged) {
          LOG.warn(
              "The process ended twice or more while these {} jobs were attempted; they are"
                  + " attempted again in small groups and alone",
              suspects.size());
          isLogged = true;
        }
        try {
          startNext(suspects);
        } catch (RuntimeException | Error e) { // also out of memory: it goes on later
          if (!(e instanceof ReadOnlyException)) {
            LOG.error("Suspects could not be attempted; trying again", e);
          }
          await(ERROR_DELAY, Set.of());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// The suspects whose kind has a delivery.
  private List<Entry> listSuspects() {
    return database.read(outbox::suspects).stream()
        .filter(entry -> starter.isRegistered(entry.channel()))
        .toList();
  }

  private void startNext(List<Entry> suspects) throws InterruptedException {
    Instant now = clock.instant();
    List<Entry> waiting = suspects.stream().filter(entry -> !isRunning(entry.id())).toList();
    List<Entry> toBeGivenUp = waiting.stream().filter(e -> e.suspect().isToBeGivenUp()).toList();
    if (!toBeGivenUp.isEmpty()) {
      start(toBeGivenUp);
      return;
    }
    List<Entry> ready = waiting.stream().filter(entry -> !due(entry, now).isAfter(now)).toList();
    if (ready.isEmpty()) {
      Instant first =
          waiting.stream()
              .map(entry -> due(entry, now))
              .min(Instant::compareTo)
              .orElse(now.plus(MAX_SLEEP));
      await(Duration.between(now, first), Set.of());
      return;
    }
    List<Entry> group = CrashSuspects.nextGroup(ready);
    Duration rest = scale.apply(CrashSuspects.uptimeBefore(group, outbox.lastUptime()));
    Duration left = rest.minusNanos(System.nanoTime() - started);
    if (left.isPositive()) {
      await(left, Set.of());
    } else if (group.size() == 1) {
      attemptAlone(group);
    } else {
      awaitEnd(start(group));
    }
  }

  private static Instant due(Entry entry, Instant now) {
    Instant notBefore = entry.suspect().notBefore();
    return notBefore != null && notBefore.isBefore(now.plus(MAX_POSTPONEMENT))
        ? notBefore
        : Instant.MIN;
  }

  private void attemptAlone(List<Entry> one) throws InterruptedException {
    try {
      lanes.pause(scale.apply(CrashSuspects.EXCLUSIVE));
      if (!isStopped()) {
        awaitEnd(start(one));
      }
    } finally {
      lanes.resume();
    }
  }

  private Set<String> start(List<Entry> entries) {
    Map<Entry, Claimed<Row>> claimed =
        database.writeRelaxed(
            tx -> {
              Map<Entry, Claimed<Row>> jobs = new LinkedHashMap<>();
              for (Entry entry : entries) {
                Optional<Claimed<Row>> job = outbox.claimSuspect(tx, entry);
                job.ifPresentOrElse(
                    found -> jobs.put(entry, found), () -> outbox.removeSuspect(tx, entry));
              }
              return jobs;
            });
    Set<String> ids = new HashSet<>();
    claimed.keySet().forEach(entry -> ids.add(entry.id()));
    lock.lock();
    try {
      running.addAll(ids);
    } finally {
      lock.unlock();
    }
    claimed.forEach((entry, job) -> starter.start(entry.channel(), job, giveUpReasonOf(entry)));
    return ids;
  }

  private static @Nullable String giveUpReasonOf(Entry entry) {
    return entry.suspect().isToBeGivenUp()
        ? "the process ended during its last %d attempts".formatted(entry.suspect().interruptions())
        : null;
  }

  private void awaitEnd(Set<String> ids) throws InterruptedException {
    long until = System.nanoTime() + scale.apply(CrashSuspects.EXCLUSIVE).toNanos();
    long left = until - System.nanoTime();
    while (left > 0 && !await(Duration.ofNanos(left), ids)) {
      left = until - System.nanoTime();
    }
  }

  private boolean isRunning(String id) {
    lock.lock();
    try {
      return running.contains(id);
    } finally {
      lock.unlock();
    }
  }

  private boolean isStopped() {
    lock.lock();
    try {
      return stopped;
    } finally {
      lock.unlock();
    }
  }

  /// Waits for at most this long, or until something changes.
  ///
  /// @param ids the attempts to wait for; may be empty
  /// @return whether they have ended, or the process stops
  private boolean await(Duration most, Set<String> ids) throws InterruptedException {
    lock.lock();
    try {
      if (!isOver(ids) && most.isPositive()) {
        changed.awaitNanos(most.compareTo(MAX_SLEEP) > 0 ? MAX_SLEEP.toNanos() : most.toNanos());
      }
      return isOver(ids);
    } finally {
      lock.unlock();
    }
  }

  private boolean isOver(Set<String> ids) {
    return stopped || (!ids.isEmpty() && ids.stream().noneMatch(running::contains));
  }
}
