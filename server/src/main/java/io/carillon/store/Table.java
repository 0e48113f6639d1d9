package io.carillon.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Rows of one type in the key space: `name, key → row`. A row is a record; [RowCodec] says how it
/// is stored and how it may gain members.
public final class Table<K, V> {

  /// A key with its row.
  public record Entry<K, V>(K key, V value) {}

  /// The page of scans that may visit any number of rows.
  public static final int MANY = 500;

  private final String name;
  private final byte[] prefix;
  private final KeyCodec<K> keys;
  private final RowCodec<V> rows;
  private final boolean isCached;
  private final boolean isUnchanging;
  private final @Nullable GuardRule guard;

  /// Which guard a row stands under.
  ///
  /// @param elements how many elements of the row's key are the guard's key
  private record GuardRule(String kind, int elements) {
    Guard of(Tuple key) {
      return new Guard(kind, new Tuple(key.elements().subList(0, elements)));
    }
  }

  private Table(
      String name,
      KeyCodec<K> keys,
      RowCodec<V> rows,
      boolean isCached,
      boolean isUnchanging,
      @Nullable GuardRule guard) {
    this.name = name;
    this.prefix = Tuple.of(name).toBytes();
    this.keys = keys;
    this.rows = rows;
    this.isCached = isCached;
    this.isUnchanging = isUnchanging;
    this.guard = guard;
  }

  /// @param name unique in the store, by convention `service.plural`, such as `s3.buckets`
  public static <K, V> Table<K, V> of(String name, KeyCodec<K> keys, Class<V> row) {
    return new Table<>(name, keys, RowCodec.of(row), false, false, null);
  }

  /// A table that nearly every request reads and few change: the store may cache its decoded rows,
  /// so they must be deeply immutable.
  public static <K, V> Table<K, V> cached(String name, KeyCodec<K> keys, Class<V> row) {
    return new Table<>(name, keys, RowCodec.of(row), true, false, null);
  }

  /// The same table, whose rows stand under guards: changing a row changes its guard's version, and
  /// a plan that reads rows relies on their guard.
  ///
  /// @param kind may be shared by several tables
  /// @param elements how many elements of a row's key are the guard's key
  public Table<K, V> guardedBy(String kind, int elements) {
    return new Table<>(name, keys, rows, isCached, isUnchanging, new GuardRule(kind, elements));
  }

  /// The same table, whose rows never change between being written and being deleted. A plan may
  /// rely on them without a check, if what it works for keeps them from being deleted.
  public Table<K, V> unchanging() {
    return new Table<>(name, keys, rows, isCached, true, guard);
  }

  public String name() {
    return name;
  }

  public Optional<V> get(Snapshot snapshot, K key) {
    Tuple tuple = keys.toTuple().apply(key);
    byte[] encoded = encode(tuple);
    Snapshot rowsOf = readable(snapshot, tuple);
    if (isCached) {
      return Optional.ofNullable(rowsOf.getCached(encoded, rows));
    }
    byte[] row = rowsOf.get(encoded);
    return row == null ? Optional.empty() : Optional.of(rows.decode(row));
  }

  private Snapshot readable(Snapshot snapshot, Tuple key) {
    if (guard != null) {
      return snapshot.under(guard.of(key));
    }
    return isUnchanging ? snapshot.unchanging() : snapshot;
  }

  public void put(Tx tx, K key, V row) {
    put(tx, key, encoded(row));
  }

  /// A row and its encoding, for rows that are encoded before their transaction.
  public record Encoded<V>(V row, byte[] bytes) {}

  public Encoded<V> encoded(V row) {
    return new Encoded<>(row, rows.encode(row));
  }

  public void put(Tx tx, K key, Encoded<V> row) {
    Tuple tuple = keys.toTuple().apply(key);
    byte[] encoded = encode(tuple);
    tx.put(encoded, row.bytes);
    changed(tx, tuple, encoded);
  }

  public void delete(Tx tx, K key) {
    Tuple tuple = keys.toTuple().apply(key);
    byte[] encoded = encode(tuple);
    tx.delete(encoded);
    changed(tx, tuple, encoded);
  }

  private void changed(Tx tx, Tuple key, byte[] encoded) {
    if (isCached) {
      tx.invalidate(encoded);
    }
    if (guard != null) {
      guard.of(key).touch(tx);
    }
  }

  /// The guard of the rows whose keys begin with the elements of `key`, for caches and for the end
  /// of the group.
  public Guard guard(K key) {
    return Objects.requireNonNull(guard, "No guard stands for " + name)
        .of(keys.toTuple().apply(key));
  }

  /// The rows of `keys` that exist, in that order.
  public List<Entry<K, V>> getAll(Snapshot snapshot, List<K> keys) {
    List<Entry<K, V>> found = new ArrayList<>(keys.size());
    Iterator<@Nullable V> all = lookUp(snapshot, keys).iterator();
    for (K key : keys) {
      V row = all.next();
      if (row != null) {
        found.add(new Entry<>(key, row));
      }
    }
    return found;
  }

  /// A row for each key; null where there is none.
  List<@Nullable V> lookUp(Snapshot snapshot, List<K> lookedUp) {
    Snapshot rowsOf = snapshot;
    List<byte[]> encoded = new ArrayList<>(lookedUp.size());
    for (K key : lookedUp) {
      Tuple tuple = keys.toTuple().apply(key);
      rowsOf = readable(snapshot, tuple);
      encoded.add(encode(tuple));
    }
    if (isCached) {
      return rowsOf.getAllCached(encoded, rows);
    }
    List<@Nullable V> found = new ArrayList<>(encoded.size());
    for (byte @Nullable [] row : rowsOf.getAll(encoded)) {
      found.add(row == null ? null : rows.decode(row));
    }
    return found;
  }

  /// Sees one row; says how the scan goes on.
  @FunctionalInterface
  public interface Visitor<K, V> {
    ScanStep visit(K key, V row);
  }

  /// Visits the rows of `range` in key order, as [Snapshot#scan].
  ///
  /// @param page how many rows the visitor is going to need; [#MANY] if the caller cannot tell
  public void scan(Snapshot snapshot, Range range, int page, Visitor<K, V> visitor) {
    scanRaw(snapshot, range, page, (key, row) -> visitor.visit(decode(key), rows.decode(row)));
  }

  /// As [#scan], with the keys alone: no row is decoded.
  public void scanKeys(
      Snapshot snapshot, Range range, int page, Function<? super K, ScanStep> visitor) {
    scanRaw(snapshot, range, page, (key, _) -> visitor.apply(decode(key)));
  }

  private void scanRaw(Snapshot snapshot, Range range, int page, Snapshot.Visitor visitor) {
    if (page < 1) {
      throw new IllegalArgumentException("A scan that needs no row: " + page);
    }
    readable(snapshot, range)
        .scan(
            concat(prefix, range.from()),
            concat(prefix, range.to()),
            page,
            (key, row) ->
                switch (visitor.visit(key, row)) {
                  case ScanStep.SkipTo(byte[] to) -> new ScanStep.SkipTo(concat(prefix, to));
                  case ScanStep step -> step;
                });
  }

  public List<Entry<K, V>> list(Snapshot snapshot, Range range, int limit) {
    List<Entry<K, V>> found = new ArrayList<>();
    if (limit > 0) {
      scan(
          snapshot,
          range,
          limit,
          (key, row) -> {
            found.add(new Entry<>(key, row));
            return ScanStep.nextIf(found.size() < limit);
          });
    }
    return found;
  }

  /// As [#list], with the keys alone.
  public List<K> listKeys(Snapshot snapshot, Range range, int limit) {
    List<K> found = new ArrayList<>();
    if (limit > 0) {
      scanKeys(
          snapshot,
          range,
          limit,
          key -> {
            found.add(key);
            return ScanStep.nextIf(found.size() < limit);
          });
    }
    return found;
  }

  /// A range that spans several guards is not readable to a plan.
  private Snapshot readable(Snapshot snapshot, Range range) {
    return guard != null && range.parent().size() >= guard.elements
        ? snapshot.under(guard.of(range.parent()))
        : snapshot;
  }

  private byte[] encode(Tuple key) {
    return concat(prefix, key.toBytes());
  }

  private K decode(byte[] key) {
    return keys.fromTuple().apply(Tuple.parse(Arrays.copyOfRange(key, prefix.length, key.length)));
  }

  private static byte[] concat(byte[] head, byte[] tail) {
    byte[] whole = Arrays.copyOf(head, head.length + tail.length);
    System.arraycopy(tail, 0, whole, head.length, tail.length);
    return whole;
  }
}
