package io.carillon.store;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Many queues of rows ordered by when they are due, with the contract's `claim`: take some due
/// rows under a lease. The outbox and SQS are made of it.
///
/// *Life of a row.* [#add] puts it in, due at an instant. [#claim] takes the earliest rows that are
/// due by moving them to the end of their lease, and hands out a [Lease] for each. The holder then
/// deletes the row ([#settle]), moves its due while keeping the lease ([#reschedule]), or gives it
/// back changed ([#release]). Whoever does nothing has the row claimed again once its lease is
/// over; the newer claim makes the older lease stale, and these methods then answer false and
/// change nothing. A lease that is over but was not claimed again is still good.
///
/// *SQS in these words.* The visibility timeout is the lease, a message's delay its first due. A
/// receipt handle holds `id` and `claims`; [#lease] turns it back into the lease, or finds it
/// stale. `claims` is the receive count. Deletion is `settle`, ChangeMessageVisibility
/// `reschedule`.
///
/// *Cursors.* Claimed and settled rows leave deletion marks behind, and an iterator that starts at
/// a queue's beginning wades through them: a million settled rows would be passed by every claim.
/// So memory holds for each queue a head below which no row lives, and scans begin there. Its
/// rules, with which no row is ever skipped for good:
///
/// - It moves only after a commit. A row put in below it lowers it.
/// - A claim raises it only if it is still what the claim started from; otherwise a change that
///   committed between the two may have lowered it, and raising it would hide that row.
/// - A queue without a head is scanned from its beginning: so it is after a restart, and for the
///   first row of an empty queue, whose head was dropped, that row becomes the head.
///
/// There must be one object for a name in a process.
public final class DueQueue<V> {

  /// The right to a claimed row.
  ///
  /// @param due when the lease ends; part of where the row lies
  /// @param claims how often the row was claimed since it was added or released, this time included
  public record Lease(String queue, String id, Instant due, long claims) {}

  /// A row with the right to it.
  public record Claimed<V>(Lease lease, V row) {}

  /// A row as it lies in its queue.
  public record Item<V>(String id, Instant due, V row) {}

  /// @param rows how many there are in all
  /// @param claimed how many are under a lease that is not over
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
  }

  /// No row of the queue lies before this.
  private record Head(Instant due, String id) implements Comparable<Head> {
    /// The queue's beginning, said explicitly.
    static final Head START = new Head(Instant.ofEpochMilli(Long.MIN_VALUE), "");

    static Head at(Key key) {
      return new Head(key.due, key.id);
    }

    /// The least position behind `key`: no string lies between one and itself followed by a zero.
    static Head behind(Key key) {
      return new Head(key.due, key.id + "\0");
    }

    @Override
    public int compareTo(Head other) {
      int order = due.compareTo(other.due);
      return order != 0 ? order : id.compareTo(other.id);
    }
  }

  private static final int PAGE = 256;

  private final String holder;
  private final Table<Key, V> rows;
  private final Table<Tuple, Leased> leases;
  private final Table<String, Count> counts;
  private final ConcurrentHashMap<String, Head> heads = new ConcurrentHashMap<>();

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

  /// @param holder who claims, so that [#leasesOfOthers] can tell a dead holder's leases
  public static <V> DueQueue<V> of(String name, Class<V> row, String holder) {
    return new DueQueue<>(name, row, holder);
  }

  /// Puts a row in. Times are kept to the millisecond.
  ///
  /// @param id unique in its queue; orders rows that are due at the same time
  public void add(Tx tx, String queue, String id, Instant due, V row) {
    long before = count(tx, queue);
    counts.put(tx, queue, new Count(before + 1));
    insert(tx, new Key(queue, millis(due), id), row, before == 0);
  }

  /// Puts a row in and claims it in one, for a holder that begins with it after the commit.
  public Claimed<V> addClaimed(Tx tx, String queue, String id, Instant leaseUntil, V row) {
    Instant until = millis(leaseUntil);
    add(tx, queue, id, until, row);
    leases.put(tx, Tuple.of(queue, id), new Leased(until, 1, holder));
    return new Claimed<>(new Lease(queue, id, until, 1), row);
  }

  /// Takes up to `limit` rows that are due at `now`, earliest first, until `leaseUntil`, which may
  /// be now: then they can be claimed again at once.
  public List<Claimed<V>> claim(Tx tx, String queue, Instant now, int limit, Instant leaseUntil) {
    return claim(tx, queue, now, limit, leaseUntil, row -> row);
  }

  /// As above; `mark` writes into each row that it was claimed.
  public List<Claimed<V>> claim(
      Tx tx, String queue, Instant now, int limit, Instant leaseUntil, UnaryOperator<V> mark) {
    if (limit <= 0) {
      return List.of();
    }
    Head from = heads.get(queue);
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
    Head to = found.size() < limit ? new Head(end, "") : Head.behind(found.getLast().key());
    tx.afterCommit(
        () -> {
          raise(queue, from, to);
          if (until.isBefore(end)) {
            lower(queue, new Head(until, ""), false);
          }
        });
    return claimed;
  }

  /// Takes one row that lies at `due`, due or not; empty if there is none.
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
              insert(tx, new Key(queue, until, id), row, false);
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

  /// Moves the row's due and keeps the lease: it is claimed again from then on.
  public boolean reschedule(Tx tx, Lease lease, Instant due) {
    Optional<Key> key = current(tx, lease);
    if (key.isEmpty()) {
      return false;
    }
    V row = require(tx, key.get());
    rows.delete(tx, key.get());
    leases.put(tx, Tuple.of(lease.queue, lease.id), new Leased(millis(due), lease.claims, holder));
    insert(tx, new Key(lease.queue, millis(due), lease.id), row, false);
    return true;
  }

  /// Puts the row back as `row`, due at `due`, as if it had never been claimed.
  public boolean release(Tx tx, Lease lease, Instant due, V row) {
    Optional<Key> key = current(tx, lease);
    if (key.isEmpty()) {
      return false;
    }
    rows.delete(tx, key.get());
    leases.delete(tx, Tuple.of(lease.queue, lease.id));
    insert(tx, new Key(lease.queue, millis(due), lease.id), row, false);
    return true;
  }

  /// Deletes up to `limit` rows, whatever their state; answers how many. A long queue is emptied in
  /// several transactions, for one slow change holds every writer.
  public int purge(Tx tx, String queue, int limit) {
    List<Key> found = new ArrayList<>();
    if (limit > 0) {
      rows.scanKeys(
          tx,
          from(queue, heads.get(queue)),
          key -> {
            found.add(key);
            return found.size() < limit;
          });
    }
    found.forEach(key -> remove(tx, key));
    return found.size();
  }

  /// When the earliest row is due, leased ones included; empty if none is due before `end`.
  ///
  /// @param end no later than the answer matters: where leases end, those that were settled have
  ///   left deletion marks
  public Optional<Instant> firstDue(Snapshot snapshot, String queue, Instant end) {
    Head from = heads.get(queue);
    List<Key> first = new ArrayList<>(1);
    rows.scanKeys(
        snapshot,
        from(queue, from).before(Tuple.of(queue, millis(end))),
        key -> {
          first.add(key);
          return false;
        });
    if (from == null && !first.isEmpty() && !(snapshot instanceof Tx)) {
      // Spares the first claim after a restart its way over old deletion marks. Rows put in since
      // the snapshot have left a head behind, so this comes too late rather than above them.
      heads.putIfAbsent(queue, Head.at(first.getFirst()));
    }
    return first.stream().findFirst().map(Key::due);
  }

  /// A row that is due later.
  ///
  /// @param isLeased whether that is when a lease ends
  public record Later<V>(String id, Instant due, boolean isLeased, V row) {}

  /// Moves rows that are due from `from` on and before `end`, for when the clock by which they were
  /// put in was ahead. A lease that is moved stays good.
  ///
  /// @param to when a row is due instead; empty leaves it where it is
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
        insert(tx, new Key(key.queue, at, key.id), row.get(), false);
        moved++;
      }
    }
    return moved;
  }

  /// How many rows a queue holds, leased ones included; read from one row.
  public long rows(Snapshot snapshot, String queue) {
    return count(snapshot, queue);
  }

  /// Counts one by one what is leased or delayed; what is due follows from the whole.
  public Depth depth(Snapshot snapshot, String queue, Instant now) {
    Instant end = millis(now).plusMillis(1);
    long[] later = new long[2];
    rows.scanKeys(
        snapshot,
        Range.within(Tuple.of(queue)).from(Tuple.of(queue, end)),
        _ -> {
          later[0]++;
          return true;
        });
    leases.scan(
        snapshot,
        Range.within(Tuple.of(queue)),
        (_, leased) -> {
          later[1] += leased.due.isBefore(end) ? 0 : 1;
          return true;
        });
    return new Depth(count(snapshot, queue), later[1], later[0] - later[1]);
  }

  /// The rows of a queue from its head on, for people.
  public List<Item<V>> list(Snapshot snapshot, String queue, int limit) {
    return rows.list(snapshot, from(queue, heads.get(queue)), limit).stream()
        .map(entry -> new Item<>(entry.key().id, entry.key().due, entry.value()))
        .toList();
  }

  /// The names of queues that hold rows, in order, behind `after`.
  public List<String> queues(Snapshot snapshot, String after, int limit) {
    List<String> names = new ArrayList<>();
    if (limit > 0) {
      counts.scanKeys(
          snapshot,
          Range.all().after(Tuple.of(after)),
          name -> {
            names.add(name);
            return names.size() < limit;
          });
    }
    return names;
  }

  /// A lease and who took it.
  public record Held(Lease lease, String holder) {}

  /// Leases that this process does not hold, as those of one that died.
  public List<Held> leasesOfOthers(Snapshot snapshot, int limit) {
    List<Held> found = new ArrayList<>();
    if (limit > 0) {
      leases.scan(
          snapshot,
          Range.all(),
          (key, leased) -> {
            if (!leased.holder.equals(holder)) {
              Lease lease = new Lease(key.string(0), key.string(1), leased.due, leased.claims);
              found.add(new Held(lease, leased.holder));
            }
            return found.size() < limit;
          });
    }
    return found;
  }

  private void insert(Tx tx, Key key, V row, boolean first) {
    rows.put(tx, key, row);
    tx.afterCommit(() -> lower(key.queue, Head.at(key), first));
  }

  private void remove(Tx tx, Key key) {
    rows.delete(tx, key);
    leases.delete(tx, Tuple.of(key.queue, key.id));
    long left = count(tx, key.queue) - 1;
    if (left > 0) {
      counts.put(tx, key.queue, new Count(left));
    } else {
      counts.delete(tx, key.queue);
      tx.afterCommit(() -> heads.remove(key.queue));
    }
  }

  /// Where the lease's row lies now, if the lease is good. Its due may have been moved since.
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

  private static Range from(String queue, @Nullable Head head) {
    Range whole = Range.within(Tuple.of(queue));
    return head == null ? whole : whole.from(Tuple.of(queue, head.due, head.id));
  }

  private void lower(String queue, Head to, boolean first) {
    heads.compute(
        queue,
        (_, head) -> {
          if (head == null) {
            return first ? to : Head.START;
          }
          return to.compareTo(head) < 0 ? to : head;
        });
  }

  private void raise(String queue, @Nullable Head from, Head to) {
    heads.compute(queue, (_, head) -> Objects.equals(head, from) ? to : head);
  }

  private static Instant millis(Instant instant) {
    return Instant.ofEpochMilli(instant.toEpochMilli());
  }
}
