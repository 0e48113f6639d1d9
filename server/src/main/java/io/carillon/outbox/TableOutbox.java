package io.carillon.outbox;

import io.carillon.store.Database;
import io.carillon.store.DueQueue;
import io.carillon.store.DueQueue.Claimed;
import io.carillon.store.DueQueue.Held;
import io.carillon.store.DueQueue.Lease;
import io.carillon.store.KeyCodec;
import io.carillon.store.Snapshot;
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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The outbox as a [DueQueue] with one queue for each lane and kind.
///
/// A job that is being tried is under a lease that time does not end; the process itself watches
/// how long its tries take ([Attempts]). The lease carries the process's epoch, a number raised at
/// each opening: leases of former epochs belong to the dead, and opening makes their jobs due
/// again. Such a try is counted as interrupted, apart from those that failed; see [CrashSuspects]
/// for what becomes of a job that is interrupted again and again.
///
/// A job that is due when it is put in, and for which there is room at once, is put in already
/// claimed: its try begins right after the commit, and the way through the [Lanes] is spared. What
/// is only handed on within this server need not become a job at all, see
/// [Delivery#deliverInTransaction].
public final class TableOutbox implements Outbox {
  private static final Logger LOG = LoggerFactory.getLogger(TableOutbox.class);

  /// A job's row. The try under the present lease is counted by the lease.
  ///
  /// @param attempts how many tries ended by themselves
  /// @param interruptions how many since then ended with the process
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

    /// After a try that failed, and so did not take the process down.
    Row failed(int attempts, String why) {
      return new Row(created, payload, cause, attempts, postponements, first(why), why, 0);
    }

    Row putOff(String why) {
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
      return interruptions >= CrashSuspects.FROM;
    }

    private String first(String why) {
      return firstError.isEmpty() ? why : firstError;
    }
  }

  /// One kind's share of a lane: different deliveries know different bounds.
  record Channel(String kind, String lane) {
    String queue() {
      return kind + '|' + lane;
    }

    static Channel of(String queue) {
      int end = queue.indexOf('|');
      return new Channel(queue.substring(0, end), queue.substring(end + 1));
    }
  }

  /// Who does the work.
  interface Worker {
    /// Does the work at once, within the transaction, if it is only to be handed on; false if it is
    /// to be put in.
    boolean deliverInTransaction(Tx tx, Work work);

    /// Hears, after the commit, that something is due in a channel.
    void due(Channel channel, Instant due);

    /// Takes a place for a job that is put in and due at once; false if it has to wait for its
    /// turn. Then [#begin] follows after the commit, or [#giveBack] if the transaction is undone.
    boolean reserve(Channel channel);

    void begin(Channel channel, Claimed<Row> job);

    void giveBack(Channel channel);
  }

  /// @param started null in what former versions wrote
  /// @param stopped whether it was asked to stop: what ends after that was not taken down by a job
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

  /// Where suspects lie, so that no claim finds them.
  private static final Instant HELD = UNTIL_SETTLED.plusMillis(500);

  private static final int PAGE = 256;

  /// So much a clock may be set back without anybody minding.
  private static final Duration SKEW = Duration.ofMinutes(1);

  /// A transaction of so many changes holds the writer up enough: nothing is handed on in it, so
  /// that a thousand objects deleted at once leave a thousand jobs.
  static final int LARGE = 256;

  private final InstantSource clock;
  private final Epoch epoch;
  private final Duration lastLife;
  private final DueQueue<Row> jobs;
  private final CrashSuspects suspects = new CrashSuspects();
  private final AtomicInteger sequence = new AtomicInteger();

  /// Null while nobody works: then every job waits.
  private volatile @Nullable Worker worker;

  private TableOutbox(InstantSource clock, Epoch epoch, Duration lastLife) {
    this.clock = clock;
    this.epoch = epoch;
    this.lastLife = lastLife;
    this.jobs = DueQueue.of("outbox.jobs", Row.class, epoch.holder());
  }

  /// Begins a new epoch and frees the jobs that former ones were trying.
  public static TableOutbox open(Database database, InstantSource clock) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    Epoch last =
        database.write(
            tx -> {
              Epoch former = EPOCHS.get(tx, "current").orElse(new Epoch(0, null, true));
              EPOCHS.put(tx, "current", former.next(now));
              return former;
            });
    Duration lastLife =
        last.started() == null ? Duration.ZERO : Duration.between(last.started(), now);
    TableOutbox outbox = new TableOutbox(clock, last.next(now), lastLife);
    outbox.freeLeasesOfTheDead(database, last);
    return outbox;
  }

  /// May itself be cut short by a crash. Then the next opening finds the leases that are left, of
  /// an epoch before the last: they are counted once, and never as the only ones.
  private void freeLeasesOfTheDead(Database database, Epoch last) {
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
            suspects.acquitOthers(tx, ids);
            return ids;
          });
    }
    boolean single = dead.size() == 1;
    for (int from = 0; from < dead.size(); from += PAGE) {
      List<Held> page = dead.subList(from, Math.min(from + PAGE, dead.size()));
      database.writeRelaxed(
          tx -> {
            page.forEach(held -> free(tx, held, last, single));
            return page;
          });
    }
    if (!kinds.isEmpty()) {
      LOG.info("Jobs that were being tried when the last process ended are due again: {}", kinds);
    }
  }

  private void free(Tx tx, Held held, Epoch last, boolean single) {
    Lease lease = held.lease();
    Channel channel = Channel.of(lease.queue());
    Row row =
        jobs.get(tx, lease)
            .orElseThrow(() -> new IllegalStateException("A lease without a row: " + lease));
    Row after = last.stopped() ? row : row.interrupted();
    if (after.isSuspect() && !last.stopped()) {
      boolean wasAlone = single && held.holder().equals(last.holder());
      suspects.accuse(tx, channel, lease.id(), after.interruptions(), wasAlone);
    }
    jobs.release(tx, lease, after.isSuspect() ? HELD : clock.instant(), after);
  }

  /// Notes that the process was asked to stop, so that nobody is suspected of having ended it.
  void noteStop(Database database) {
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
    @Nullable Worker takes = work.due().isAfter(now) ? null : worker;
    if (takes != null && tx.changes() < LARGE && takes.deliverInTransaction(tx, work)) {
      return;
    }
    if (takes != null && takes.reserve(channel)) {
      tx.afterUndo(() -> takes.giveBack(channel));
      Claimed<Row> job = jobs.addClaimed(tx, channel.queue(), nextId(now), UNTIL_SETTLED, row);
      tx.afterCommit(() -> takes.begin(channel, job));
    } else {
      jobs.add(tx, channel.queue(), nextId(now), work.due(), row);
      tx.afterCommit(() -> tell(channel, work.due()));
    }
  }

  /// Sorts by the time it was made, so that jobs due at the same time take their turns in order.
  /// The epoch keeps ids apart when a clock was set back.
  private String nextId(Instant now) {
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits(now.toEpochMilli(), 12)
        + '-'
        + hex.toHexDigits(epoch.number(), 8)
        + '-'
        + hex.toHexDigits(sequence.getAndIncrement());
  }

  /// Says who does the work from now on; null stands for nobody.
  void workFor(@Nullable Worker worker) {
    this.worker = worker;
  }

  private void tell(Channel channel, Instant due) {
    Worker works = worker;
    if (works != null) {
      works.due(channel, due);
    }
  }

  /// A claim's yield: the jobs, and when the channel is due again as far as the table knows.
  record Batch(List<Claimed<Row>> jobs, Optional<Instant> next) {}

  Batch claim(Tx tx, Channel channel, int limit) {
    Instant now = clock.instant();
    List<Claimed<Row>> claimed = jobs.claim(tx, channel.queue(), now, limit, UNTIL_SETTLED);
    return new Batch(claimed, claimed.size() == limit ? Optional.of(now) : firstDue(tx, channel));
  }

  /// When the earliest job that nobody is trying is due.
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

  /// Puts a job back as `row`. One that is still suspected is not claimed when it is due, but let
  /// in by [IsolatedAttempts].
  boolean release(Tx tx, Claimed<Row> claimed, Instant due, Row row) {
    Lease lease = claimed.lease();
    Channel channel = Channel.of(lease.queue());
    if (!jobs.release(tx, lease, row.isSuspect() ? HELD : due, row)) {
      return false;
    }
    if (row.isSuspect()) {
      suspects.putOff(tx, channel, lease.id(), due);
    } else {
      if (claimed.row().isSuspect()) {
        suspects.remove(tx, channel, lease.id());
      }
      tx.afterCommit(() -> tell(channel, due));
    }
    return true;
  }

  /// Makes the jobs of a channel that are due later than jobs of their kind can be due earlier: a
  /// first try keeps its wait, another is due now.
  ///
  /// @return how many there were
  int drawBack(Database database, Channel channel, Duration longestWait) {
    Instant now = clock.instant();
    Instant from = now.plus(longestWait.plus(longestWait.dividedBy(10))).plus(SKEW);
    int moved =
        jobs.drawBack(
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
      tell(channel, now);
    }
    return moved;
  }

  List<CrashSuspects.Entry> suspects(Snapshot snapshot) {
    return suspects.list(snapshot);
  }

  /// Claims a suspect; empty if it is being tried or gone.
  Optional<Claimed<Row>> claimSuspect(Tx tx, CrashSuspects.Entry suspect) {
    return jobs.claimOne(tx, suspect.channel().queue(), suspect.id(), HELD, UNTIL_SETTLED);
  }

  /// Forgets a suspect whose job is not there.
  void drop(Tx tx, CrashSuspects.Entry suspect) {
    suspects.remove(tx, suspect.channel(), suspect.id());
  }

  /// How long the last process lived, and the time until this one.
  Duration lastLife() {
    return lastLife;
  }

  /// The channels that hold jobs, in the order of their queues, behind the queue `after`.
  List<Channel> channels(Snapshot snapshot, String after, int limit) {
    return jobs.queues(snapshot, after, limit).stream().map(Channel::of).toList();
  }

  long depth(Snapshot snapshot, Channel channel) {
    return jobs.rows(snapshot, channel.queue());
  }

  /// The jobs of a kind and lane that wait, earliest due first, for people.
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
