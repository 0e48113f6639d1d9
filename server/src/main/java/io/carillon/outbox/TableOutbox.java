package io.carillon.outbox;

import io.carillon.store.Database;
import io.carillon.store.DueQueue;
import io.carillon.store.DueQueue.Claimed;
import io.carillon.store.DueQueue.Held;
import io.carillon.store.DueQueue.Lease;
import io.carillon.store.KeyCodec;
import io.carillon.store.Snapshot;
import io.carillon.store.StalePlanException;
import io.carillon.store.Table;
import io.carillon.store.Tx;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The outbox as a [DueQueue] with one queue for each pair of kind and lane.
///
/// A running job is under a lease that does not expire; the process itself limits how long its
/// attempts take ([Attempts]). The lease carries the process's epoch, a number that each opening
/// raises. Leases of former epochs belong to dead processes, and opening the outbox releases them.
/// Their attempts count as interruptions, apart from failed ones; [CrashSuspects] handles a job
/// that is interrupted repeatedly.
///
/// A job that is due when it is added, and for which there is a free slot, is added under a lease:
/// its attempt starts right after the commit and does not pass through the [Lanes]. Work for
/// another service of this server need not become a job at all, see [Delivery#plan].
public final class TableOutbox implements Outbox {
  private static final Logger LOG = LoggerFactory.getLogger(TableOutbox.class);

  /// A job's row. It does not count the attempt under the present lease; the lease does.
  ///
  /// @param attempts how many attempts ended by themselves
  /// @param interruptions how many ended with the process since then
  record Row(
      Instant created,
      byte[] payload,
      String cause,
      int attempts,
      int postponements,
      String firstError,
      String lastError,
      int interruptions) {
    static Row of(Instant created, Work work) {
      return new Row(created, work.payload(), work.cause(), 0, 0, "", "", 0);
    }

    /// After an attempt that failed, and so did not crash the process.
    Row failed(int attempts, String why) {
      return new Row(created, payload, cause, attempts, postponements, first(why), why, 0);
    }

    Row postponed(String why) {
      return new Row(
          created, payload, cause, attempts, postponements + 1, first(why), why, interruptions);
    }

    Row interrupted() {
      return new Row(
          created,
          payload,
          cause,
          attempts,
          postponements,
          firstError,
          lastError,
          interruptions + 1);
    }

    boolean isSuspect() {
      return interruptions >= CrashSuspects.SUSPECT_FROM;
    }

    private String first(String why) {
      return firstError.isEmpty() ? why : firstError;
    }
  }

  /// The jobs of one kind in a lane: different deliveries have different bounds.
  record Channel(String kind, String lane) {
    String queue() {
      return kind + '|' + lane;
    }

    static Channel of(String queue) {
      int end = queue.indexOf('|');
      return new Channel(queue.substring(0, end), queue.substring(end + 1));
    }
  }

  /// Runs the work.
  interface Worker {
    /// The effect that delivers the work; empty if it has to become a job.
    Optional<Consumer<Tx>> plan(Snapshot snapshot, Work work);

    /// Told after the commit that a job of the channel is due at `due`.
    void due(Channel channel, Instant due);

    /// Reserves a slot for a job that is added and due at once; false if the job has to wait. After
    /// the commit [#start] follows, or [#releaseSlot] if the transaction is undone.
    boolean reserve(Snapshot snapshot, Channel channel);

    void start(Channel channel, Claimed<Row> job);

    void releaseSlot(Channel channel);
  }

  /// @param started null in rows of former versions
  /// @param stopped whether the process was asked to stop: no job is suspected of ending it after
  ///   that
  record Epoch(long number, @Nullable Instant started, boolean stopped) {
    Epoch next(Instant now) {
      return new Epoch(number + 1, now, false);
    }

    String holder() {
      return "epoch " + number;
    }
  }

  private static final Table<String, Epoch> EPOCHS =
      Table.of("outbox.epochs", KeyCodec.STRING, Epoch.class);
  private static final Instant UNTIL_SETTLED = Instant.parse("9999-12-31T23:59:59Z");

  /// The due time of suspects, which no claim reaches.
  private static final Instant SUSPECT_DUE = UNTIL_SETTLED.plusMillis(500);

  private static final int PAGE = 256;

  /// How far the clock may be set back before due times are corrected.
  private static final Duration MAX_SKEW = Duration.ofMinutes(1);

  /// A transaction of this many changes keeps the writer busy long enough: nothing more is
  /// delivered in it, so a thousand objects deleted at once leave a thousand jobs.
  static final int MAX_CHANGES_FOR_DELIVERY = 256;

  private final InstantSource clock;
  private final Epoch epoch;
  private final Duration lastUptime;
  private final DueQueue<Row> jobs;
  private final CrashSuspects suspects = new CrashSuspects();
  private final AtomicInteger sequence = new AtomicInteger();

  /// Null before the dispatcher starts and after it stops: then every job waits.
  private volatile @Nullable Worker worker;

  private TableOutbox(InstantSource clock, Epoch epoch, Duration lastUptime) {
    this.clock = clock;
    this.epoch = epoch;
    this.lastUptime = lastUptime;
    this.jobs = DueQueue.of("outbox.jobs", Row.class, epoch.holder());
  }

  /// Begins a new epoch and releases the leases of former ones.
  public static TableOutbox open(Database database, InstantSource clock) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    Epoch last =
        database.write(
            tx -> {
              Epoch former = EPOCHS.get(tx, "current").orElse(new Epoch(0, null, true));
              EPOCHS.put(tx, "current", former.next(now));
              return former;
            });
    Duration lastUptime =
        last.started() == null ? Duration.ZERO : Duration.between(last.started(), now);
    TableOutbox outbox = new TableOutbox(clock, last.next(now), lastUptime);
    outbox.releaseLeasesOfFormerEpochs(database, last);
    return outbox;
  }

  /// A crash may interrupt this. The next opening then finds the remaining leases, whose epoch is
  /// older than the last one. They are counted once, and a job is not taken to have been alone
  /// because of them.
  private void releaseLeasesOfFormerEpochs(Database database, Epoch last) {
    List<Held> dead = database.read(snapshot -> jobs.leasesOfOthers(snapshot, Integer.MAX_VALUE));
    Set<String> ids = new HashSet<>();
    Map<String, Integer> kinds = new TreeMap<>();
    for (Held held : dead) {
      ids.add(held.lease().id());
      kinds.merge(Channel.of(held.lease().queue()).kind(), 1, Integer::sum);
    }
    if (!last.stopped()) {
      database.writeRelaxed(
          tx -> {
            suspects.resetAloneExcept(tx, ids);
            return ids;
          });
    }
    boolean single = dead.size() == 1;
    for (int from = 0; from < dead.size(); from += PAGE) {
      List<Held> page = dead.subList(from, Math.min(from + PAGE, dead.size()));
      database.writeRelaxed(
          tx -> {
            page.forEach(held -> releaseInterrupted(tx, held, last, single));
            return page;
          });
    }
    if (!kinds.isEmpty()) {
      LOG.info("Jobs that were running when the last process ended are due again: {}", kinds);
    }
  }

  private void releaseInterrupted(Tx tx, Held held, Epoch last, boolean single) {
    Lease lease = held.lease();
    Channel channel = Channel.of(lease.queue());
    Row row =
        jobs.get(tx, lease)
            .orElseThrow(() -> new IllegalStateException("A lease without a row: " + lease));
    Row after = last.stopped() ? row : row.interrupted();
    if (after.isSuspect() && !last.stopped()) {
      boolean wasAlone = single && held.holder().equals(last.holder());
      suspects.recordCrash(tx, channel, lease.id(), after.interruptions(), wasAlone);
    }
    jobs.release(tx, lease, after.isSuspect() ? SUSPECT_DUE : clock.instant(), after);
  }

  /// Records that the process was asked to stop, so that no job is suspected of having ended it.
  void recordStop(Database database) {
    database.writeRelaxed(
        tx -> {
          if (EPOCHS.get(tx, "current").filter(epoch::equals).isPresent()) {
            EPOCHS.put(tx, "current", new Epoch(epoch.number(), epoch.started(), true));
          }
          return epoch;
        });
  }

  @Override
  public void add(Tx tx, Work work) {
    if (work.kind().indexOf('|') >= 0) {
      throw new IllegalArgumentException("A kind has no bar: " + work.kind());
    }
    Instant now = clock.instant();
    Channel channel = new Channel(work.kind(), work.lane());
    Row row = Row.of(now, work);
    @Nullable Worker current = work.due().isAfter(now) ? null : worker;
    if (current != null && current.reserve(tx, channel)) {
      tx.afterUndo(() -> current.releaseSlot(channel));
      Claimed<Row> job = jobs.addClaimed(tx, channel.queue(), nextId(now), UNTIL_SETTLED, row);
      tx.afterCommit(() -> current.start(channel, job));
    } else {
      jobs.add(tx, channel.queue(), nextId(now), work.due(), row);
      tx.afterCommit(() -> notifyDue(channel, work.due()));
    }
  }

  @Override
  public Consumer<Tx> plan(Snapshot snapshot, Work work) {
    Worker current = work.due().isAfter(clock.instant()) ? null : worker;
    Optional<Consumer<Tx>> effect =
        current == null ? Optional.empty() : current.plan(snapshot, work);
    return tx -> {
      if (effect.isEmpty() || !deliver(tx, work, effect.get())) {
        add(tx, work);
      }
    };
  }

  private boolean deliver(Tx tx, Work work, Consumer<Tx> effect) {
    if (worker == null || tx.changes() >= MAX_CHANGES_FOR_DELIVERY) {
      return false;
    }
    try {
      tx.withSavepoint(() -> effect.accept(tx));
      return true;
    } catch (StalePlanException e) {
      throw e;
    } catch (RuntimeException e) {
      LOG.warn("{} for {} cannot be delivered in the transaction", work.kind(), work.lane(), e);
      return false;
    }
  }

  /// Sorts by creation time, so that jobs due at the same time run in order. The epoch keeps ids
  /// unique after a clock was set back.
  private String nextId(Instant now) {
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits(now.toEpochMilli(), 12)
        + '-'
        + hex.toHexDigits(epoch.number(), 8)
        + '-'
        + hex.toHexDigits(sequence.getAndIncrement());
  }

  /// Sets who runs the work from now on; null for nobody.
  void setWorker(@Nullable Worker worker) {
    this.worker = worker;
  }

  private void notifyDue(Channel channel, Instant due) {
    Worker current = worker;
    if (current != null) {
      current.due(channel, due);
    }
  }

  /// The claimed jobs, and when the channel is due again as far as the table knows.
  record Batch(List<Claimed<Row>> jobs, Optional<Instant> next) {}

  Batch claim(Tx tx, Channel channel, int limit) {
    Instant now = clock.instant();
    List<Claimed<Row>> claimed = jobs.claim(tx, channel.queue(), now, limit, UNTIL_SETTLED);
    return new Batch(claimed, claimed.size() == limit ? Optional.of(now) : firstDue(tx, channel));
  }

  /// When the earliest job without a lease is due.
  Optional<Instant> firstDue(Snapshot snapshot, Channel channel) {
    return jobs.firstDue(snapshot, channel.queue(), UNTIL_SETTLED);
  }

  boolean settle(Tx tx, Claimed<Row> claimed) {
    boolean settled = jobs.settle(tx, claimed.lease());
    if (settled && claimed.row().isSuspect()) {
      suspects.remove(tx, Channel.of(claimed.lease().queue()), claimed.lease().id());
    }
    return settled;
  }

  /// Releases a job as `row`. A suspect is not claimed when it is due; [IsolatedAttempts] starts
  /// it.
  boolean release(Tx tx, Claimed<Row> claimed, Instant due, Row row) {
    Lease lease = claimed.lease();
    Channel channel = Channel.of(lease.queue());
    if (!jobs.release(tx, lease, row.isSuspect() ? SUSPECT_DUE : due, row)) {
      return false;
    }
    if (row.isSuspect()) {
      suspects.postpone(tx, channel, lease.id(), due);
    } else {
      if (claimed.row().isSuspect()) {
        suspects.remove(tx, channel, lease.id());
      }
      tx.afterCommit(() -> notifyDue(channel, due));
    }
    return true;
  }

  /// Corrects the due times of a channel's jobs that are later than their kind allows: a job that
  /// was never attempted keeps its wait, any other is due now.
  ///
  /// @return how many were corrected
  int correctDueTimes(Database database, Channel channel, Duration longestWait) {
    Instant now = clock.instant();
    Instant from = now.plus(longestWait.plus(longestWait.dividedBy(10))).plus(MAX_SKEW);
    int moved =
        jobs.rescheduleRange(
            database,
            channel.queue(),
            from,
            UNTIL_SETTLED,
            job -> {
              Row row = job.row();
              boolean first = row.attempts() == 0 && row.postponements() == 0;
              Duration wait = Duration.between(row.created(), job.due());
              boolean isLegal = !wait.isNegative() && wait.compareTo(longestWait) <= 0;
              return Optional.of(first && isLegal ? now.plus(wait) : now);
            });
    if (moved > 0) {
      notifyDue(channel, now);
    }
    return moved;
  }

  List<CrashSuspects.Entry> suspects(Snapshot snapshot) {
    return suspects.list(snapshot);
  }

  /// Claims a suspect; empty if it is running or gone.
  Optional<Claimed<Row>> claimSuspect(Tx tx, CrashSuspects.Entry suspect) {
    return jobs.claimOne(tx, suspect.channel().queue(), suspect.id(), SUSPECT_DUE, UNTIL_SETTLED);
  }

  /// Removes a suspect whose job is gone.
  void removeSuspect(Tx tx, CrashSuspects.Entry suspect) {
    suspects.remove(tx, suspect.channel(), suspect.id());
  }

  /// From the start of the last process to the start of this one.
  Duration lastUptime() {
    return lastUptime;
  }

  /// The channels that hold jobs, in the order of their queues, after the queue `after`.
  List<Channel> channels(Snapshot snapshot, String after, int limit) {
    return jobs.queues(snapshot, after, limit).stream().map(Channel::of).toList();
  }

  long depth(Snapshot snapshot, Channel channel) {
    return jobs.rows(snapshot, channel.queue());
  }

  /// The waiting jobs of a kind and lane, earliest due first, for operators.
  public List<Job> waiting(Snapshot snapshot, String kind, String lane, int limit) {
    return jobs.list(snapshot, new Channel(kind, lane).queue(), limit).stream()
        .map(item -> jobOf(new Channel(kind, lane), item.id(), item.due(), item.row(), 0))
        .toList();
  }

  static Job jobOf(Channel channel, Claimed<Row> claimed) {
    return jobOf(
        channel,
        claimed.lease().id(),
        claimed.row().created(),
        claimed.row(),
        Math.toIntExact(claimed.lease().claims()));
  }

  private static Job jobOf(Channel channel, String id, Instant due, Row row, int claims) {
    return new Job(
        id,
        new Work(channel.kind(), channel.lane(), due, row.payload(), row.cause()),
        row.created(),
        row.attempts() + claims,
        row.postponements(),
        row.interruptions(),
        row.firstError(),
        row.lastError());
  }
}
