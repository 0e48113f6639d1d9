package io.carillon.store;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a plan relied on: the versions of guards, and single rows that no guard stands for.
///
/// @param guards with the version that the plan saw
record Premises(Map<Guard, Long> guards, List<Row> rows) {

  /// @param value null where there was no row
  record Row(byte[] key, byte @Nullable [] value) {}

  boolean hold(Snapshot snapshot) {
    if (!Guard.areUnchanged(snapshot, guards)) {
      return false;
    }
    if (rows.isEmpty()) {
      return true;
    }
    List<byte @Nullable []> now = snapshot.getAll(rows.stream().map(Row::key).toList());
    for (int i = 0; i < rows.size(); i++) {
      if (!Arrays.equals(rows.get(i).value, now.get(i))) {
        return false;
      }
    }
    return true;
  }
}
