package io.carillon.outbox;

import io.carillon.store.Database;
import io.carillon.store.DueQueue;
import io.carillon.store.DueQueue.Claimed;
import io.carillon.store.DueQueue.Lease;
import io.carillon.store.KeyCodec;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tx;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The outbox as a [DueQueue] with one queue for each lane and kind.
///
/// A job that is being tried is under a lease that time does not end, for a try may last as long as
/// it likes. The lease carries the process's epoch, a number raised at each opening: leases of
/// former epochs belong to the dead, and opening makes their jobs due at once. Their claims still
/// count as tries, so a job that kills the process runs out of them.
///
/// A job that is due when it is put in, and for which there is room at once, is put in already
/// claimed: its try begins right after the commit, and the way through the [Lanes] is spared. What
/// is only handed on within this server need not become a job at all, see [Delivery#handOn].
public final class TableOutbox implements Outbox {
  private static final Logger LOG = LoggerFactory.getLogger(TableOutbox.class);

  /// A job's row. Tries under the present lease are counted by the lease.
  record Row(
      Instant created,
      byte[] payload,
      String cause,
      int attempts,
      int postponements,
      String firstError,
      String lastError) {}

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
    boolean handOn(Tx tx, Work work);

    /// Hears, after the commit, that something is due in a channel.
    void due(Channel channel, Instant due);

    /// Takes a place for a job that is put in and due at once; false if it has to wait for its
    /// turn. Then [#begin] follows after the commit, or [#giveBack] if the transaction is undone.
    boolean reserve(Channel channel);

    void begin(Channel channel, Claimed<Row> job);

    void giveBack(Channel channel);
  }

  record Epoch(long number) {}

  private static final Table<String, Epoch> EPOCHS =
      Table.of("outbox.epochs", KeyCodec.STRING, Epoch.class);
  private static final Instant UNTIL_SETTLED = Instant.parse("9999-12-31T23:59:59Z");
  private static final int PAGE = 256;

  /// A transaction of so many changes holds the writer up enough: nothing is handed on in it, so
  /// that a thousand objects deleted at once leave a thousand jobs.
  static final int LARGE = 256;

  private final InstantSource clock;
  private final long epoch;
  private final DueQueue<Row> jobs;
  private final AtomicInteger sequence = new AtomicInteger();

  /// Null while nobody works: then every job waits.
  private volatile @Nullable Worker worker;

  private TableOutbox(InstantSource clock, long epoch) {
    this.clock = clock;
    this.epoch = epoch;
    this.jobs = DueQueue.of("outbox.jobs", Row.class, "epoch " + epoch);
  }

  /// Begins a new epoch and frees the jobs that former ones were trying.
  public static TableOutbox open(Database database, InstantSource clock) {
    long epoch =
        database.write(
            tx -> {
              long next = EPOCHS.get(tx, "current").map(Epoch::number).orElse(0L) + 1;
              EPOCHS.put(tx, "current", new Epoch(next));
              return next;
            });
    TableOutbox outbox = new TableOutbox(clock, epoch);
    outbox.freeLeasesOfTheDead(database);
    return outbox;
  }

  private void freeLeasesOfTheDead(Database database) {
    Map<String, Integer> kinds = new TreeMap<>();
    while (true) {
      List<Lease> dead = database.read(snapshot -> jobs.leasesOfOthers(snapshot, PAGE));
      if (dead.isEmpty()) {
        break;
      }
      dead.forEach(lease -> kinds.merge(Channel.of(lease.queue()).kind(), 1, Integer::sum));
      database.writeRelaxed(
          tx -> {
            dead.forEach(lease -> jobs.reschedule(tx, lease, clock.instant()));
            return dead.size();
          });
    }
    if (!kinds.isEmpty()) {
      LOG.info("Jobs that were being tried when the last process ended are due again: {}", kinds);
    }
  }

  @Override
  public void add(Tx tx, Work work) {
    if (work.kind().indexOf('|') >= 0) {
      throw new IllegalArgumentException("A kind has no bar: " + work.kind());
    }
    Instant now = clock.instant();
    Channel channel = new Channel(work.kind(), work.lane());
    Row row = new Row(now, work.payload(), work.cause(), 0, 0, "", "");
    @Nullable Worker takes = work.due().isAfter(now) ? null : worker;
    if (takes != null && tx.changes() < LARGE && takes.handOn(tx, work)) {
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
        + hex.toHexDigits(epoch, 8)
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

  boolean settle(Tx tx, Lease lease) {
    return jobs.settle(tx, lease);
  }

  boolean release(Tx tx, Lease lease, Instant due, Row row) {
    Channel channel = Channel.of(lease.queue());
    tx.afterCommit(() -> tell(channel, due));
    return jobs.release(tx, lease, due, row);
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
        row.firstError(),
        row.lastError());
  }
}
