package io.carillon.store;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The snapshot that a plan reads; it records the plan's [Premises].
final class PlanSnapshot implements Snapshot {
  private final Snapshot snapshot;
  private final Map<Guard, Long> guards = new LinkedHashMap<>();
  private final List<Premises.Row> rows = new ArrayList<>();

  PlanSnapshot(Snapshot snapshot) {
    this.snapshot = snapshot;
  }

  Premises premises() {
    return new Premises(guards, rows);
  }

  @Override
  public Snapshot under(Guard guard) {
    guards.computeIfAbsent(guard, unseen -> unseen.version(snapshot));
    return snapshot;
  }

  @Override
  public Snapshot unchanging() {
    return snapshot;
  }

  @Override
  public byte @Nullable [] get(byte[] key) {
    byte[] value = snapshot.get(key);
    rows.add(new Premises.Row(key, value));
    return value;
  }

  @Override
  public Instant now() {
    return snapshot.now();
  }

  @Override
  public List<byte @Nullable []> getAll(List<byte[]> keys) {
    List<byte @Nullable []> values = snapshot.getAll(keys);
    for (int i = 0; i < keys.size(); i++) {
      rows.add(new Premises.Row(keys.get(i), values.get(i)));
    }
    return values;
  }

  @Override
  public void scan(byte[] from, byte[] to, int page, Visitor visitor) {
    throw new IllegalStateException(
        "A plan scans rows that no guard stands for: whether one was added could not be checked");
  }
}
