package io.carillon.store;

import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The guards that a plan relies on: a snapshot that passes everything on and notes them.
final class GuardsOfPlans implements Snapshot {
  private final Snapshot snapshot;
  private final Set<String> guards = new TreeSet<>();

  GuardsOfPlans(Snapshot snapshot) {
    this.snapshot = snapshot;
  }

  Set<String> guards() {
    return guards;
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
    return snapshot.get(key);
  }

  @Override
  public <V> @Nullable V getCached(byte[] key, RowCodec<V> rows) {
    return snapshot.getCached(key, rows);
  }

  @Override
  public void scan(byte[] from, byte[] to, Visitor visitor) {
    snapshot.scan(from, to, visitor);
  }
}
