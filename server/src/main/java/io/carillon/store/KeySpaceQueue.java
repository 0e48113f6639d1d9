package io.carillon.store;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The queues of an engine that has a key space of its own: rows in the order of their keys, leases
/// and counts in tables beside them.
///
/// *Tombstones.* Claimed and settled rows leave tombstones. So that scans need not skip them, they
/// start at the queue's head (see [Heads]).
///
/// *Counts.* Adding and settling write a queue's count, which is why this serves engines with one
/// writer only.
///
/// *Groups in order* (FIFO) are not built yet: a group is a queue of its own, named by its queue
/// and its group, of which one row at a time is claimed.
///
/// There must be one object for each name in a process.
final class KeySpaceQueue<V> implements DueQueue<V> {

  /// @param holder `epoch` and the incarnation of the node, or empty
  /// @param token 0 in rows of former versions
  record Leased(Instant due, long claims, String holder, long token) {
    Leased until(Instant end) {
      return new Leased(end, claims, holder, token);
    }

    Lease lease(String queue, String id) {
      return new Lease(queue, id, due, claims, token);
    }

    long incarnation() {
      return holder.startsWith(HOLDER_PREFIX)
          ? Long.parseLong(holder.substring(HOLDER_PREFIX.length()))
          : 0;
    }
  }

  record Count(long rows) {}

  private record Key(String queue, Instant due, String id) {
    static final KeyCodec<Key> CODEC =
        new KeyCodec<>(
            key -> Tuple.of(key.queue, key.due, key.id),
            tuple -> new Key(tuple.string(0), tuple.instant(1), tuple.string(2)));

    Heads.Position position() {
      return new Heads.Position(due, id);
    }

    /// The least position after this: no string lies between one and itself followed by a zero.
    Heads.Position next() {
      return new Heads.Position(due, id + "\0");
    }
  }

  private static final int PAGE = 256;
  private static final String HOLDER_PREFIX = "epoch ";

  private final String holder;
  private final Table<Key, V> rows;
  private final Table<Tuple, Leased> leases;
  private final Table<String, Count> counts;
  private final Heads heads;

  /// @param holder the incarnation that claims; 0 for none
  KeySpaceQueue(String name, Class<V> row, long holder) {
    this(name, row, holder, new Heads());
  }

  KeySpaceQueue(String name, Class<V> row, long holder, Heads heads) {
    this.heads = heads;
    this.holder = holder == 0 ? "" : HOLDER_PREFIX + holder;
    this.rows = Table.of(name, Key.CODEC, row);
    this.leases = Table.of(name + ".leases", KeyCodec.TUPLE, Leased.class);
    this.counts = Table.of(name + ".counts", KeyCodec.STRING, Count.class);
  }

  @Override
  public Table.Encoded<V> encoded(V row) {
    return rows.encoded(row);
  }

  @Override
  public void add(Tx tx, String queue, String id, Instant due, Table.Encoded<V> row) {
    long before = count(tx, queue);
    counts.put(tx, queue, new Count(before + 1));
    insert(tx, new Key(queue, millis(due), id), row, before == 0);
  }

  @Override
  public Claimed<V> addClaimed(
      Tx tx, String queue, String id, Instant leaseUntil, Table.Encoded<V> row) {
    Instant until = millis(leaseUntil);
    add(tx, queue, id, until, row);
    return new Claimed<>(lease(tx, queue, id, until, 1), row.row());
  }

  @Override
  public List<Claimed<V>> claim(
      Tx tx, String queue, Instant now, int limit, Instant leaseUntil, UnaryOperator<V> mark) {
    if (limit <= 0) {
      return List.of();
    }
    Heads.Position from = heads.of(queue);
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
      rows.delete(tx, key);
      V row = mark.apply(entry.value());
      rows.put(tx, new Key(queue, until, key.id), row);
      long claims = claims(tx, queue, key.id) + 1;
      claimed.add(new Claimed<>(lease(tx, queue, key.id, until, claims), row));
    }
    if (found.isEmpty() && count(tx, queue) == 0) {
      return claimed; // an empty queue has no head
    }
    Heads.Position to =
        found.size() < limit ? new Heads.Position(end, "") : found.getLast().key().next();
    tx.afterCommit(
        () -> {
          heads.raise(queue, from, to);
          if (!claimed.isEmpty()) {
            heads.lower(queue, new Heads.Position(until, ""), false);
          }
        });
    return claimed;
  }

  @Override
  public Optional<Claimed<V>> claimOne(
      Tx tx, String queue, String id, Instant due, Instant leaseUntil) {
    Key key = new Key(queue, millis(due), id);
    Instant until = millis(leaseUntil);
    return rows.get(tx, key)
        .map(
            row -> {
              rows.delete(tx, key);
              insert(tx, new Key(queue, until, id), encoded(row), false);
              long claims = claims(tx, queue, id) + 1;
              return new Claimed<>(lease(tx, queue, id, until, claims), row);
            });
  }

  private long claims(Tx tx, String queue, String id) {
    return leases.get(tx, Tuple.of(queue, id)).map(Leased::claims).orElse(0L);
  }

  private Lease lease(Tx tx, String queue, String id, Instant until, long claims) {
    Leased leased = new Leased(until, claims, holder, ThreadLocalRandom.current().nextLong());
    leases.put(tx, Tuple.of(queue, id), leased);
    return leased.lease(queue, id);
  }

  @Override
  public Optional<Lease> lease(Snapshot snapshot, String queue, String id, long claims) {
    return leases
        .get(snapshot, Tuple.of(queue, id))
        .filter(leased -> leased.claims >= claims)
        .map(leased -> leased.lease(queue, id));
  }

  @Override
  public Optional<V> get(Snapshot snapshot, Lease lease) {
    return current(snapshot, lease).flatMap(leased -> rows.get(snapshot, key(lease, leased.due)));
  }

  @Override
  public boolean settle(Tx tx, Lease lease) {
    Optional<Leased> current = current(tx, lease);
    current.ifPresent(leased -> remove(tx, key(lease, leased.due)));
    return current.isPresent();
  }

  @Override
  public boolean extend(Tx tx, Lease lease, Instant until) {
    Optional<Leased> current = current(tx, lease);
    if (current.isEmpty()) {
      return false;
    }
    Leased extended = current.get().until(millis(until));
    leases.put(tx, Tuple.of(lease.queue(), lease.id()), extended);
    move(tx, key(lease, current.get().due), extended.due);
    return true;
  }

  private void move(Tx tx, Key from, Instant due) {
    V row =
        rows.get(tx, from)
            .orElseThrow(() -> new IllegalStateException("A lease without a row: " + from));
    rows.delete(tx, from);
    insert(tx, new Key(from.queue, due, from.id), encoded(row), false);
  }

  @Override
  public boolean release(Tx tx, Lease lease, Instant due, V row) {
    Optional<Leased> current = current(tx, lease);
    if (current.isEmpty()) {
      return false;
    }
    rows.delete(tx, key(lease, current.get().due));
    leases.delete(tx, Tuple.of(lease.queue(), lease.id()));
    insert(tx, key(lease, millis(due)), encoded(row), false);
    return true;
  }

  @Override
  public int purge(Tx tx, String queue, int limit) {
    List<Key> found = rows.listKeys(tx, from(queue, heads.of(queue)), limit);
    found.forEach(key -> remove(tx, key));
    return found.size();
  }

  @Override
  public Optional<Instant> firstDue(Snapshot snapshot, String queue, Instant end) {
    Heads.Position from = heads.of(queue);
    Optional<Key> first = first(snapshot, queue, from, end);
    if (from == null && first.isPresent() && !(snapshot instanceof Tx)) {
      // Spares the first claim after a restart the old tombstones.
      heads.raiseAfterLook(queue, Heads.NONE, null, first.get().position());
    }
    return first.map(Key::due);
  }

  @Override
  public Mark mark() {
    return new Mark(heads.generation());
  }

  @Override
  public Optional<Instant> firstDue(Snapshot snapshot, Mark mark, String queue, Instant end) {
    if (snapshot instanceof Tx) {
      throw new IllegalArgumentException("A transaction may see rows that are never committed");
    }
    if (count(snapshot, queue) == 0) {
      return Optional.empty(); // it has no head, and perhaps many tombstones
    }
    Heads.Position from = heads.of(queue);
    Optional<Key> first = first(snapshot, queue, from, end);
    Heads.Position to =
        first.map(Key::position).orElseGet(() -> new Heads.Position(millis(end), ""));
    heads.raiseAfterLook(queue, mark.generation(), from, to);
    return first.map(Key::due);
  }

  private Optional<Key> first(
      Snapshot snapshot, String queue, Heads.@Nullable Position from, Instant end) {
    Range range = from(queue, from).before(Tuple.of(queue, millis(end)));
    return rows.listKeys(snapshot, range, 1).stream().findFirst();
  }

  @Override
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
        lease.ifPresent(leased -> leases.put(tx, leaseKey, leased.until(at)));
        insert(tx, new Key(key.queue, at, key.id), encoded(row.get()), false);
        moved++;
      }
    }
    return moved;
  }

  @Override
  public long rows(Snapshot snapshot, String queue) {
    return count(snapshot, queue);
  }

  @Override
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

  @Override
  public List<Item<V>> list(Snapshot snapshot, String queue, int limit) {
    return rows.list(snapshot, from(queue, heads.of(queue)), limit).stream()
        .map(entry -> new Item<>(entry.key().id, entry.key().due, entry.value()))
        .toList();
  }

  @Override
  public List<String> queues(Snapshot snapshot, String after, int limit) {
    return counts.listKeys(snapshot, Range.all().after(Tuple.of(after)), limit);
  }

  @Override
  public List<Held> held(Snapshot snapshot) {
    List<Held> found = new ArrayList<>();
    leases.scan(
        snapshot,
        Range.all(),
        Table.MANY,
        (key, leased) -> {
          found.add(new Held(leased.lease(key.string(0), key.string(1)), leased.incarnation()));
          return ScanStep.NEXT;
        });
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

  /// The row of the lease, if it is good. Its end may have been moved.
  private Optional<Leased> current(Snapshot snapshot, Lease lease) {
    return leases
        .get(snapshot, Tuple.of(lease.queue(), lease.id()))
        .filter(leased -> leased.token == lease.token());
  }

  private static Key key(Lease lease, Instant due) {
    return new Key(lease.queue(), due, lease.id());
  }

  private long count(Snapshot snapshot, String queue) {
    return counts.get(snapshot, queue).map(Count::rows).orElse(0L);
  }

  private static Range from(String queue, Heads.@Nullable Position head) {
    Range whole = Range.within(Tuple.of(queue));
    return head == null ? whole : whole.from(Tuple.of(queue, head.due(), head.id()));
  }

  private static Instant millis(Instant instant) {
    return Instant.ofEpochMilli(instant.toEpochMilli());
  }
}
