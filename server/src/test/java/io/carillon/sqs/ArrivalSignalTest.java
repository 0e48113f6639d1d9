package io.carillon.sqs;

import static io.carillon.sqs.SqsError.QUEUE_DOES_NOT_EXIST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.DirectPipeline;
import io.carillon.base.AccountId;
import io.carillon.base.Ids;
import io.carillon.base.Region;
import io.carillon.kernel.TestKernel;
import io.carillon.sqs.Queues.QueueKey;
import io.carillon.store.CountingDatabase;
import io.carillon.store.InterleavedDatabase;
import io.carillon.store.ManualClock;
import io.carillon.store.RepeatingDatabase;
import io.carillon.store.RowNumbers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.CreateQueueRequest;
import software.amazon.awssdk.services.sqs.model.DeleteQueueRequest;
import software.amazon.awssdk.services.sqs.model.PurgeQueueRequest;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageRequest;
import software.amazon.awssdk.services.sqs.model.SetQueueAttributesRequest;

/// Long polls: what ends them, what they see, and that they write only what they receive.
class ArrivalSignalTest {
  private static final AccountId ACCOUNT = new AccountId("123456789012");

  private final InterleavedDatabase interleaved =
      new InterleavedDatabase(RepeatingDatabase.inMemory());
  private final CountingDatabase database = new CountingDatabase(interleaved);
  private final ManualClock clock = new ManualClock();
  private final Ids ids = new Ids();
  private final Caller caller = DirectPipeline.root(ACCOUNT, Region.US_EAST_1, clock.instant());
  private final QueueMessages messages = new QueueMessages(database, clock, ids, new RowNumbers(1));
  private final OrphanedMessages orphans = new OrphanedMessages(database, messages, clock);
  private final Queues queues =
      new Queues(
          new TestKernel(database, clock).build(),
          messages,
          orphans,
          new DeletedNames(database, clock, Duration.ZERO));
  private final ReceiveMessage receiveMessage =
      new ReceiveMessage(database, queues, messages, clock);

  @Test
  void onlyQueuesWithWaitersHaveASignal() {
    for (int i = 0; i < 100; i++) {
      create("queue" + i);
      send("queue" + i);
      assertThat(receive("queue" + i, 0)).isOne();
    }
    assertThat(messages.queuesWithWaiters()).isZero();
    create("queue");
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
    create("queue");
    CompletableFuture<Integer> poll = CompletableFuture.supplyAsync(() -> receive("queue", 1));
    clock.move(Duration.ofDays(-2));
    assertThat(poll.orTimeout(30, TimeUnit.SECONDS).join()).isZero();
  }

  @Test
  void aLongPollGoesOnAfterAPurge() {
    create("queue");
    CompletableFuture<Integer> poll = waitingPoll();
    new PurgeQueue(database, queues, orphans, clock)
        .run(caller, PurgeQueueRequest.builder().queueUrl("queue").build());
    assertThat(messages.queuesWithWaiters()).isOne();
    send("queue");
    assertThat(poll.orTimeout(30, TimeUnit.SECONDS).join()).isOne();
  }

  @Test
  void aLongPollOfADeletedQueueEnds() {
    create("queue");
    CompletableFuture<Integer> poll = waitingPoll();
    queues.delete(caller, DeleteQueueRequest.builder().queueUrl("queue").build());
    assertThatThrownBy(() -> poll.orTimeout(15, TimeUnit.SECONDS).join())
        .cause()
        .isInstanceOfSatisfying(
            AwsException.class, e -> assertThat(e.error()).isEqualTo(QUEUE_DOES_NOT_EXIST));
    assertThat(messages.queuesWithWaiters()).isZero();
  }

  @Test
  void aLongPollDoesNotReceiveFromALaterQueueOfTheName() {
    create("queue");
    CompletableFuture<Integer> poll = waitingPoll();
    queues.delete(caller, DeleteQueueRequest.builder().queueUrl("queue").build());
    create("queue");
    send("queue");
    assertThatThrownBy(() -> poll.orTimeout(15, TimeUnit.SECONDS).join())
        .hasRootCauseMessage(QUEUE_DOES_NOT_EXIST.exception().getMessage());
    assertThat(receive("queue", 0)).isOne();
  }

  @Test
  void aLongPollReceivesWithTheAttributesThatTheQueueHasThen() {
    create("queue");
    CompletableFuture<Integer> poll = waitingPoll();
    queues.setAttributes(
        caller,
        SetQueueAttributesRequest.builder()
            .queueUrl("queue")
            .attributes(Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "100"))
            .build());
    send("queue");
    assertThat(poll.orTimeout(30, TimeUnit.SECONDS).join()).isOne();
    clock.move(Duration.ofSeconds(99));
    assertThat(receive("queue", 0)).isZero();
    clock.move(Duration.ofSeconds(1));
    assertThat(receive("queue", 0)).isOne();
  }

  @Test
  void emptyReceivesWriteNothing() {
    create("queue");
    send("queue");
    assertThat(receive("queue", 0)).isOne();
    database.reset();
    assertThat(receive("queue", 0)).as("the message is in flight").isZero();
    assertThat(receive("queue", 1)).isZero();
    assertThat(database.written()).isZero();
    CompletableFuture<Integer> woken = CompletableFuture.supplyAsync(() -> receive("queue", 2));
    await().until(() -> messages.queuesWithWaiters() == 1);
    send("queue", Duration.ofMinutes(1));
    assertThat(woken.orTimeout(30, TimeUnit.SECONDS).join()).isZero();
    assertThat(database.written()).as("the send that woke it").isOne();
  }

  /// One for the message, and one because that one left; each looks once or twice.
  @Test
  void aMessageWakesFewOfManyLongPolls() {
    create("queue");
    List<CompletableFuture<Integer>> polls = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      polls.add(startPoll(20, 600));
    }
    await().until(() -> messages.waitingReceivers() == 40);
    database.reset();
    send("queue");
    CompletableFuture.anyOf(polls.toArray(CompletableFuture[]::new))
        .orTimeout(15, TimeUnit.SECONDS)
        .join();
    await().until(() -> messages.waitingReceivers() == 39);
    assertThat(database.fetched()).as("rows that the polls read").isBetween(1, 20);
    messages.stop();
    polls.forEach(CompletableFuture::join);
  }

  /// Nobody signals that the visibility timeout of a message is over: who waits has to know it.
  @Test
  void aMessageThatBecomesVisibleAgainIsReceivedByWhoWaitedAlready() {
    create("queue");
    CompletableFuture<Integer> first = parkedPoll(20, 1);
    CompletableFuture<Integer> second = parkedPoll(20, 600);
    send("queue");
    assertThat(first.orTimeout(15, TimeUnit.SECONDS).join()).isOne();
    clock.move(Duration.ofSeconds(1));
    assertThat(second.orTimeout(15, TimeUnit.SECONDS).join()).isOne();
  }

  @Test
  void aLongPollThatEndsBeforeAMessageIsVisibleLeavesItToTheNext() {
    create("queue");
    CompletableFuture<Integer> first = parkedPoll(1, 600);
    CompletableFuture<Integer> second = parkedPoll(20, 600);
    send("queue", Duration.ofSeconds(2));
    assertThat(first.orTimeout(15, TimeUnit.SECONDS).join()).isZero();
    clock.move(Duration.ofSeconds(2));
    assertThat(second.orTimeout(15, TimeUnit.SECONDS).join()).isOne();
  }

  /// As when its permission was revoked while it waited.
  @Test
  void aLongPollThatFailsLeavesTheMessageToTheNext() {
    create("queue");
    CompletableFuture<Integer> first = parkedPoll(20, 600);
    CompletableFuture<Integer> second = parkedPoll(20, 600);
    interleaved.beforeRelaxedWrite(
        () -> {
          throw new IllegalStateException("refused");
        });
    send("queue");
    assertThatThrownBy(() -> first.orTimeout(15, TimeUnit.SECONDS).join())
        .hasRootCauseMessage("refused");
    assertThat(second.orTimeout(15, TimeUnit.SECONDS).join()).isOne();
  }

  /// A long poll that waits already; those that waited before it are woken first.
  private CompletableFuture<Integer> parkedPoll(int waitSeconds, int visibilitySeconds) {
    int before = messages.waitingReceivers();
    CompletableFuture<Integer> poll = startPoll(waitSeconds, visibilitySeconds);
    await().until(() -> messages.waitingReceivers() == before + 1);
    return poll;
  }

  private CompletableFuture<Integer> startPoll(int waitSeconds, int visibilitySeconds) {
    CompletableFuture<Integer> poll = new CompletableFuture<>();
    Thread.startVirtualThread(
        () -> {
          try {
            poll.complete(receive("queue", waitSeconds, visibilitySeconds));
          } catch (RuntimeException e) {
            poll.completeExceptionally(e);
          }
        });
    return poll;
  }

  private CompletableFuture<Integer> waitingPoll() {
    CompletableFuture<Integer> poll = poll();
    await().until(() -> messages.queuesWithWaiters() == 1);
    return poll;
  }

  private CompletableFuture<Integer> poll() {
    return CompletableFuture.supplyAsync(() -> receive("queue", 20));
  }

  private void create(String name) {
    queues.create(caller, CreateQueueRequest.builder().queueName(name).build());
  }

  private int receive(String name, int waitSeconds) {
    return receive(name, waitSeconds, null);
  }

  private int receive(String name, int waitSeconds, @Nullable Integer visibilitySeconds) {
    return receiveMessage
        .run(
            caller,
            ReceiveMessageRequest.builder()
                .queueUrl(name)
                .waitTimeSeconds(waitSeconds)
                .visibilityTimeout(visibilitySeconds)
                .build())
        .messages()
        .size();
  }

  private void send(String name) {
    send(name, Duration.ZERO);
  }

  private void send(String name, Duration delay) {
    database.change(
        snapshot ->
            messages.plan(
                queues.require(snapshot, new QueueKey(ACCOUNT.value(), "us-east-1", name)),
                "x",
                Map.of(),
                "sender",
                null,
                null,
                delay),
        (tx, message) -> {
          message.effect().accept(tx);
          return true;
        });
  }
}
