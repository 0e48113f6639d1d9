package io.carillon.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/// Rows of one type in the key space: `name, key → row`. A row is a record; [RowCodec] says how it
/// is stored and how it may gain members.
public final class Table<K, V> {

  /// A key with its row.
  public record Entry<K, V>(K key, V value) {}

  private final String name;
  private final byte[] prefix;
  private final KeyCodec<K> keys;
  private final RowCodec<V> rows;
  private final boolean isCached;

  private Table(String name, KeyCodec<K> keys, RowCodec<V> rows, boolean isCached) {
    this.name = name;
    this.prefix = Tuple.of(name).toBytes();
    this.keys = keys;
    this.rows = rows;
    this.isCached = isCached;
  }

  /// @param name unique in the store, by convention `service.plural`, such as `s3.buckets`
  public static <K, V> Table<K, V> of(String name, KeyCodec<K> keys, Class<V> row) {
    return new Table<>(name, keys, RowCodec.of(row), false);
  }

  /// A table that nearly every request reads and few change: the store may cache its decoded rows,
  /// so they must be deeply immutable.
  public static <K, V> Table<K, V> cached(String name, KeyCodec<K> keys, Class<V> row) {
    return new Table<>(name, keys, RowCodec.of(row), true);
  }

  public String name() {
    return name;
  }

  public Optional<V> get(Snapshot snapshot, K key) {
    if (isCached) {
      return Optional.ofNullable(snapshot.getCached(encode(key), rows));
    }
    byte[] row = snapshot.get(encode(key));
    return row == null ? Optional.empty() : Optional.of(rows.decode(row));
  }

  public void put(Tx tx, K key, V row) {
    byte[] encoded = encode(key);
    tx.put(encoded, rows.encode(row));
    if (isCached) {
      tx.invalidate(encoded);
    }
  }

  /// An encoded row, for large ones that are encoded before their transaction.
  public record Encoded<V>(byte[] bytes) {}

  public Encoded<V> encoded(V row) {
    return new Encoded<>(rows.encode(row));
  }

  public void put(Tx tx, K key, Encoded<V> row) {
    byte[] encoded = encode(key);
    tx.put(encoded, row.bytes);
    if (isCached) {
      tx.invalidate(encoded);
    }
  }

  public void delete(Tx tx, K key) {
    byte[] encoded = encode(key);
    tx.delete(encoded);
    if (isCached) {
      tx.invalidate(encoded);
    }
  }

  /// Visits the rows of `range` in key order until `visitor` returns false.
  public void scan(Snapshot snapshot, Range range, BiPredicate<K, V> visitor) {
    snapshot.scan(
        concat(prefix, range.from()),
        concat(prefix, range.to()),
        (key, row) -> visitor.test(decode(key), rows.decode(row)));
  }

  /// As [#scan], with the keys alone: no row is decoded.
  public void scanKeys(Snapshot snapshot, Range range, Predicate<K> visitor) {
    snapshot.scan(
        concat(prefix, range.from()),
        concat(prefix, range.to()),
        (key, _) -> visitor.test(decode(key)));
  }

  public List<Entry<K, V>> list(Snapshot snapshot, Range range, int limit) {
    List<Entry<K, V>> found = new ArrayList<>();
    if (limit > 0) {
      scan(
          snapshot,
          range,
          (key, row) -> {
            found.add(new Entry<>(key, row));
            return found.size() < limit;
          });
    }
    return found;
  }

  private byte[] encode(K key) {
    return concat(prefix, keys.toTuple().apply(key).toBytes());
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
