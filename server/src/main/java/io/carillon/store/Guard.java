package io.carillon.store;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// What a plan relies on: a version that changes with every row of a group, such as a bucket's row,
/// its policy and its rules (see [Table#guardedBy]).
///
/// A plan reads many rows but only few guards, and a change checks only those: that is what lets it
/// evaluate policies and filters outside of the commit. So a guard stands for what administrators
/// change; traffic must not change it.
///
/// Versions are random, so that a queue that is deleted and created again does not match. A group
/// that was not changed since programs have guards has no version, which counts as one.
///
/// @param kind such as `s3.bucket`
/// @param key what the keys of the group's rows begin with
public record Guard(String kind, Tuple key) {
  record Version(long number) {}

  static final long NEVER_CHANGED = 0;

  private static final Table<Tuple, Version> VERSIONS =
      Table.cached("store.guards", KeyCodec.TUPLE, Version.class);

  public static Guard of(String kind, Object... key) {
    return new Guard(kind, Tuple.of(key));
  }

  long version(Snapshot snapshot) {
    return VERSIONS.get(snapshot, row()).map(Version::number).orElse(NEVER_CHANGED);
  }

  /// Whether these guards have the versions that were seen.
  static boolean areUnchanged(Snapshot snapshot, Map<Guard, Long> seen) {
    if (seen.isEmpty()) {
      return true;
    }
    List<Tuple> rows = new ArrayList<>(seen.size());
    Snapshot rowsOf = snapshot;
    for (Guard guard : seen.keySet()) {
      rows.add(guard.row());
      rowsOf = snapshot.under(guard);
    }
    Iterator<@Nullable Version> versions = VERSIONS.lookUp(rowsOf, rows).iterator();
    for (long before : seen.values()) {
      Version now = versions.next();
      if ((now == null ? NEVER_CHANGED : now.number) != before) {
        return false;
      }
    }
    return true;
  }

  /// Changes the version, for a row that stands under this guard without its key saying so.
  public void touch(Tx tx) {
    VERSIONS.put(tx, row(), new Version(newVersion()));
  }

  /// Ends the group after all its rows are deleted. The row of a group that had no version stays,
  /// since its absence would match the plans that saw the group.
  public void retire(Tx tx) {
    if (version(tx) == NEVER_CHANGED) {
      touch(tx);
    } else {
      VERSIONS.delete(tx, row());
    }
  }

  private static long newVersion() {
    long random = ThreadLocalRandom.current().nextLong();
    return random == NEVER_CHANGED ? 1 : random;
  }

  private Tuple row() {
    return Tuple.of(kind).and(key.elements().toArray());
  }
}
