package io.carillon.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.base.Ids;
import io.carillon.store.MemoryDatabase;
import io.carillon.trace.Trace.Step;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TableTraceTest {
  private Instant now = Instant.parse("2026-11-22T12:00:00Z");
  private final MemoryDatabase database = new MemoryDatabase();
  private final TableTrace trace = new TableTrace(database, () -> now, new Ids(), 10);

  @Test
  void anObjectsEventsAreFoundWithTheirStepsInOrder() {
    String first = upload("a.txt");
    now = now.plusSeconds(1);
    String second = upload("a.txt");
    upload("b.txt");

    assertThat(trace.of("bucket", "a.txt", 10))
        .extracting(TableTrace.Life::cause)
        .containsExactly(second, first);
    assertThat(trace.of("bucket", "a.txt", 1).getFirst().steps())
        .extracting(TableTrace.Noted::step)
        .containsExactly(Step.UPLOADED, Step.MATCHED);
  }

  @Test
  void theOldestStepsAreCutOff() {
    for (int i = 0; i < 20; i++) {
      upload("k" + i);
      now = now.plusMillis(1);
    }

    trace.sweep();

    assertThat(trace.since(Instant.EPOCH, 100)).hasSize(5);
    assertThat(trace.of("bucket", "k14", 10)).isEmpty();
    assertThat(trace.of("bucket", "k15", 10)).hasSize(1);
  }

  private String upload(String key) {
    String cause = trace.begin();
    database.write(
        tx -> {
          trace.note(tx, cause, Step.UPLOADED, Map.of("bucket", "bucket", "key", key));
          trace.note(tx, cause, Step.MATCHED, Map.of("rule", "r"));
          return true;
        });
    return cause;
  }
}
