package io.carillon.outbox;

import io.carillon.base.MemoryBudget;
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
import org.jspecify.annotations.Nullable;

/// The dispatcher's state in memory: for each channel when it is due next and how many of its jobs
/// run. It holds no jobs; the table holds them all.
///
/// A channel is in one state at a time: *ready*, in a queue where it waits for its turn; *timed*,
/// due later; *claiming*, while its jobs are being claimed; or at its bound, until one of its jobs
/// ends. A channel with neither running jobs nor a due time is dropped. So a channel that hangs
/// delays its own jobs only.
///
/// Memory is bounded: beyond `maxLanes` the channel that is due last is evicted. The table's
/// channels are read again ([TableReading]) when there is room, when an evicted channel is due, and
/// occasionally in any case; the ones due soonest are kept.
final class Lanes {
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

  private final InstantSource clock;
  private final Threads threads;
  private final Slots slots;
  private final int maxLanes;
  private final Duration maxWait;
  private final TableReading reading;
  private final Map<Channel, Lane> lanes = new HashMap<>();
  private final ArrayDeque<Lane> ready = new ArrayDeque<>();
  private final TreeSet<Lane> timed =
      new TreeSet<>(
          Comparator.comparing((Lane lane) -> lane.due)
              .thenComparing(lane -> lane.channel.kind())
              .thenComparing(lane -> lane.channel.lane()));
  private boolean stopped;
  private boolean paused;

  /// @param rereadEvery how often the table is read in any case
  /// @param memory the budget of all running jobs
  Lanes(
      InstantSource clock,
      int maxRunning,
      int maxLanes,
      Duration rereadEvery,
      MemoryBudget memory,
      Threads threads) {
    this.clock = clock;
    this.threads = threads;
    this.slots = new Slots(maxRunning, memory);
    this.maxLanes = maxLanes;
    this.maxWait = rereadEvery;
    this.reading = new TableReading(rereadEvery, threads);
  }

  /// A job of `channel` is due at `due`.
  synchronized void noteDue(Channel channel, Instant due) {
    Lane lane = lanes.get(channel);
    if (lane == null) {
      if (lanes.size() >= maxLanes && !evictLastDue(due)) {
        reading.evicted(due);
        return;
      }
      lane = new Lane(channel);
      lanes.put(channel, lane);
    }
    if (due.isBefore(lane.due)) {
      timed.remove(lane); // before its order changes
      lane.due = due;
      enqueue(lane);
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
    reading.evicted(last.due);
    return true;
  }

  /// Waits for the next task.
  synchronized Task next() {
    while (!stopped) {
      Instant now = clock.instant();
      while (!timed.isEmpty() && !timed.first().due.isAfter(now)) {
        enqueue(timed.removeFirst());
      }
      List<Channel> channels = nextToClaim();
      if (!channels.isEmpty()) {
        return new Task.Claim(channels);
      }
      boolean hasRoom = lanes.size() <= maxLanes / 2;
      long untilReading = reading.nanosUntilNext(now, hasRoom);
      if (reading.position() == null && untilReading <= 0) {
        reading.restart();
      }
      // While memory is full of running lanes, reading more waits until half of them are done;
      // lanes that only wait can be evicted.
      String position = reading.position();
      if (position != null && (hasRoom || !timed.isEmpty())) {
        return new Task.ReadPage(position, Math.clamp(maxLanes / 2, 1, PAGE));
      }
      await(now, Math.max(untilReading, MIN_WAIT_NANOS));
    }
    return new Task.Stop();
  }

  private void await(Instant now, long untilReading) {
    long nanos = untilReading;
    if (!timed.isEmpty()) {
      Duration untilDue = Duration.between(now, timed.first().due);
      if (untilDue.compareTo(maxWait) < 0) {
        nanos = Math.min(nanos, untilDue.toNanos());
      }
    }
    try {
      threads.await(this, nanos);
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
    int most = Math.min(MAX_CHANNELS_PER_CLAIM, slots.free());
    for (int left = ready.size(); left > 0 && channels.size() < most; left--) {
      Lane lane = ready.remove();
      if (slots.share(lane) <= 0) {
        ready.add(lane);
        continue;
      }
      lane.isReady = false;
      lane.isClaiming = true;
      lane.due = Lane.NEVER;
      channels.add(lane.channel);
    }
    return channels;
  }

  /// How many jobs a claiming channel may start, `limit` being its bound.
  ///
  /// @param jobBytes the memory counted for each until it starts
  synchronized int grant(Channel channel, int limit, long jobBytes) {
    Lane lane = require(channel);
    lane.setBounds(limit, jobBytes);
    int granted = paused ? 0 : Math.max(0, slots.share(lane));
    slots.acquire(lane, granted);
    return granted;
  }

  /// Ends a claim.
  ///
  /// @param unused how many granted slots found no job
  /// @param next when the channel is due again
  synchronized void endClaim(Channel channel, int unused, @Nullable Instant next) {
    Lane lane = require(channel);
    lane.isClaiming = false;
    slots.release(lane, unused);
    if (next != null && next.isBefore(lane.due)) {
      lane.due = next;
    }
    enqueue(lane);
    threads.notifyAll(this);
  }

  /// Reserves a slot for a job that is about to be added, unless a job that is due waits for one.
  ///
  /// @param limit the channel's bound
  /// @param jobBytes the memory counted for the job until it starts
  synchronized boolean reserve(Channel channel, int limit, long jobBytes) {
    if (stopped || paused || !reading.isComplete() || !ready.isEmpty()) {
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
    lane.setBounds(limit, jobBytes);
    if (waits || slots.share(lane) <= 0) {
      return false;
    }
    lanes.put(channel, lane);
    slots.acquire(lane, 1);
    return true;
  }

  /// Takes a slot for a job regardless of its lane's bound.
  synchronized void admit(Channel channel, long jobBytes) {
    Lane lane = lanes.computeIfAbsent(channel, Lane::new);
    lane.jobBytes = jobBytes;
    slots.acquire(lane, 1);
  }

  /// A job with a slot starts; from now on the memory it really holds is counted.
  synchronized void started(Channel channel, long bytes) {
    slots.started(require(channel), bytes);
  }

  /// A started job ended.
  ///
  /// @param bytes the memory it held
  synchronized void ended(Channel channel, long bytes) {
    Lane lane = require(channel);
    slots.ended(lane, bytes);
    afterRelease(lane);
  }

  /// A job with a slot will not be added after all.
  synchronized void releaseSlot(Channel channel) {
    Lane lane = require(channel);
    slots.release(lane, 1);
    afterRelease(lane);
  }

  private void afterRelease(Lane lane) {
    timed.remove(lane);
    enqueue(lane);
    boolean isAwaited = paused || !ready.isEmpty() || !reading.isComplete();
    if (isAwaited) {
      threads.notifyAll(this);
    }
  }

  /// Moves a lane that is not timed into the state it belongs in.
  private void enqueue(Lane lane) {
    if (lane.isReady || lane.isClaiming) {
      return;
    }
    if (lane.due.equals(Lane.NEVER)) {
      if (lane.running == 0) {
        lanes.remove(lane.channel);
      }
    } else if (lane.due.isAfter(clock.instant())) {
      timed.add(lane);
      if (timed.first() == lane) {
        threads.notifyAll(this);
      }
    } else if (lane.running < lane.limit) {
      lane.isReady = true;
      ready.add(lane);
      threads.notifyAll(this);
    }
  }

  private Lane require(Channel channel) {
    Lane lane = lanes.get(channel);
    if (lane == null) {
      throw new IllegalStateException("No such lane in memory: " + channel);
    }
    return lane;
  }

  /// Starts no other job until [#resume], and waits until the running ones have ended or `patience`
  /// is over.
  synchronized void pause(Duration patience) throws InterruptedException {
    long until = threads.nanoTime() + patience.toNanos();
    long left = patience.toNanos();
    paused = true;
    while (slots.running() > 0 && !stopped && left > 0) {
      threads.await(this, left);
      left = until - threads.nanoTime();
    }
  }

  synchronized void resume() {
    paused = false;
    threads.notifyAll(this);
  }

  /// Restarts the reading of the table's channels.
  synchronized void reread() {
    reading.restart();
    threads.notifyAll(this);
  }

  /// A page was read; `last` is its last channel, null at the end of the table.
  synchronized void pageRead(@Nullable String last) {
    reading.advance(last);
  }

  /// Reads the clock again.
  synchronized void wake() {
    threads.notifyAll(this);
  }

  synchronized void stop() {
    stopped = true;
    threads.notifyAll(this);
  }

  synchronized boolean isStopped() {
    return stopped;
  }

  synchronized int size() {
    return lanes.size();
  }

  synchronized int slotsTaken() {
    return slots.running();
  }

  synchronized int running(Channel channel) {
    Lane lane = lanes.get(channel);
    return lane == null ? 0 : lane.running;
  }
}
