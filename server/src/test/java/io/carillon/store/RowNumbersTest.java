package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class RowNumbersTest {
  private static final Instant NOW = Instant.parse("2026-11-30T12:00:00Z");

  @Test
  void nodesDrawDifferentNumbersInTheSameMillisecond() {
    Set<Long> drawn = new HashSet<>();
    for (long incarnation = 1; incarnation <= 20; incarnation++) {
      RowNumbers numbers = new RowNumbers(incarnation);
      for (int i = 0; i < 2_000; i++) {
        assertThat(drawn.add(numbers.next(NOW))).isTrue();
      }
    }
  }

  @Test
  void numbersOfDifferentNodesAreInOrderOfTime() {
    List<RowNumbers> nodes = new ArrayList<>();
    for (long incarnation : new long[] {7, 2_047, 2_048, Long.MAX_VALUE, -1}) {
      nodes.add(new RowNumbers(incarnation));
    }
    long last = 0;
    for (int i = 0; i < 100; i++) {
      long next = nodes.get(i * 3 % nodes.size()).next(NOW.plusMillis(i));
      assertThat(next).isGreaterThan(last);
      last = next;
    }
  }

  @Test
  void numbersRiseWhateverTheClockDoes() {
    RowNumbers numbers = new RowNumbers(1);
    long last = 0;
    for (long millis : new long[] {0, 0, 5, -3_600_000, -1, 5, 6}) {
      long next = numbers.next(NOW.plusMillis(millis));
      assertThat(next).isGreaterThan(last);
      last = next;
    }
  }

  @Test
  void aRestartWithItsClockSetBackDrawsNoNumberAgain() {
    RowNumbers before = new RowNumbers(1);
    RowNumbers after = new RowNumbers(2);
    Set<Long> drawn = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      assertThat(drawn.add(before.next(NOW))).isTrue();
      assertThat(drawn.add(after.next(NOW))).isTrue();
    }
  }

  /// Rows of former versions stay before newer ones, until the end of the century.
  @Test
  void numbersFollowThoseOfFormerVersions() {
    long former = NOW.plusSeconds(3_600).toEpochMilli() << 20;
    assertThat(new RowNumbers(0).next(NOW)).isGreaterThan(former);
    assertThat(new RowNumbers(-1).next(Instant.parse("2099-12-31T23:59:59Z"))).isPositive();
  }
}
