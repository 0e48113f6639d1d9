package io.carillon.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.base.Ids;
import io.carillon.store.CountingDatabase;
import io.carillon.store.Database;
import io.carillon.store.RepeatingDatabase;
import io.carillon.store.RowNumbers;
import io.carillon.store.SharedMemory;
import io.carillon.store.Tx;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class TableTraceTest {
  private Instant now = Instant.parse("2026-11-22T12:00:00Z");
  private final CountingDatabase database =
      new CountingDatabase(RepeatingDatabase.inMemory(() -> now));
  private final TableTrace trace =
      new TableTrace(database, () -> now, new Ids(), new RowNumbers(1), 10);

  @Test
  void eventsOfAnObjectAreFoundWithTheirStepsInOrder() {
    String first = upload("a.txt");
    now = now.plusSeconds(1);
    String second = upload("a.txt");
    upload("b.txt");

    assertThat(trace.of("bucket", Optional.of("a.txt"), 10))
        .extracting(TableTrace.History::cause)
        .containsExactly(second, first);
    assertThat(trace.of("bucket", Optional.of("a.txt"), 1).getFirst().steps())
        .extracting(TableTrace.TimedStep::step)
        .containsExactly(Trace.Step.UPLOADED, Trace.Step.MATCHED);
  }

  @Test
  void stepsThatNodesNoteInTheSameMillisecondAreAllThere() {
    TableTrace other = new TableTrace(database, () -> now, new Ids(), new RowNumbers(2), 10);
    String cause = trace.begin();
    for (TableTrace node : List.of(trace, other)) {
      Consumer<Tx> step = node.plan(cause, Trace.Step.MATCHED, Map.of());
      database.write(
          tx -> {
            step.accept(tx);
            return cause;
          });
    }
    assertThat(other.of(cause).orElseThrow().steps()).hasSize(2);
  }

  @Test
  void theStepsOfOtherNodesCountAmongTheOldestToDelete() {
    Database shared = new SharedMemory(() -> now);
    TableTrace sweeping = new TableTrace(shared, () -> now, new Ids(), new RowNumbers(1), 10);
    TableTrace other = new TableTrace(shared, () -> now, new Ids(), new RowNumbers(2), 10);
    sweeping.sweep();
    for (int i = 0; i < 15; i++) {
      Consumer<Tx> step = other.plan(other.begin(), Trace.Step.MATCHED, Map.of());
      shared.write(
          tx -> {
            step.accept(tx);
            return step;
          });
      now = now.plusMillis(1);
    }
    sweeping.sweep();
    assertThat(sweeping.since(Instant.EPOCH, 100)).hasSize(10);
  }

  @Test
  void anEventIsFoundByItsId() {
    String cause = upload("a.txt");

    assertThat(trace.of(cause)).map(TableTrace.History::cause).contains(cause);
    assertThat(trace.of("01a2b3c4d5e6-none")).isEmpty();
  }

  @Test
  void theOldestStepsAreDeleted() {
    for (int i = 0; i < 20; i++) {
      upload("k" + i);
      now = now.plusMillis(1);
    }

    trace.sweep();

    assertThat(trace.since(Instant.EPOCH, 100)).hasSize(5);
    assertThat(trace.of("bucket", Optional.of("k14"), 10)).isEmpty();
    assertThat(trace.of("bucket", Optional.of("k15"), 10)).hasSize(1);
  }

  @Test
  void stepsStampedByAClockThatWasAheadAreDeletedFirst() {
    now = now.plus(Duration.ofDays(2));
    for (int i = 0; i < 5; i++) {
      upload("ahead" + i);
    }
    now = now.minus(Duration.ofDays(2));
    upload("now");
    trace.sweep();
    assertThat(trace.of("bucket", Optional.of("now"), 10)).hasSize(1);
    assertThat(trace.since(Instant.EPOCH, 100)).hasSize(5);
  }

  @Test
  void theTableIsCountedOnceAndThenTheCountIsKept() {
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 20; i++) {
        upload("r" + round + "k" + i);
        now = now.plusMillis(1);
      }
      database.reset();
      trace.sweep();
      // Of fifty rows forty are deleted; the first time, forty are counted and thirty deleted.
      assertThat(database.scanned()).isEqualTo(round == 0 ? 70 : 40);
      assertThat(trace.since(Instant.EPOCH, 100)).hasSize(5);
    }
    TableTrace next = new TableTrace(database, () -> now, new Ids(), new RowNumbers(2), 4);
    next.sweep();
    assertThat(next.since(Instant.EPOCH, 100)).hasSize(2);
  }

  @Test
  void noMoreHistoriesAreHeldThanAskedFor() {
    for (int i = 0; i < 4; i++) {
      upload("k");
      now = now.plusMillis(1);
    }
    assertThat(trace.since(Instant.EPOCH, 2))
        .extracting(history -> history.steps().size())
        .containsExactly(2, 2);
    assertThat(trace.since(Instant.EPOCH, 2).getFirst().steps().getFirst().time())
        .isEqualTo(now.minusMillis(1));
    assertThat(trace.of("bucket", Optional.of("k"), 3)).hasSize(3);
  }

  @Test
  void eventsOfABucketAreThoseOfAllItsObjectsLatestFirst() {
    String first = upload("z");
    now = now.plusMillis(1);
    String second = upload("a");
    assertThat(trace.of("bucket", Optional.empty(), 10))
        .extracting(TableTrace.History::cause)
        .containsExactly(second, first);
    assertThat(trace.of("bucket", Optional.empty(), 1))
        .extracting(TableTrace.History::cause)
        .containsExactly(second);
    assertThat(trace.of("buck", Optional.empty(), 10)).isEmpty();
  }

  @Test
  void detailsAreSortedByName() {
    Map<String, String> details = new LinkedHashMap<>();
    for (String name : List.of("key", "etag", "bucket")) {
      details.put(name, "x");
    }
    database.write(
        tx -> {
          trace.note(tx, trace.begin(), Trace.Step.UPLOADED, details);
          return true;
        });
    assertThat(trace.since(Instant.EPOCH, 1).getFirst().steps().getFirst().details().keySet())
        .containsExactly("bucket", "etag", "key");
  }

  private String upload(String key) {
    String cause = trace.begin();
    database.write(
        tx -> {
          trace.note(tx, cause, Trace.Step.UPLOADED, Map.of("bucket", "bucket", "key", key));
          trace.note(tx, cause, Trace.Step.MATCHED, Map.of("rule", "r"));
          return true;
        });
    return cause;
  }
}
