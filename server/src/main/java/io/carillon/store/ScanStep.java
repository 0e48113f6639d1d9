package io.carillon.store;

import java.util.Arrays;

/// What a scan does after a row: it goes on, skips rows unread, or stops.
public sealed interface ScanStep {
  ScanStep NEXT = new Next();
  ScanStep STOP = new Stop();

  /// Goes on with the next row.
  record Next() implements ScanStep {}

  /// Ends the scan.
  record Stop() implements ScanStep {}

  /// Goes on with the first row at or after `key`, which comes after the row that was visited.
  record SkipTo(byte[] key) implements ScanStep {
    /// Engines call this before they skip: a visitor that goes back would never end.
    SkipTo after(byte[] visited) {
      if (Arrays.compareUnsigned(key, visited) <= 0) {
        throw new IllegalArgumentException("A scan skips forward only");
      }
      return this;
    }
  }

  static ScanStep nextIf(boolean goesOn) {
    return goesOn ? NEXT : STOP;
  }

  /// Skips every row of a table whose key begins with `parent` and a string beginning with
  /// `prefix`.
  static ScanStep skipPrefix(Tuple parent, String prefix) {
    return new SkipTo(Range.successor(parent.toBytesWithOpenString(prefix)));
  }
}
