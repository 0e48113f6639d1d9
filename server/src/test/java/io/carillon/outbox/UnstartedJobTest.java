package io.carillon.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.carillon.store.DueQueue;
import io.carillon.store.Nodes;
import io.carillon.store.ScanStep;
import io.carillon.store.Tuple;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Jobs under a lease whose attempt never starts.
class UnstartedJobTest extends DispatcherFixture {

  /// A job that is due when it is added is started by the one that adds it, others by the claimer.
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aJobThatCannotBeStartedIsAttemptedLater(boolean isAddedBeforeTheStart) {
    AtomicInteger failures = new AtomicInteger(2);
    Scripted delivery =
        new Scripted(_ -> DeliveryOutcome.done()) {
          @Override
          public long memoryFor(byte[] payload) {
            if (failures.getAndDecrement() > 0) {
              throw new IllegalStateException("no memory");
            }
            return 1;
          }
        };
    settings = Dispatcher.Settings.usual().withGrace(Duration.ofMillis(6));
    if (isAddedBeforeTheStart) {
      add("lane", "job");
    }
    run(delivery);
    if (!isAddedBeforeTheStart) {
      add("lane", "job");
    }
    await().until(() -> delivery.attempts.size() == 1);
    await().until(() -> dispatcher.report().lanesInMemory() == 0);
    assertThat(delivery.attempts.getFirst().attempts()).as("uncounted").isEqualTo(1);
    assertThat(delivery.attempts.getFirst().interruptions()).isZero();
  }

  /// As after a repair of the store that lost rows.
  @Test
  void aLeaseWhoseJobIsGoneIsDropped() {
    add("lane", "job");
    database.write(tx -> outbox.jobs().claim(tx, new Channel("kind", "lane"), 1));
    byte[] from = Tuple.of("outbox.jobs").toBytes();
    byte[] to = Arrays.copyOf(from, from.length + 1);
    to[from.length] = (byte) 0xFF;
    int deleted =
        database.write(
            tx -> {
              List<byte[]> keys = new ArrayList<>();
              tx.scan(
                  from,
                  to,
                  1,
                  (key, _) -> {
                    keys.add(key);
                    return ScanStep.NEXT;
                  });
              keys.forEach(tx::delete);
              return keys.size();
            });
    assertThat(deleted).isEqualTo(1);

    Nodes next = Nodes.join(database, Nodes.ONLY);
    TableOutbox opened = TableOutbox.open(database, next);

    List<DueQueue.Held> left = database.read(opened.jobs()::held);
    assertThat(left).isEmpty();
    assertThat(database.read(next::dead).stream()).isEmpty();
  }
}
