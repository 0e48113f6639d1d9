package io.carillon.store;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The guards that a plan relies on: a snapshot that passes everything on and notes them.
final class GuardsOfPlans implements Snapshot {
  private final Snapshot snapshot;
  private final Set<String> guards = new TreeSet<>();
  private int rows;

  GuardsOfPlans(Snapshot snapshot) {
    this.snapshot = snapshot;
  }

  Set<String> guards() {
    return guards;
  }

  /// How many rows that no guard stands for were read.
  int rows() {
    return rows;
  }

  @Override
  public Snapshot under(Guard guard) {
    guards.add(guard.kind() + " " + guard.key().elements());
    return snapshot.under(guard);
  }

  @Override
  public Snapshot unchanging() {
    return snapshot.unchanging();
  }

  @Override
  public byte @Nullable [] get(byte[] key) {
    rows++;
    return snapshot.get(key);
  }

  @Override
  public <V> @Nullable V getCached(byte[] key, RowCodec<V> codec) {
    rows++;
    return snapshot.getCached(key, codec);
  }

  @Override
  public List<byte @Nullable []> getAll(List<byte[]> keys) {
    return snapshot.getAll(keys);
  }

  @Override
  public <V> List<@Nullable V> getAllCached(List<byte[]> keys, RowCodec<V> rows) {
    return snapshot.getAllCached(keys, rows);
  }

  @Override
  public void scan(byte[] from, byte[] to, int page, Visitor visitor) {
    snapshot.scan(from, to, page, visitor);
  }

  @Override
  public Instant now() {
    return snapshot.now();
  }
}
