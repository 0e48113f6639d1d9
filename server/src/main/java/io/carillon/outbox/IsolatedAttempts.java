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

/// Tries the jobs that are suspected of taking the process down, group by group as [CrashSuspects]
/// says. None comes to be suspected while the process lives, so this ends when the last is cleared.
final class IsolatedAttempts {
  private static final Logger LOG = LoggerFactory.getLogger(IsolatedAttempts.class);
  private static final Duration AGAIN = Duration.ofSeconds(1);

  /// Who was put off for longer was so by a clock that was ahead.
  private static final Duration LONGEST_PUT_OFF = Duration.ofHours(1);

  /// The longest sleep: a clock that was set is seen after that.
  private static final Duration LOOK = Duration.ofSeconds(30);

  /// Begins tries.
  interface Starter {
    boolean knows(Channel channel);

    /// @param verdict why the job is given up instead of being tried; null if it is tried
    void begin(Channel channel, Claimed<Row> job, @Nullable String verdict);
  }

  private final Database database;
  private final TableOutbox outbox;
  private final Lanes lanes;
  private final InstantSource clock;
  private final Function<Duration, Duration> scale;
  private final Starter starter;
  private final long started = System.nanoTime(); // what a clock that is set does not change
  private final Thread thread = Thread.ofVirtual().name("outbox-trials").unstarted(this::run);

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

  /// Looks at the clock again.
  void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// The try of a job ended; most jobs are no suspects.
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
    boolean told = false;
    try {
      while (!isStopped()) {
        List<Entry> suspects = known();
        if (suspects.isEmpty()) {
          return;
        }
        if (!told) {
          LOG.warn(
              "The process ended twice or more while these {} jobs were tried; they are tried again"
                  + " by and by, apart from one another",
              suspects.size());
          told = true;
        }
        try {
          next(suspects);
        } catch (RuntimeException | Error e) { // without memory it goes on later
          if (!(e instanceof ReadOnlyException)) {
            LOG.error("Suspects could not be tried; trying again", e);
          }
          await(AGAIN, Set.of());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// The suspects that somebody can try.
  private List<Entry> known() {
    return database.read(outbox::suspects).stream()
        .filter(entry -> starter.knows(entry.channel()))
        .toList();
  }

  private void next(List<Entry> suspects) throws InterruptedException {
    Instant now = clock.instant();
    List<Entry> waiting = suspects.stream().filter(entry -> !isRunning(entry.id())).toList();
    List<Entry> convicted = waiting.stream().filter(e -> e.suspect().isConvicted()).toList();
    if (!convicted.isEmpty()) {
      begin(convicted);
      return;
    }
    List<Entry> ready = waiting.stream().filter(entry -> !due(entry, now).isAfter(now)).toList();
    if (ready.isEmpty()) {
      Instant first =
          waiting.stream()
              .map(entry -> due(entry, now))
              .min(Instant::compareTo)
              .orElse(now.plus(LOOK));
      await(Duration.between(now, first), Set.of());
      return;
    }
    List<Entry> group = CrashSuspects.nextGroup(ready);
    Duration rest = scale.apply(CrashSuspects.restBefore(group, outbox.lastLife()));
    Duration left = rest.minusNanos(System.nanoTime() - started);
    if (left.isPositive()) {
      await(left, Set.of());
    } else if (group.size() == 1) {
      tryAlone(group);
    } else {
      awaitEnd(begin(group));
    }
  }

  private static Instant due(Entry entry, Instant now) {
    Instant notBefore = entry.suspect().notBefore();
    return notBefore != null && notBefore.isBefore(now.plus(LONGEST_PUT_OFF))
        ? notBefore
        : Instant.MIN;
  }

  private void tryAlone(List<Entry> one) throws InterruptedException {
    try {
      lanes.pause(scale.apply(CrashSuspects.EXCLUSIVE));
      if (!isStopped()) {
        awaitEnd(begin(one));
      }
    } finally {
      lanes.resume();
    }
  }

  private Set<String> begin(List<Entry> entries) {
    Map<Entry, Claimed<Row>> claimed =
        database.writeRelaxed(
            tx -> {
              Map<Entry, Claimed<Row>> jobs = new LinkedHashMap<>();
              for (Entry entry : entries) {
                Optional<Claimed<Row>> job = outbox.claimSuspect(tx, entry);
                job.ifPresentOrElse(found -> jobs.put(entry, found), () -> outbox.drop(tx, entry));
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
    claimed.forEach((entry, job) -> starter.begin(entry.channel(), job, verdict(entry)));
    return ids;
  }

  private static @Nullable String verdict(Entry entry) {
    return entry.suspect().isConvicted()
        ? "the process ended during its last %d tries".formatted(entry.suspect().interruptions())
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

  /// Waits for so long or until something changes.
  ///
  /// @param ids the tries that are waited for; empty if for none
  /// @return whether they have ended, or all is to stop
  private boolean await(Duration most, Set<String> ids) throws InterruptedException {
    lock.lock();
    try {
      if (!isOver(ids) && most.isPositive()) {
        changed.awaitNanos(most.compareTo(LOOK) > 0 ? LOOK.toNanos() : most.toNanos());
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
