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
    for (Map.Entry<Guard, Long> seen : guards.entrySet()) {
      if (seen.getKey().version(snapshot.under(seen.getKey())) != seen.getValue()) {
        return false;
      }
    }
    for (Row seen : rows) {
      if (!Arrays.equals(seen.value, snapshot.get(seen.key))) {
        return false;
      }
    }
    return true;
  }
}
