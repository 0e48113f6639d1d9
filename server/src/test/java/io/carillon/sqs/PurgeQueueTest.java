package io.carillon.sqs;

import static io.carillon.sqs.QueueClient.ACCOUNT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.base.Arn;
import io.carillon.messaging.Acceptance;
import io.carillon.messaging.Sender;
import io.carillon.messaging.ServiceMessage;
import io.carillon.store.DueQueue;
import io.carillon.store.InterleavedDatabase;
import io.carillon.store.ManualClock;
import io.carillon.store.RepeatingDatabase;
import io.carillon.store.RocksDatabase;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sqs.model.GetQueueAttributesRequest;
import software.amazon.awssdk.services.sqs.model.GetQueueAttributesResponse;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.TagQueueRequest;

/// PurgeQueue takes what was accepted before it and nothing later.
class PurgeQueueTest {
  private static final Duration INTERVAL = Duration.ofSeconds(60);

  private final ManualClock clock = new ManualClock();
  private final InterleavedDatabase database =
      new InterleavedDatabase(RepeatingDatabase.inMemory());
  private final QueueClient client = new QueueClient(database, clock);
  private final String queue = client.create("q");

  @Test
  void visibleDelayedAndInFlightMessagesAreGone() {
    client.send(queue, "in flight");
    assertThat(client.receive(queue)).hasSize(1);
    client.send(queue, "visible");
    client.send(queue, "delayed", 10);
    client.purge(queue);
    GetQueueAttributesResponse answer =
        client.run(
            GetQueueAttributesRequest.builder()
                .queueUrl(queue)
                .attributeNames(QueueAttributeName.ALL)
                .build());
    assertThat(answer.attributesAsStrings())
        .containsEntry("ApproximateNumberOfMessages", "0")
        .containsEntry("ApproximateNumberOfMessagesNotVisible", "0")
        .containsEntry("ApproximateNumberOfMessagesDelayed", "0");
    clock.move(Duration.ofMinutes(1));
    assertThat(client.bodies(queue)).isEmpty();
    assertThat(incarnationsWithMessages()).isEmpty();
  }

  @Test
  void aSendPlannedBeforeThePurgeIsNotLost() {
    database.betweenPlanAndApplication(() -> client.purge(queue));
    client.send(queue, "sent");
    assertThat(database.hasInterleaved()).isTrue();
    assertThat(client.bodies(queue)).containsExactly("sent");
  }

  @Test
  void aServicesMessagePlannedBeforeThePurgeIsNotLost() {
    database.betweenPlanAndApplication(() -> client.purge(queue));
    database.change(
        snapshot ->
            (Acceptance.Accepted) client.sqs.recipient().orElseThrow().accept(snapshot, message()),
        (tx, accepted) -> {
          accepted.effect().accept(tx);
          return true;
        });
    assertThat(client.bodies(queue)).containsExactly("from a service");
  }

  private static ServiceMessage message() {
    return new ServiceMessage(
        new Sender.Service("s3.amazonaws.com", Arn.bucket("b"), ACCOUNT.value()),
        Arn.parse("arn:aws:sqs:us-east-1:" + ACCOUNT.value() + ":q"),
        "from a service".getBytes(StandardCharsets.UTF_8),
        "",
        Map.of(),
        "cause");
  }

  @Test
  void messagesSentWhileThePurgedOnesAreRemovedStay() {
    client.send(queue, "before");
    database.beforeRelaxedWrite(() -> client.send(queue, "after"));
    client.purge(queue);
    assertThat(client.bodies(queue)).containsExactly("after");
    assertThat(incarnationsWithMessages()).hasSize(1);
  }

  @Test
  void aReceiveThatSawAPurgedMessageDoesNotReturnIt() {
    client.send(queue, "before");
    database.beforeRelaxedWrite(
        () -> {
          client.purge(queue);
          client.send(queue, "after");
        });
    assertThat(client.bodies(queue)).containsExactly("after");
    assertThat(database.hasInterleaved()).isTrue();
  }

  /// AWS does the same with the receipt handles of deleted messages.
  @Test
  void receiptHandlesFromBeforePurgesAreThoseOfGoneMessages() {
    client.send(queue, "x");
    client.send(queue, "y");
    List<Message> received = client.receive(queue);
    for (int purges = 1; purges <= 2; purges++) {
      clock.move(INTERVAL);
      database.beforeRelaxedWrite(
          () ->
              received.forEach(
                  message -> {
                    client.delete(queue, message.receiptHandle());
                    assertIsGone(message.receiptHandle());
                  }));
      client.purge(queue);
      client.delete(queue, received.getFirst().receiptHandle());
      assertIsGone(received.getLast().receiptHandle());
    }
    String other = client.create("other");
    client.send(other, "z");
    String foreign = client.receive(other).getFirst().receiptHandle();
    assertThatThrownBy(() -> client.delete(queue, foreign))
        .hasMessageEndingWith("is not valid for this queue.");
  }

  private void assertIsGone(String receipt) {
    assertThatThrownBy(() -> client.changeVisibility(queue, receipt, 5))
        .hasMessageEndingWith(
            "Message does not exist or is not available for visibility timeout change.");
  }

  @Test
  void aDeleteOfAMessageReceivedAfterThePurgeDeletesIt() {
    client.purge(queue);
    client.send(queue, "x");
    client.delete(queue, client.receive(queue).getFirst().receiptHandle());
    clock.move(INTERVAL);
    assertThat(client.bodies(queue)).isEmpty();
    assertThat(incarnationsWithMessages()).isEmpty();
  }

  @Test
  void deadLettersGoToThePurgedDeadLetterQueue() {
    String dead = client.create("dead");
    String source =
        client.create(
            "source",
            Map.of(
                QueueAttributeName.REDRIVE_POLICY,
                "{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:%s:dead\",\"maxReceiveCount\":\"1\"}"
                    .formatted(ACCOUNT.value())));
    client.send(source, "poison");
    assertThat(client.receive(source)).hasSize(1);
    clock.move(Duration.ofSeconds(31));
    database.beforeRelaxedWrite(() -> client.purge(dead));
    assertThat(client.receive(source)).isEmpty();
    assertThat(client.bodies(dead)).containsExactly("poison");
  }

  @Test
  void theIntervalBetweenPurgesHoldsAcrossRestartsAndChangesOfTheQueue() {
    client.purge(queue);
    client.run(TagQueueRequest.builder().queueUrl(queue).tags(Map.of("a", "b")).build());
    QueueClient restarted = new QueueClient(database, clock);
    clock.move(INTERVAL.minusMillis(1));
    restarted.send(queue, "x");
    assertThatThrownBy(() -> restarted.purge(queue))
        .hasMessage("Only one PurgeQueue operation on q is allowed every 60 seconds.");
    assertThat(restarted.bodies(queue)).containsExactly("x");
    clock.move(Duration.ofMillis(1));
    restarted.purge(queue);
  }

  /// Also where the clock is set back by less than the interval.
  @Test
  void aPurgeBeforeTheClockWasSetBackBlocksNoLaterOne() {
    client.purge(queue);
    clock.move(Duration.ofSeconds(-20));
    client.purge(queue);
    assertThatThrownBy(() -> client.purge(queue)).hasMessageContaining("every 60 seconds");
  }

  @Test
  void afterACrashInTheMiddleOfAPurgeTheSweepRemovesTheRest() {
    client.send(queue, "before");
    database.beforeRelaxedWrite(
        () -> {
          throw new IllegalStateException("crash");
        });
    assertThatThrownBy(() -> client.purge(queue)).hasMessage("crash");
    QueueClient restarted = new QueueClient(database, clock);
    assertThat(restarted.bodies(queue)).isEmpty();
    restarted.send(queue, "after");
    assertThat(incarnationsWithMessages()).hasSize(2);
    restarted.sqs.sweep();
    assertThat(incarnationsWithMessages()).hasSize(1);
    assertThat(restarted.bodies(queue)).containsExactly("after");
  }

  /// Sends that overlap the purge may be on either side of it.
  @Test
  void concurrentSendsAreTakenOrKeptByWhenTheyWereAccepted(@TempDir Path folder) throws Exception {
    try (RocksDatabase rocks = RocksDatabase.open(folder)) {
      QueueClient concurrent = new QueueClient(rocks, clock);
      String busy = concurrent.create("busy");
      Set<String> acknowledged = ConcurrentHashMap.newKeySet();
      AtomicInteger numbers = new AtomicInteger();
      AtomicBoolean stopping = new AtomicBoolean();
      CountDownLatch stopped = new CountDownLatch(8);
      for (int t = 0; t < 8; t++) {
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    while (!stopping.get()) {
                      String body = "m" + numbers.getAndIncrement();
                      concurrent.send(busy, body);
                      acknowledged.add(body);
                    }
                  } finally {
                    stopped.countDown();
                  }
                });
      }
      Set<String> gone = new HashSet<>();
      int firstAfter = 0;
      try {
        for (int purges = 0; purges < 4; purges++) {
          awaitMore(acknowledged, 60);
          gone.addAll(acknowledged);
          concurrent.purge(busy);
          firstAfter = numbers.get();
          clock.move(INTERVAL);
        }
        awaitMore(acknowledged, 60);
      } finally {
        stopping.set(true);
      }
      assertThat(stopped.await(60, TimeUnit.SECONDS)).isTrue();
      List<String> left = concurrent.allBodies(busy);
      assertThat(left).doesNotHaveDuplicates().doesNotContainAnyElementsOf(gone);
      List<String> sentAfter = new ArrayList<>();
      for (int number = firstAfter; number < numbers.get(); number++) {
        sentAfter.add("m" + number);
      }
      assertThat(sentAfter).hasSizeGreaterThan(40);
      assertThat(left).containsAll(sentAfter);
    }
  }

  private static void awaitMore(Set<String> acknowledged, int more) throws InterruptedException {
    int wanted = acknowledged.size() + more;
    while (acknowledged.size() < wanted) {
      Thread.sleep(1);
    }
  }

  private List<String> incarnationsWithMessages() {
    DueQueue<QueueMessages.MessageRow> rows =
        database.queue("sqs.messages", QueueMessages.MessageRow.class, 0);
    return database.read(snapshot -> rows.queues(snapshot, "", 10));
  }
}
