package io.carillon.store;

import io.carillon.store.Heads.Position;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Many queues of rows in order of their due time. [#claim] takes due rows under a lease. The
/// outbox and SQS are built on it.
///
/// *Life of a row.* [#add] adds it, due at an instant. [#claim] takes the earliest rows that are
/// due by moving them to the end of their lease, and returns a [Lease] for each. The holder then
/// deletes the row ([#settle]), moves its due time and keeps the lease ([#reschedule]), or returns
/// it changed ([#release]). If the holder does nothing, the row is claimed again after the lease
/// ends. The newer claim makes the older lease stale, and these methods then answer false and
/// change nothing. A lease that has ended but was not claimed again is still good.
///
/// *In SQS's terms.* The visibility timeout is the lease, a message's delay its first due time. A
/// receipt handle holds `id` and `claims`; [#lease] turns it back into the lease, or finds it
/// stale. `claims` is the receive count. Deletion is `settle`, ChangeMessageVisibility
/// `reschedule`.
///
/// *Tombstones.* Claimed and settled rows leave tombstones. So that scans need not skip them, they
/// start at the queue's head (see [Heads]).
///
/// There must be one object for each name in a process.
public final class DueQueue<V> {

  /// @param due when the lease ends; part of the row's key
  /// @param claims how often the row was claimed since it was added or released, this time included
  public record Lease(String queue, String id, Instant due, long claims) {}

  /// A row with its lease.
  public record Claimed<V>(Lease lease, V row) {}

  /// A row in its queue.
  public record Item<V>(String id, Instant due, V row) {}

  /// @param rows how many there are in all
  /// @param claimed how many are under a lease that has not ended
  /// @param delayed how many others are not due yet
  public record Depth(long rows, long claimed, long delayed) {
    /// How many could be claimed now.
    public long due() {
      return rows - claimed - delayed;
    }
  }

  record Leased(Instant due, long claims, String holder) {}

  record Count(long rows) {}

  private record Key(String queue, Instant due, String id) {
    static final KeyCodec<Key> CODEC =
        new KeyCodec<>(
            key -> Tuple.of(key.queue, key.due, key.id),
            tuple -> new Key(tuple.string(0), tuple.instant(1), tuple.string(2)));

    Position position() {
      return new Position(due, id);
    }

    /// The least position after this: no string lies between one and itself followed by a zero.
    Position next() {
      return new Position(due, id + "\0");
    }
  }

  private static final int PAGE = 256;

  private final String holder;
  private final Table<Key, V> rows;
  private final Table<Tuple, Leased> leases;
  private final Table<String, Count> counts;
  private final Heads heads = new Heads();

  private DueQueue(String name, Class<V> row, String holder) {
    this.holder = holder;
    this.rows = Table.of(name, Key.CODEC, row);
    this.leases = Table.of(name + ".leases", KeyCodec.TUPLE, Leased.class);
    this.counts = Table.of(name + ".counts", KeyCodec.STRING, Count.class);
  }

  /// @param name unique in the store, by convention `service.plural`
  public static <V> DueQueue<V> of(String name, Class<V> row) {
    return new DueQueue<>(name, row, "");
  }

  /// @param holder the name under which this object claims; [#leasesOfOthers] finds those of others
  public static <V> DueQueue<V> of(String name, Class<V> row, String holder) {
    return new DueQueue<>(name, row, holder);
  }

  /// Adds a row. Times are stored in milliseconds.
  ///
  /// @param id unique in its queue; orders rows that are due at the same time
  public void add(Tx tx, String queue, String id, Instant due, V row) {
    add(tx, queue, id, due, encoded(row));
  }

  public Table.Encoded<V> encoded(V row) {
    return rows.encoded(row);
  }

  /// As above, with a row that was encoded before the transaction.
  public void add(Tx tx, String queue, String id, Instant due, Table.Encoded<V> row) {
    long before = count(tx, queue);
    counts.put(tx, queue, new Count(before + 1));
    insert(tx, new Key(queue, millis(due), id), row, before == 0);
  }

  /// Adds a row under a lease, for a holder that starts on it after the commit.
  public Claimed<V> addClaimed(
      Tx tx, String queue, String id, Instant leaseUntil, Table.Encoded<V> row) {
    Instant until = millis(leaseUntil);
    add(tx, queue, id, until, row);
    leases.put(tx, Tuple.of(queue, id), new Leased(until, 1, holder));
    return new Claimed<>(new Lease(queue, id, until, 1), row.row());
  }

  /// Claims up to `limit` rows that are due at `now`, earliest first, until `leaseUntil`. If that
  /// is now, they can be claimed again at once.
  public List<Claimed<V>> claim(Tx tx, String queue, Instant now, int limit, Instant leaseUntil) {
    return claim(tx, queue, now, limit, leaseUntil, row -> row);
  }

  /// As above; `mark` changes each claimed row.
  public List<Claimed<V>> claim(
      Tx tx, String queue, Instant now, int limit, Instant leaseUntil, UnaryOperator<V> mark) {
    if (limit <= 0) {
      return List.of();
    }
    Position from = heads.of(queue);
    Instant end = millis(now).plusMillis(1);
    Instant until = millis(leaseUntil);
    if (leaseUntil.isBefore(now)) {
      throw new IllegalArgumentException("A lease cannot end before it begins");
    }
    List<Table.Entry<Key, V>> found =
        rows.list(tx, from(queue, from).before(Tuple.of(queue, end)), limit);
    List<Claimed<V>> claimed = new ArrayList<>(found.size());
    for (Table.Entry<Key, V> entry : found) {
      Key key = entry.key();
      Tuple leaseKey = Tuple.of(queue, key.id);
      long claims = leases.get(tx, leaseKey).map(Leased::claims).orElse(0L) + 1;
      rows.delete(tx, key);
      V row = mark.apply(entry.value());
      rows.put(tx, new Key(queue, until, key.id), row);
      leases.put(tx, leaseKey, new Leased(until, claims, holder));
      claimed.add(new Claimed<>(new Lease(queue, key.id, until, claims), row));
    }
    if (found.isEmpty() && count(tx, queue) == 0) {
      return claimed; // an empty queue has no head
    }
    Position to = found.size() < limit ? new Position(end, "") : found.getLast().key().next();
    tx.afterCommit(
        () -> {
          heads.raise(queue, from, to);
          if (!claimed.isEmpty()) {
            heads.lower(queue, new Position(until, ""), false);
          }
        });
    return claimed;
  }

  /// Claims one row whose due time is `due`, whether it is due or not; empty if there is none.
  public Optional<Claimed<V>> claimOne(
      Tx tx, String queue, String id, Instant due, Instant leaseUntil) {
    Key key = new Key(queue, millis(due), id);
    Instant until = millis(leaseUntil);
    return rows.get(tx, key)
        .map(
            row -> {
              Tuple leaseKey = Tuple.of(queue, id);
              long claims = leases.get(tx, leaseKey).map(Leased::claims).orElse(0L) + 1;
              rows.delete(tx, key);
              leases.put(tx, leaseKey, new Leased(until, claims, holder));
              insert(tx, new Key(queue, until, id), encoded(row), false);
              return new Claimed<>(new Lease(queue, id, until, claims), row);
            });
  }

  /// The present lease of a row that has been claimed at least `claims` times; empty if the row is
  /// gone.
  public Optional<Lease> lease(Snapshot snapshot, String queue, String id, long claims) {
    return leases
        .get(snapshot, Tuple.of(queue, id))
        .filter(leased -> leased.claims >= claims)
        .map(leased -> new Lease(queue, id, leased.due, leased.claims));
  }

  /// The row under a lease, if the lease is good.
  public Optional<V> get(Snapshot snapshot, Lease lease) {
    return current(snapshot, lease).flatMap(key -> rows.get(snapshot, key));
  }

  /// Deletes the row; false if the lease is stale.
  public boolean settle(Tx tx, Lease lease) {
    Optional<Key> key = current(tx, lease);
    key.ifPresent(present -> remove(tx, present));
    return key.isPresent();
  }

  /// Moves the row's due time and keeps the lease: the row is claimed again from then on.
  public boolean reschedule(Tx tx, Lease lease, Instant due) {
    Optional<Key> key = current(tx, lease);
    if (key.isEmpty()) {
      return false;
    }
    V row = require(tx, key.get());
    rows.delete(tx, key.get());
    leases.put(tx, Tuple.of(lease.queue, lease.id), new Leased(millis(due), lease.claims, holder));
    insert(tx, new Key(lease.queue, millis(due), lease.id), encoded(row), false);
    return true;
  }

  /// Releases the row as `row`, due at `due`, as if it had never been claimed.
  public boolean release(Tx tx, Lease lease, Instant due, V row) {
    Optional<Key> key = current(tx, lease);
    if (key.isEmpty()) {
      return false;
    }
    rows.delete(tx, key.get());
    leases.delete(tx, Tuple.of(lease.queue, lease.id));
    insert(tx, new Key(lease.queue, millis(due), lease.id), encoded(row), false);
    return true;
  }

  /// Deletes up to `limit` rows in any state; answers how many. A long queue is purged in several
  /// transactions, as one slow change delays every writer.
  public int purge(Tx tx, String queue, int limit) {
    List<Key> found = rows.listKeys(tx, from(queue, heads.of(queue)), limit);
    found.forEach(key -> remove(tx, key));
    return found.size();
  }

  /// When the earliest row is due, leased ones included; empty if none is due before `end`.
  ///
  /// @param end as early as the caller allows: where leases end, settled rows have left tombstones
  public Optional<Instant> firstDue(Snapshot snapshot, String queue, Instant end) {
    Position from = heads.of(queue);
    Optional<Key> first = first(snapshot, queue, from, end);
    if (from == null && first.isPresent() && !(snapshot instanceof Tx)) {
      // Spares the first claim after a restart the old tombstones.
      heads.raiseAfterLook(queue, Heads.NONE, null, first.get().position());
    }
    return first.map(Key::due);
  }

  /// A point in time, see [#firstDue(Snapshot, Mark, String, Instant)].
  public record Mark(long generation) {}

  public Mark mark() {
    return new Mark(heads.generation());
  }

  /// As above, for callers that look again and again and claim only what they see: it spares the
  /// next look the tombstones that this one has skipped, as a claim does.
  ///
  /// @param mark taken before the snapshot
  public Optional<Instant> firstDue(Snapshot snapshot, Mark mark, String queue, Instant end) {
    if (snapshot instanceof Tx) {
      throw new IllegalArgumentException("A transaction may see rows that are never committed");
    }
    if (count(snapshot, queue) == 0) {
      return Optional.empty(); // it has no head, and perhaps many tombstones
    }
    Position from = heads.of(queue);
    Optional<Key> first = first(snapshot, queue, from, end);
    Position to = first.map(Key::position).orElseGet(() -> new Position(millis(end), ""));
    heads.raiseAfterLook(queue, mark.generation, from, to);
    return first.map(Key::due);
  }

  private Optional<Key> first(
      Snapshot snapshot, String queue, @Nullable Position from, Instant end) {
    Range range = from(queue, from).before(Tuple.of(queue, millis(end)));
    return rows.listKeys(snapshot, range, 1).stream().findFirst();
  }

  /// A row that is due later.
  ///
  /// @param isLeased whether `due` is the end of a lease
  public record Later<V>(String id, Instant due, boolean isLeased, V row) {}

  /// Moves rows that are due from `from` on and before `end`, after a clock that was ahead has set
  /// their due times. A moved lease stays good.
  ///
  /// @param to the new due time; empty leaves the row as it is
  /// @return how many were moved
  public int rescheduleRange(
      Database database,
      String queue,
      Instant from,
      Instant end,
      Function<Later<V>, Optional<Instant>> to) {
    Range rest = Range.within(Tuple.of(queue)).from(Tuple.of(queue, millis(from)));
    int moved = 0;
    while (true) {
      Range range = rest.before(Tuple.of(queue, millis(end)));
      List<Table.Entry<Key, V>> page = database.read(snapshot -> rows.list(snapshot, range, PAGE));
      if (page.isEmpty()) {
        return moved;
      }
      moved += database.<Integer>writeRelaxed(tx -> rescheduleRange(tx, page, to));
      Key last = page.getLast().key();
      rest = Range.within(Tuple.of(queue)).from(Tuple.of(queue, last.due, last.id + "\0"));
    }
  }

  private int rescheduleRange(
      Tx tx, List<Table.Entry<Key, V>> page, Function<Later<V>, Optional<Instant>> to) {
    int moved = 0;
    for (Table.Entry<Key, V> entry : page) {
      Key key = entry.key();
      Optional<V> row = rows.get(tx, key); // it may have been claimed or settled since
      Tuple leaseKey = Tuple.of(key.queue, key.id);
      Optional<Leased> lease = leases.get(tx, leaseKey);
      boolean isLeased = lease.isPresent() && lease.get().due.equals(key.due);
      Optional<Instant> due =
          row.flatMap(present -> to.apply(new Later<>(key.id, key.due, isLeased, present)));
      if (due.isPresent()) {
        Instant at = millis(due.get());
        rows.delete(tx, key);
        lease.ifPresent(l -> leases.put(tx, leaseKey, new Leased(at, l.claims, l.holder)));
        insert(tx, new Key(key.queue, at, key.id), encoded(row.get()), false);
        moved++;
      }
    }
    return moved;
  }

  /// How many rows a queue holds, leased ones included; reads one row.
  public long rows(Snapshot snapshot, String queue) {
    return count(snapshot, queue);
  }

  /// Counts leased and delayed rows one by one; the number of due ones follows from the total.
  public Depth depth(Snapshot snapshot, String queue, Instant now) {
    Instant end = millis(now).plusMillis(1);
    long[] later = new long[2];
    rows.scanKeys(
        snapshot,
        Range.within(Tuple.of(queue)).from(Tuple.of(queue, end)),
        Table.MANY,
        _ -> {
          later[0]++;
          return ScanStep.NEXT;
        });
    leases.scan(
        snapshot,
        Range.within(Tuple.of(queue)),
        Table.MANY,
        (_, leased) -> {
          later[1] += leased.due.isBefore(end) ? 0 : 1;
          return ScanStep.NEXT;
        });
    return new Depth(count(snapshot, queue), later[1], later[0] - later[1]);
  }

  /// The rows of a queue from its head on, for operators.
  public List<Item<V>> list(Snapshot snapshot, String queue, int limit) {
    return rows.list(snapshot, from(queue, heads.of(queue)), limit).stream()
        .map(entry -> new Item<>(entry.key().id, entry.key().due, entry.value()))
        .toList();
  }

  /// The names of queues that hold rows, in order, after `after`.
  public List<String> queues(Snapshot snapshot, String after, int limit) {
    return counts.listKeys(snapshot, Range.all().after(Tuple.of(after)), limit);
  }

  /// A lease and its holder.
  public record Held(Lease lease, String holder) {}

  /// Leases of other holders, such as a process that died.
  public List<Held> leasesOfOthers(Snapshot snapshot, int limit) {
    List<Held> found = new ArrayList<>();
    if (limit > 0) {
      leases.scan(
          snapshot,
          Range.all(),
          Table.MANY,
          (key, leased) -> {
            if (!leased.holder.equals(holder)) {
              Lease lease = new Lease(key.string(0), key.string(1), leased.due, leased.claims);
              found.add(new Held(lease, leased.holder));
            }
            return ScanStep.nextIf(found.size() < limit);
          });
    }
    return found;
  }

  private void insert(Tx tx, Key key, Table.Encoded<V> row, boolean first) {
    rows.put(tx, key, row);
    tx.afterCommit(() -> heads.lower(key.queue, key.position(), first));
  }

  private void remove(Tx tx, Key key) {
    rows.delete(tx, key);
    leases.delete(tx, Tuple.of(key.queue, key.id));
    long left = count(tx, key.queue) - 1;
    if (left > 0) {
      counts.put(tx, key.queue, new Count(left));
    } else {
      counts.delete(tx, key.queue);
      tx.afterCommit(() -> heads.drop(key.queue));
    }
  }

  /// The present key of the lease's row, if the lease is good. Its due time may have been moved.
  private Optional<Key> current(Snapshot snapshot, Lease lease) {
    return leases
        .get(snapshot, Tuple.of(lease.queue, lease.id))
        .filter(leased -> leased.claims == lease.claims)
        .map(leased -> new Key(lease.queue, leased.due, lease.id));
  }

  private V require(Snapshot snapshot, Key key) {
    return rows.get(snapshot, key)
        .orElseThrow(() -> new IllegalStateException("A lease without a row: " + key));
  }

  private long count(Snapshot snapshot, String queue) {
    return counts.get(snapshot, queue).map(Count::rows).orElse(0L);
  }

  private static Range from(String queue, @Nullable Position head) {
    Range whole = Range.within(Tuple.of(queue));
    return head == null ? whole : whole.from(Tuple.of(queue, head.due(), head.id()));
  }

  private static Instant millis(Instant instant) {
    return Instant.ofEpochMilli(instant.toEpochMilli());
  }
}
