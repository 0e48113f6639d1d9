package io.carillon.outbox;

import io.carillon.store.Database;
import io.carillon.store.ReadOnlyException;
import io.carillon.store.Tx;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Attempts the jobs that are suspected of crashing the process, group by group as [CrashSuspects]
/// says. While the process runs no job becomes a suspect but by the crash of another node, so over
/// a database of its own this ends when the last one is cleared.
final class IsolatedAttempts {
  private static final Logger LOG = LoggerFactory.getLogger(IsolatedAttempts.class);
  private static final Duration ERROR_DELAY = Duration.ofSeconds(1);

  /// A longer postponement comes from a clock that was ahead.
  private static final Duration MAX_POSTPONEMENT = Duration.ofHours(1);

  /// Bounds how long a change of the clock goes unnoticed.
  private static final Duration MAX_SLEEP = Duration.ofSeconds(30);

  private final Database database;
  private final Jobs jobs;
  private final Starter starter;
  private final InstantSource clock;
  private final Waits waits;
  private final Threads threads;
  private final Duration lastUptime;
  private final long started; // unaffected by changes of the clock
  private final Thread thread;

  /// The ids of the running suspects; guarded by this object, which is notified of each end.
  private final Set<String> running = new HashSet<>();

  private boolean stopped;

  /// @param lastUptime from the start of the last process to the start of this one
  IsolatedAttempts(Database database, Jobs jobs, Starter starter, Duration lastUptime) {
    this.database = database;
    this.jobs = jobs;
    this.starter = starter;
    this.clock = database.clock();
    this.waits = starter.waits();
    this.threads = starter.threads();
    this.lastUptime = lastUptime;
    this.started = threads.nanoTime();
    this.thread = threads.unstarted("outbox-isolated-attempts", this::run);
  }

  void start() {
    threads.start(thread);
  }

  synchronized void stop() {
    stopped = true;
    threads.notifyAll(this);
  }

  boolean join(Duration patience) throws InterruptedException {
    return !thread.isAlive() || threads.join(thread, patience);
  }

  void join() throws InterruptedException {
    thread.join();
  }

  /// Reads the clock again.
  synchronized void wake() {
    threads.notifyAll(this);
  }

  private void run() {
    boolean isLogged = false;
    try {
      while (!isStopped()) {
        List<CrashSuspects.Entry> suspects = listSuspects();
        if (suspects.isEmpty() && !database.isShared()) {
          return;
        }
        if (suspects.isEmpty()) {
          await(MAX_SLEEP, Set.of());
          continue;
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

  /// The suspects whose kind has a delivery and which no other node attempts.
  private List<CrashSuspects.Entry> listSuspects() {
    return database.read(
        snapshot ->
            CrashSuspects.list(snapshot).stream()
                .filter(entry -> starter.deliveries().has(entry.channel()))
                .filter(
                    entry ->
                        isRunning(entry.id())
                            || !jobs.isClaimed(snapshot, entry.channel(), entry.id()))
                .toList());
  }

  private void startNext(List<CrashSuspects.Entry> suspects) throws InterruptedException {
    Instant now = clock.instant();
    List<CrashSuspects.Entry> waiting =
        suspects.stream().filter(entry -> !isRunning(entry.id())).toList();
    List<CrashSuspects.Entry> toBeGivenUp =
        waiting.stream().filter(e -> e.suspect().isToBeGivenUp()).toList();
    if (!toBeGivenUp.isEmpty()) {
      start(toBeGivenUp);
      return;
    }
    List<CrashSuspects.Entry> ready =
        waiting.stream().filter(entry -> !due(entry, now).isAfter(now)).toList();
    if (ready.isEmpty()) {
      Instant first =
          waiting.stream()
              .map(entry -> due(entry, now))
              .min(Instant::compareTo)
              .orElse(now.plus(MAX_SLEEP));
      await(Duration.between(now, first), Set.of());
      return;
    }
    List<CrashSuspects.Entry> group = CrashSuspects.nextGroup(ready);
    Duration rest = waits.scaled(CrashSuspects.uptimeBefore(group, lastUptime));
    Duration left = rest.minusNanos(threads.nanoTime() - started);
    if (left.isPositive()) {
      await(left, Set.of());
    } else if (group.size() == 1) {
      attemptAlone(group);
    } else {
      awaitEnd(start(group));
    }
  }

  private static Instant due(CrashSuspects.Entry entry, Instant now) {
    Instant notBefore = entry.suspect().notBefore();
    return notBefore != null && notBefore.isBefore(now.plus(MAX_POSTPONEMENT))
        ? notBefore
        : Instant.MIN;
  }

  private void attemptAlone(List<CrashSuspects.Entry> one) throws InterruptedException {
    try {
      starter.lanes().pause(waits.scaled(CrashSuspects.EXCLUSIVE));
      if (!isStopped()) {
        awaitEnd(start(one));
      }
    } finally {
      starter.lanes().resume();
    }
  }

  private Set<String> start(List<CrashSuspects.Entry> entries) {
    Map<CrashSuspects.Entry, ClaimedJob> claimed =
        database.writeRelaxed(
            tx -> {
              Map<CrashSuspects.Entry, ClaimedJob> found = new LinkedHashMap<>();
              for (CrashSuspects.Entry entry : entries) {
                jobs.claimSuspect(tx, entry.channel(), entry.id())
                    .ifPresentOrElse(job -> found.put(entry, job), () -> removeIfGone(tx, entry));
              }
              return found;
            });
    claimed.forEach(this::start);
    return claimed.values().stream().map(ClaimedJob::id).collect(Collectors.toSet());
  }

  private void start(CrashSuspects.Entry entry, ClaimedJob job) {
    begun(job.id());
    starter.startSuspect(job, giveUpReasonOf(entry), () -> ended(job.id()));
  }

  /// A suspect that another node attempts is not gone.
  private void removeIfGone(Tx tx, CrashSuspects.Entry entry) {
    if (!jobs.isClaimed(tx, entry.channel(), entry.id())) {
      CrashSuspects.remove(tx, entry.channel(), entry.id());
    }
  }

  private static @Nullable String giveUpReasonOf(CrashSuspects.Entry entry) {
    return entry.suspect().isToBeGivenUp()
        ? "the process ended during its last %d attempts".formatted(entry.suspect().interruptions())
        : null;
  }

  private void awaitEnd(Set<String> ids) throws InterruptedException {
    if (ids.isEmpty()) {
      return; // another node was faster
    }
    long until = threads.nanoTime() + waits.scaled(CrashSuspects.EXCLUSIVE).toNanos();
    long left = until - threads.nanoTime();
    while (left > 0 && !await(Duration.ofNanos(left), ids)) {
      left = until - threads.nanoTime();
    }
  }

  private synchronized void begun(String id) {
    running.add(id);
  }

  private synchronized void ended(String id) {
    running.remove(id);
    threads.notifyAll(this);
  }

  private synchronized boolean isRunning(String id) {
    return running.contains(id);
  }

  private synchronized boolean isStopped() {
    return stopped;
  }

  /// Waits for at most this long, or until something changes.
  ///
  /// @param ids the attempts to wait for; may be empty
  /// @return whether they have ended, or the process stops
  private synchronized boolean await(Duration most, Set<String> ids) throws InterruptedException {
    if (!isOver(ids) && most.isPositive()) {
      threads.await(this, (most.compareTo(MAX_SLEEP) > 0 ? MAX_SLEEP : most).toNanos());
    }
    return isOver(ids);
  }

  private boolean isOver(Set<String> ids) {
    return stopped || (!ids.isEmpty() && ids.stream().noneMatch(running::contains));
  }
}
