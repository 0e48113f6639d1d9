package io.carillon.base;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/// Points in time as AWS writes them into events and messages.
public final class Timestamps {
  private static final DateTimeFormatter MILLIS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private Timestamps() {}

  /// As `2026-01-31T13:45:00.000Z`, always with three digits behind the point.
  public static String millis(Instant time) {
    return MILLIS.format(time);
  }
}
