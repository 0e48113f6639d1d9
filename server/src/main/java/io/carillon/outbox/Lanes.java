package io.carillon.outbox;

import io.carillon.base.MemoryBudget;
import io.carillon.outbox.TableOutbox.Channel;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The dispatcher's state in memory: for each channel when it is due next and how many of its jobs
/// run. It holds no jobs; the table holds them all.
///
/// A channel is in one state at a time: *ready*, in a queue where it waits for its turn; *timed*,
/// due later; *claiming*, while its jobs are being claimed; or at its bound, until one of its jobs
/// ends. A channel with neither running jobs nor a due time is dropped. So a channel that hangs
/// delays its own jobs only.
///
/// Memory is bounded: beyond `maxLanes` the channel that is due last is evicted, and `forgotten` is
/// when the first of the evicted ones is due. The table's channels are read page by page when there
/// is room again, when that time has come, and occasionally in any case; the ones due soonest are
/// kept.
final class Lanes {
  private static final Instant NEVER = Instant.MAX;

  /// One channel.
  private static final class Lane {
    final Channel channel;
    Instant due = NEVER;
    int running;
    int limit = 1;

    /// The memory counted for a job that has a slot and has not started.
    long jobBytes = 1;

    boolean isReady;
    boolean isClaiming;

    Lane(Channel channel) {
      this.channel = channel;
    }
  }

  /// The dispatcher's next task.
  sealed interface Task {
    /// Claim from these channels, after a [Lanes#grant] for each.
    record Claim(List<Channel> channels) implements Task {}

    /// Read the channels of the table after this one.
    record ReadPage(String after, int limit) implements Task {}

    record Stop() implements Task {}
  }

  private static final int MAX_CHANNELS_PER_CLAIM = 64;
  private static final int PAGE = 256;
  private static final long MIN_WAIT_NANOS = 1_000_000;

  /// How many times more often than usual the table may be read for evicted channels.
  private static final int MAX_EXTRA_READINGS = 10;

  private final InstantSource clock;
  private final int maxRunning;
  private final int maxLanes;
  private final Duration rereadEvery;
  private final MemoryBudget memory;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Condition idle = lock.newCondition();
  private final Map<Channel, Lane> lanes = new HashMap<>();
  private final ArrayDeque<Lane> ready = new ArrayDeque<>();
  private final TreeSet<Lane> timed =
      new TreeSet<>(
          Comparator.comparing((Lane lane) -> lane.due)
              .thenComparing(lane -> lane.channel.kind())
              .thenComparing(lane -> lane.channel.lane()));
  private int running;
  private Instant forgotten = NEVER;
  private @Nullable String page = "";
  private long lastReading = System.nanoTime();
  private boolean stopped;
  private boolean paused;

  /// @param memory the budget of all running jobs
  Lanes(
      InstantSource clock,
      int maxRunning,
      int maxLanes,
      Duration rereadEvery,
      MemoryBudget memory) {
    this.memory = memory;
    this.clock = clock;
    this.maxRunning = maxRunning;
    this.maxLanes = maxLanes;
    this.rereadEvery = rereadEvery;
  }

  /// A job of `channel` is due at `due`.
  void noteDue(Channel channel, Instant due) {
    lock.lock();
    try {
      Lane lane = lanes.get(channel);
      if (lane == null) {
        if (lanes.size() >= maxLanes && !evictLastDue(due)) {
          noteForgotten(due);
          return;
        }
        lane = new Lane(channel);
        lanes.put(channel, lane);
      }
      if (due.isBefore(lane.due)) {
        setDue(lane, due);
      }
    } finally {
      lock.unlock();
    }
  }

  /// Reserves a slot for a job that is about to be added, unless a job that is due waits for one.
  ///
  /// @param limit the channel's bound
  /// @param jobBytes the memory counted for the job until it starts
  boolean reserve(Channel channel, int limit, long jobBytes) {
    lock.lock();
    try {
      boolean allKnown = page == null && forgotten.equals(NEVER);
      if (stopped || paused || !allKnown || !ready.isEmpty()) {
        return false;
      }
      Lane lane = lanes.get(channel);
      if (lane == null) {
        if (lanes.size() >= maxLanes) {
          return false;
        }
        lane = new Lane(channel);
      }
      boolean waits = lane.isClaiming || !lane.due.isAfter(clock.instant());
      lane.limit = limit;
      lane.jobBytes = jobBytes;
      if (waits || share(lane) <= 0) {
        return false;
      }
      lanes.put(channel, lane);
      acquire(lane, 1);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /// Evicts the channel that is due last, if that is after `due`.
  private boolean evictLastDue(Instant due) {
    Lane last = timed.isEmpty() ? null : timed.last();
    if (last == null || last.running > 0 || !last.due.isAfter(due)) {
      return false;
    }
    timed.remove(last);
    lanes.remove(last.channel);
    noteForgotten(last.due);
    return true;
  }

  private void noteForgotten(Instant due) {
    forgotten = due.isBefore(forgotten) ? due : forgotten;
  }

  /// Waits for the next task.
  Task next() {
    lock.lock();
    try {
      while (true) {
        if (stopped) {
          return new Task.Stop();
        }
        Instant now = clock.instant();
        while (!timed.isEmpty() && !timed.first().due.isAfter(now)) {
          enqueue(timed.removeFirst());
        }
        List<Channel> channels = nextToClaim();
        if (!channels.isEmpty()) {
          return new Task.Claim(channels);
        }
        long untilReading = untilReading(now);
        if (page == null && untilReading <= 0) {
          startReading();
        }
        // While memory is full of running lanes, reading more waits until half of them are done;
        // lanes that only wait can be evicted.
        if (page != null && (lanes.size() <= maxLanes / 2 || !timed.isEmpty())) {
          return new Task.ReadPage(page, Math.clamp(maxLanes / 2, 1, PAGE));
        }
        await(now, Math.max(untilReading, MIN_WAIT_NANOS));
      }
    } finally {
      lock.unlock();
    }
  }

  /// How long until the table is read again. While memory is full of waiting channels, a channel
  /// that is read would be evicted again: it is read when it is due, but not all the time.
  private long untilReading(Instant now) {
    long since = System.nanoTime() - lastReading;
    long usual = rereadEvery.toNanos() - since;
    if (forgotten.equals(NEVER)) {
      return usual;
    }
    if (lanes.size() <= maxLanes / 2) {
      return 0;
    }
    Duration untilDue = Duration.between(now, forgotten);
    return untilDue.compareTo(rereadEvery) >= 0
        ? usual
        : Math.min(
            usual,
            Math.max(untilDue.toNanos(), rereadEvery.toNanos() / MAX_EXTRA_READINGS - since));
  }

  private void await(Instant now, long untilReading) {
    long nanos = untilReading;
    if (!timed.isEmpty()) {
      Duration untilDue = Duration.between(now, timed.first().due);
      if (untilDue.compareTo(rereadEvery) < 0) {
        nanos = Math.min(nanos, untilDue.toNanos());
      }
    }
    try {
      changed.awaitNanos(nanos);
    } catch (InterruptedException e) {
      stopped = true;
    }
  }

  /// Takes the channels whose turn it is; one that may not start another job goes to the end of the
  /// queue.
  private List<Channel> nextToClaim() {
    List<Channel> channels = new ArrayList<>();
    if (paused) {
      return channels;
    }
    int most = Math.min(MAX_CHANNELS_PER_CLAIM, maxRunning - running);
    for (int left = ready.size(); left > 0 && channels.size() < most; left--) {
      Lane lane = ready.remove();
      if (share(lane) <= 0) {
        ready.add(lane);
        continue;
      }
      lane.isReady = false;
      lane.isClaiming = true;
      lane.due = NEVER;
      channels.add(lane.channel);
    }
    return channels;
  }

  /// How many more jobs a lane may start. The first may always start while any slot is free; others
  /// get at most a quarter of the free slots. So hanging lanes cannot take everything: ten of them
  /// settle where each holds a quarter of what they leave free.
  private int share(Lane lane) {
    long fitting = Math.max(memory.freeBytes() / lane.jobBytes, running == 0 ? 1 : 0);
    int free = (int) Math.min(maxRunning - running, fitting);
    return Math.min(free, Math.min(lane.limit, Math.max(1, free / 4)) - lane.running);
  }

  private void acquire(Lane lane, int jobs) {
    lane.running += jobs;
    running += jobs;
    memory.force(jobs * lane.jobBytes);
  }

  private void release(Lane lane, int jobs) {
    lane.running -= jobs;
    running -= jobs;
    memory.release(jobs * lane.jobBytes);
    idle.signalAll();
  }

  /// How many jobs a claiming channel may start, `limit` being its bound.
  ///
  /// @param jobBytes the memory counted for each until it starts
  int grant(Channel channel, int limit, long jobBytes) {
    lock.lock();
    try {
      Lane lane = require(channel);
      lane.limit = limit;
      lane.jobBytes = jobBytes;
      int granted = paused ? 0 : Math.max(0, share(lane));
      acquire(lane, granted);
      return granted;
    } finally {
      lock.unlock();
    }
  }

  /// Ends a claim.
  ///
  /// @param unused how many granted slots found no job
  /// @param next when the channel is due again
  void endClaim(Channel channel, int unused, @Nullable Instant next) {
    lock.lock();
    try {
      Lane lane = require(channel);
      lane.isClaiming = false;
      release(lane, unused);
      if (next != null && next.isBefore(lane.due)) {
        lane.due = next;
      }
      enqueue(lane);
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /// Takes a slot for a job regardless of its lane's bound.
  void admit(Channel channel, long jobBytes) {
    lock.lock();
    try {
      Lane lane = lanes.computeIfAbsent(channel, Lane::new);
      lane.jobBytes = jobBytes;
      acquire(lane, 1);
    } finally {
      lock.unlock();
    }
  }

  /// Starts no other job until [#resume] and waits until the running ones have ended.
  ///
  /// @return whether all ended in time
  boolean pause(Duration patience) throws InterruptedException {
    long left = patience.toNanos();
    lock.lock();
    try {
      paused = true;
      while (running > 0 && left > 0 && !stopped) {
        left = idle.awaitNanos(left);
      }
      return running == 0;
    } finally {
      lock.unlock();
    }
  }

  void resume() {
    lock.lock();
    try {
      paused = false;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /// A job with a slot starts; from now on the memory it really holds is counted.
  void started(Channel channel, long bytes) {
    lock.lock();
    try {
      memory.force(bytes - require(channel).jobBytes);
    } finally {
      lock.unlock();
    }
  }

  /// A started job ended.
  ///
  /// @param bytes the memory it held
  void ended(Channel channel, long bytes) {
    lock.lock();
    try {
      Lane lane = require(channel);
      memory.force(lane.jobBytes - bytes);
      finish(lane);
    } finally {
      lock.unlock();
    }
  }

  /// A job with a slot will not be added after all.
  void releaseSlot(Channel channel) {
    lock.lock();
    try {
      finish(require(channel));
    } finally {
      lock.unlock();
    }
  }

  private void finish(Lane lane) {
    release(lane, 1);
    timed.remove(lane);
    enqueue(lane);
    changed.signal();
  }

  private void setDue(Lane lane, Instant due) {
    timed.remove(lane); // before its order changes
    lane.due = due;
    enqueue(lane);
  }

  /// Moves a lane that is not timed into the state it belongs in.
  private void enqueue(Lane lane) {
    if (lane.isReady || lane.isClaiming) {
      return;
    }
    if (lane.due.equals(NEVER)) {
      if (lane.running == 0) {
        lanes.remove(lane.channel);
      }
    } else if (lane.due.isAfter(clock.instant())) {
      timed.add(lane);
      if (timed.first() == lane) {
        changed.signal();
      }
    } else if (lane.running < lane.limit) {
      lane.isReady = true;
      ready.add(lane);
      changed.signal();
    }
  }

  private Lane require(Channel channel) {
    Lane lane = lanes.get(channel);
    if (lane == null) {
      throw new IllegalStateException("No such lane in memory: " + channel);
    }
    return lane;
  }

  /// Restarts the reading of the table's channels.
  void reread() {
    lock.lock();
    try {
      startReading();
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  private void startReading() {
    page = "";
    forgotten = NEVER;
    lastReading = System.nanoTime();
  }

  /// A page was read; `last` is its last channel, null at the end of the table.
  void pageRead(@Nullable String last) {
    lock.lock();
    try {
      page = last;
    } finally {
      lock.unlock();
    }
  }

  /// Reads the clock again.
  void wake() {
    lock.lock();
    try {
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  void stop() {
    lock.lock();
    try {
      stopped = true;
      changed.signal();
      idle.signalAll();
    } finally {
      lock.unlock();
    }
  }

  int size() {
    lock.lock();
    try {
      return lanes.size();
    } finally {
      lock.unlock();
    }
  }

  int running(Channel channel) {
    lock.lock();
    try {
      Lane lane = lanes.get(channel);
      return lane == null ? 0 : lane.running;
    } finally {
      lock.unlock();
    }
  }
}
