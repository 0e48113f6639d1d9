package io.carillon.store;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/// Numbers for the keys of rows that are read in order of time. Within a process they rise; those
/// of different nodes are in order of time, to the millisecond, and differ.
///
///     milliseconds (42 bits) · count (10) · incarnation (11)
///
/// A process that draws more than 1,024 in a millisecond takes from the next ones. Former versions
/// drew the time in milliseconds, shifted by 20 bits: all of these are smaller.
public final class RowNumbers {
  private static final int NODE_BITS = 11;
  private static final int TIME_SHIFT = 21;
  private static final long STEP = 1L << NODE_BITS;

  /// Incarnations that are equal in this many values draw equal numbers; two of them must not live
  /// at the same time.
  static final long DISTINCT = STEP;

  private final long incarnation;
  private final AtomicLong last = new AtomicLong();

  public RowNumbers(long incarnation) {
    this.incarnation = Math.floorMod(incarnation, DISTINCT);
  }

  /// The next number.
  ///
  /// @param now by the engine's clock
  public long next(Instant now) {
    long earliest = now.toEpochMilli() << TIME_SHIFT | incarnation;
    return last.updateAndGet(previous -> Math.max(previous + STEP, earliest));
  }
}
