package io.carillon.s3.model;

import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;

/// Numbers that order the versions of a key, and events by their `sequencer`.
///
/// A number is the time in units of 2⁻³² seconds, raised where necessary above every number that
/// this process has issued and above the version that it replaces. So a clock that is set back
/// affects only keys that were deleted before a restart and written again after it.
public final class Sequence {
  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private final InstantSource clock;
  private final AtomicLong last = new AtomicLong();

  public Sequence(InstantSource clock) {
    this.clock = clock;
  }

  /// The next number, which is above `floor`.
  public long next(long floor) {
    Instant now = clock.instant();
    long time = now.getEpochSecond() << 32 | ((long) now.getNano() << 32) / 1_000_000_000L;
    return last.updateAndGet(previous -> Math.max(time, Math.max(previous, floor) + 1));
  }

  /// The `sequencer` of events: always 18 digits, so it sorts as text whichever side a reader pads.
  public static String text(long number) {
    return "00" + HEX.toHexDigits(number);
  }
}
