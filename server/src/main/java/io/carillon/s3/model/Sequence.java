package io.carillon.s3.model;

import io.carillon.store.StalePlanException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/// Numbers that order the versions of a key, and events by their `sequencer`.
///
/// A number is the time in units of 2⁻³² seconds, raised where necessary above every number that
/// this process has issued and above the version that it replaces. So a clock that is set back
/// affects only keys that were deleted before a restart and written again after it.
///
/// A plan draws the number, since the event contains it, and its application takes it. If another
/// change of the key took a higher one in between, the plan is made again: numbers are in the order
/// of commits.
public final class Sequence {
  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  /// Keys share the memory of the last number taken; two that collide at worst plan again.
  private static final int SLOTS = 4096;

  private final InstantSource clock;
  private final AtomicLong last = new AtomicLong();
  private final AtomicLongArray taken = new AtomicLongArray(SLOTS);

  public Sequence(InstantSource clock) {
    this.clock = clock;
  }

  /// The next number for a key.
  public long draw(Bucket bucket, ObjectKey key) {
    Instant now = clock.instant();
    long time = now.getEpochSecond() << 32 | ((long) now.getNano() << 32) / 1_000_000_000L;
    long floor = taken.get(slot(bucket, key));
    return last.updateAndGet(previous -> Math.max(time, Math.max(previous, floor) + 1));
  }

  /// Takes a number for a change of the key that is about to commit.
  ///
  /// @param replaced the number of the key's current version; 0 for none
  /// @throws StalePlanException if the number is not above those that the key has had
  void take(Bucket bucket, ObjectKey key, long number, long replaced) {
    int slot = slot(bucket, key);
    long floor = taken.accumulateAndGet(slot, replaced, Math::max);
    if (number <= floor) {
      throw new StalePlanException("a later number of the key was taken");
    }
    taken.set(slot, number);
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
