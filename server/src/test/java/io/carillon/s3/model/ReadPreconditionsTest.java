package io.carillon.s3.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.s3.model.ReadPreconditions.Result;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The table of RFC 9110 §13.2.2, for an object with the ETag `e` written at ten o'clock.
class ReadPreconditionsTest {
  private static final ObjectVersion VERSION =
      new ObjectVersion(
          "null",
          1,
          Instant.parse("2026-03-01T10:00:00.900Z").toEpochMilli(),
          false,
          "e",
          ContentRef.NONE,
          null,
          ObjectMetadata.NONE);

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "-, -, -, -, proceed",
        "e, -, -, -, proceed",
        "\"e\", -, -, -, proceed",
        "*, -, -, -, proceed",
        "x, -, -, -, If-Match",
        "e, 09, -, -, proceed", // If-Match outranks If-Unmodified-Since
        "-, 09, -, -, If-Unmodified-Since",
        "-, 10, -, -, proceed", // to the second: written at 10:00:00.9 is 10:00:00
        "-, 11, -, -, proceed",
        "-, -, e, -, unchanged",
        "-, -, *, -, unchanged",
        "-, -, W/\"e\", -, unchanged",
        "-, -, x, -, proceed",
        "-, -, x, 11, proceed", // If-None-Match outranks If-Modified-Since
        "-, -, e, 09, unchanged",
        "-, -, -, 11, unchanged",
        "-, -, -, 12, proceed", // the time is 11:00, and a future date is ignored
        "-, -, -, 10, unchanged",
        "-, -, -, 09, proceed",
        "x, -, e, -, If-Match",
        "e, -, e, -, unchanged"
      })
  void conditionsAreEvaluatedInOrder(
      @Nullable String match,
      @Nullable String unmodified,
      @Nullable String noneMatch,
      @Nullable String modified,
      String expected) {
    Result verdict =
        new ReadPreconditions(
                match,
                hour(unmodified),
                noneMatch,
                hour(modified),
                Instant.parse("2026-03-01T11:00:00Z"))
            .evaluate(VERSION);

    assertThat(
            switch (verdict) {
              case Result.Proceed() -> "proceed";
              case Result.NotModified() -> "unchanged";
              case Result.Failed(String condition) -> condition;
            })
        .isEqualTo(expected);
  }

  private static @Nullable Instant hour(@Nullable String hour) {
    return hour == null ? null : Instant.parse("2026-03-01T" + hour + ":00:00Z");
  }
}
