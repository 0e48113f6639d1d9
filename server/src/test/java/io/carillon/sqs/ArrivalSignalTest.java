package io.carillon.sqs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.carillon.base.Ids;
import io.carillon.sqs.Queues.QueueKey;
import io.carillon.sqs.Queues.QueueRow;
import io.carillon.store.ManualClock;
import io.carillon.store.MemoryDatabase;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// Signals and waits of long polls.
class ArrivalSignalTest {
  private final MemoryDatabase database = new MemoryDatabase();
  private final ManualClock clock = new ManualClock();
  private final Messages messages = new Messages(database, clock, new Ids());

  @Test
  void onlyQueuesWithWaitersHaveASignal() {
    for (int i = 0; i < 100; i++) {
      send("queue " + i);
      assertThat(receive("queue " + i, Duration.ZERO)).hasSize(1);
    }
    assertThat(messages.queuesWithWaiters()).isZero();
    CompletableFuture<Integer> first = poll();
    CompletableFuture<Integer> second = poll();
    await().until(() -> messages.queuesWithWaiters() == 1);
    send("queue");
    send("queue");
    assertThat(first.orTimeout(30, TimeUnit.SECONDS).join()).isPositive();
    send("queue");
    assertThat(second.orTimeout(30, TimeUnit.SECONDS).join()).isPositive();
    assertThat(messages.queuesWithWaiters()).isZero();
  }

  /// The clock does not advance, as after it was set back.
  @Test
  void aLongPollEndsEvenIfTheClockIsSetBack() {
    CompletableFuture<Integer> poll =
        CompletableFuture.supplyAsync(() -> receive("queue", Duration.ofMillis(50)).size());
    clock.move(Duration.ofDays(-2));
    assertThat(poll.orTimeout(30, TimeUnit.SECONDS).join()).isZero();
  }

  private CompletableFuture<Integer> poll() {
    return CompletableFuture.supplyAsync(() -> receive("queue", Duration.ofMinutes(1)).size());
  }

  private List<Messages.Received> receive(String incarnation, Duration wait) {
    return messages.receive(
        new QueueKey("123456789012", "us-east-1", "q"),
        row(incarnation),
        Optional.empty(),
        1,
        Duration.ofSeconds(30),
        wait);
  }

  private void send(String incarnation) {
    Messages.Planned message =
        messages.plan(row(incarnation), "x", Map.of(), "sender", null, null, Duration.ZERO);
    database.write(
        tx -> {
          message.effect().accept(tx);
          return true;
        });
  }

  private static QueueRow row(String incarnation) {
    return new QueueRow(incarnation, Map.of(), Map.of(), 0, 0, Map.of());
  }
}
