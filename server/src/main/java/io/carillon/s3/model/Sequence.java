package io.carillon.s3.model;

import io.carillon.store.KeyCodec;
import io.carillon.store.Snapshot;
import io.carillon.store.StalePlanException;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import java.time.Instant;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/// Numbers that order the versions of a key, and events by their `sequencer`.
///
/// A number is the time of the engine's clock, which nodes share, in units of 2⁻³² seconds, raised
/// where necessary above every number that this process has issued and above the version that it
/// replaces. So a clock that is set back affects only keys that were deleted before a restart and
/// written again after it.
///
/// A plan draws the number, since the event contains it, and its application takes it. If another
/// change of the key took a higher one in between, the plan is made again: numbers are in the order
/// of commits.
public final class Sequence {
  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  /// Keys share the memory of the last number taken; two that collide at worst plan again.
  private static final int SLOTS = 4096;

  record Removed(long number) {}

  /// The last number of a deletion by slot, which no row of the key need have. Only over a shared
  /// database: else `taken` knows it.
  private static final Table<Long, Removed> REMOVED =
      Table.of("s3.removed", new KeyCodec<>(Tuple::of, slot -> slot.number(0)), Removed.class);

  private final boolean shared;
  private final AtomicLong last = new AtomicLong();
  private final AtomicLongArray taken = new AtomicLongArray(SLOTS);

  /// @param shared whether other processes use the database
  public Sequence(boolean shared) {
    this.shared = shared;
  }

  /// The next number for a key.
  long draw(Snapshot snapshot, Bucket bucket, ObjectKey key) {
    Instant now = snapshot.now();
    long time = now.getEpochSecond() << 32 | ((long) now.getNano() << 32) / 1_000_000_000L;
    long floor = taken.get(slot(bucket, key));
    return last.updateAndGet(previous -> Math.max(time, Math.max(previous, floor) + 1));
  }

  /// Takes a number for a change of the key that is about to commit.
  ///
  /// @param replaced the number of the key's current version; 0 for none
  /// @throws StalePlanException if the number is not above those that the key has had
  void take(Tx tx, Bucket bucket, ObjectKey key, long number, long replaced) {
    int slot = slot(bucket, key);
    long removed = shared ? REMOVED.get(tx, (long) slot).map(Removed::number).orElse(0L) : 0;
    long floor = taken.accumulateAndGet(slot, Math.max(replaced, removed), Math::max);
    if (number <= floor) {
      throw new StalePlanException("a later number of the key was taken");
    }
    taken.set(slot, number);
  }

  /// As [#take], for a deletion, which leaves no row with its number.
  void takeForRemoval(Tx tx, Bucket bucket, ObjectKey key, long number, long replaced) {
    take(tx, bucket, key, number, replaced);
    if (shared) {
      REMOVED.put(tx, (long) slot(bucket, key), new Removed(number));
    }
  }

  private static int slot(Bucket bucket, ObjectKey key) {
    int hash = 31 * bucket.name().hashCode() + key.value().hashCode();
    return (hash ^ hash >>> 16) & SLOTS - 1;
  }

  /// The `sequencer` of events: always 18 digits, so it sorts as text whichever side a reader pads.
  public static String text(long number) {
    return "00" + HEX.toHexDigits(number);
  }
}
