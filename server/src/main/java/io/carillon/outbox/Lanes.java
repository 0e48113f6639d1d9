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

/// What the dispatcher keeps in memory: for each channel when it is next due and how many of its
/// jobs run. No job is held here; the table holds them all.
///
/// A channel is at one place at a time: *ready*, in a line where each waits for its turn; *timed*,
/// due later; *in turn*, being claimed from; or at its bound, until one of its jobs ends. A channel
/// with neither jobs running nor a due is forgotten. So a channel that hangs holds its own jobs
/// back and takes no turn from others.
///
/// Memory is bounded: beyond `maxLanes` the channel that is due last is forgotten, and `forgotten`
/// remembers when the first of those is due. When there is room again, when that time has come, and
/// now and then anyway, the table's channels are read page by page; what is due soonest finds its
/// place.
final class Lanes {
  private static final Instant NEVER = Instant.MAX;

  /// One channel.
  private static final class Lane {
    final Channel channel;
    Instant due = NEVER;
    int running;
    int limit = 1;

    /// What is counted for a job that has a place and has not begun.
    long jobBytes = 1;

    boolean isReady;
    boolean isInTurn;

    Lane(Channel channel) {
      this.channel = channel;
    }
  }

  /// What the dispatcher is to do next.
  sealed interface Task {
    /// Claim from these channels, having asked for a [Lanes#grant] for each.
    record Claim(List<Channel> channels) implements Task {}

    /// Read the channels of the table behind this one.
    record ReadPage(String after, int limit) implements Task {}

    record Stop() implements Task {}
  }

  private static final int TURNS_AT_ONCE = 64;
  private static final int PAGE = 256;
  private static final long MIN_WAIT_NANOS = 1_000_000;

  /// How many times more often than usual the table may be read for what was forgotten.
  private static final int READINGS = 10;

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

  /// @param memory what the jobs that run may hold together
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

  /// Something of `channel` is due at `due`.
  void due(Channel channel, Instant due) {
    lock.lock();
    try {
      Lane lane = lanes.get(channel);
      if (lane == null) {
        if (lanes.size() >= maxLanes && !makeRoom(due)) {
          forget(due);
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

  /// Takes a place for a job that is about to be put in, if nothing that is due waits for one.
  ///
  /// @param limit the channel's bound
  /// @param jobBytes what is counted for the job until it begins
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
      boolean waits = lane.isInTurn || !lane.due.isAfter(clock.instant());
      lane.limit = limit;
      lane.jobBytes = jobBytes;
      if (waits || share(lane) <= 0) {
        return false;
      }
      lanes.put(channel, lane);
      take(lane, 1);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /// Forgets the channel that is due last, if that is after `due`.
  private boolean makeRoom(Instant due) {
    Lane last = timed.isEmpty() ? null : timed.last();
    if (last == null || last.running > 0 || !last.due.isAfter(due)) {
      return false;
    }
    timed.remove(last);
    lanes.remove(last.channel);
    forget(last.due);
    return true;
  }

  private void forget(Instant due) {
    forgotten = due.isBefore(forgotten) ? due : forgotten;
  }

  /// Waits for something to do.
  Task next() {
    lock.lock();
    try {
      while (true) {
        if (stopped) {
          return new Task.Stop();
        }
        Instant now = clock.instant();
        while (!timed.isEmpty() && !timed.first().due.isAfter(now)) {
          place(timed.removeFirst());
        }
        List<Channel> turns = turns();
        if (!turns.isEmpty()) {
          return new Task.Claim(turns);
        }
        long untilReading = untilReading(now);
        if (page == null && untilReading <= 0) {
          startReading();
        }
        // Full of work, memory needs no more until half of it is done; full of waiting, it gives
        // way.
        if (page != null && (lanes.size() <= maxLanes / 2 || !timed.isEmpty())) {
          return new Task.ReadPage(page, Math.clamp(maxLanes / 2, 1, PAGE));
        }
        await(now, Math.max(untilReading, MIN_WAIT_NANOS));
      }
    } finally {
      lock.unlock();
    }
  }

  /// In how many nanoseconds the table is to be read again. While memory is full of channels that
  /// wait, what was forgotten would be forgotten again: it is read when it is due, but not all the
  /// time.
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
        : Math.min(usual, Math.max(untilDue.toNanos(), rereadEvery.toNanos() / READINGS - since));
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

  /// Takes those from the line whose turn it is; who may not start another job goes to its end.
  private List<Channel> turns() {
    List<Channel> channels = new ArrayList<>();
    if (paused) {
      return channels;
    }
    int most = Math.min(TURNS_AT_ONCE, maxRunning - running);
    for (int left = ready.size(); left > 0 && channels.size() < most; left--) {
      Lane lane = ready.remove();
      if (share(lane) <= 0) {
        ready.add(lane);
        continue;
      }
      lane.isReady = false;
      lane.isInTurn = true;
      lane.due = NEVER;
      channels.add(lane.channel);
    }
    return channels;
  }

  /// How many more jobs a lane may start. The first always, while anything is left; more only up to
  /// a quarter of what is left for all. So lanes that hang cannot take everything: ten of them
  /// settle where each holds a quarter of what they leave to others.
  private int share(Lane lane) {
    long hold = Math.max(memory.freeBytes() / lane.jobBytes, running == 0 ? 1 : 0);
    int free = (int) Math.min(maxRunning - running, hold);
    return Math.min(free, Math.min(lane.limit, Math.max(1, free / 4)) - lane.running);
  }

  private void take(Lane lane, int jobs) {
    lane.running += jobs;
    running += jobs;
    memory.force(jobs * lane.jobBytes);
  }

  private void give(Lane lane, int jobs) {
    lane.running -= jobs;
    running -= jobs;
    memory.release(jobs * lane.jobBytes);
    idle.signalAll();
  }

  /// How many jobs a channel in turn may start, `limit` being its bound.
  ///
  /// @param jobBytes what is counted for each until it begins
  int grant(Channel channel, int limit, long jobBytes) {
    lock.lock();
    try {
      Lane lane = require(channel);
      lane.limit = limit;
      lane.jobBytes = jobBytes;
      int granted = paused ? 0 : Math.max(0, share(lane));
      take(lane, granted);
      return granted;
    } finally {
      lock.unlock();
    }
  }

  /// Ends a turn.
  ///
  /// @param unused how many of the granted jobs there were not
  /// @param next when the channel is due again
  void endTurn(Channel channel, int unused, @Nullable Instant next) {
    lock.lock();
    try {
      Lane lane = require(channel);
      lane.isInTurn = false;
      give(lane, unused);
      if (next != null && next.isBefore(lane.due)) {
        lane.due = next;
      }
      place(lane);
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /// Counts a job that begins whatever its lane's bound is.
  void admit(Channel channel, long jobBytes) {
    lock.lock();
    try {
      Lane lane = lanes.computeIfAbsent(channel, Lane::new);
      lane.jobBytes = jobBytes;
      take(lane, 1);
    } finally {
      lock.unlock();
    }
  }

  /// Begins no other job until [#resume] and waits until those that run have ended.
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

  /// A job that has a place begins; now it is known what it holds.
  void begun(Channel channel, long bytes) {
    lock.lock();
    try {
      memory.force(bytes - require(channel).jobBytes);
    } finally {
      lock.unlock();
    }
  }

  /// A job that had begun ended.
  ///
  /// @param bytes what it held
  void ended(Channel channel, long bytes) {
    lock.lock();
    try {
      Lane lane = require(channel);
      memory.force(lane.jobBytes - bytes);
      leave(lane);
    } finally {
      lock.unlock();
    }
  }

  /// A job that had a place will not be put in after all.
  void givenBack(Channel channel) {
    lock.lock();
    try {
      leave(require(channel));
    } finally {
      lock.unlock();
    }
  }

  private void leave(Lane lane) {
    give(lane, 1);
    timed.remove(lane);
    place(lane);
    changed.signal();
  }

  private void setDue(Lane lane, Instant due) {
    timed.remove(lane); // before its order changes
    lane.due = due;
    place(lane);
  }

  /// Puts a lane that is not timed where it belongs.
  private void place(Lane lane) {
    if (lane.isReady || lane.isInTurn) {
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

  /// Has the table's channels read from the first on.
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

  /// A page was read; `last` is its last channel, null if there was none left.
  void pageRead(@Nullable String last) {
    lock.lock();
    try {
      page = last;
    } finally {
      lock.unlock();
    }
  }

  /// Looks at the clock again.
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
