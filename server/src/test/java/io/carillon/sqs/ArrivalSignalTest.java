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
import io.carillon.store.ManualClock;
import io.carillon.store.RepeatingDatabase;
import io.carillon.store.RowNumbers;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
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

  private final CountingDatabase database = new CountingDatabase(RepeatingDatabase.inMemory());
  private final ManualClock clock = new ManualClock();
  private final Ids ids = new Ids();
  private final Caller caller = DirectPipeline.root(ACCOUNT, Region.US_EAST_1, clock.instant());
  private final Messages messages = new Messages(database, clock, ids, new RowNumbers(1));
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
    return receiveMessage
        .run(
            caller,
            ReceiveMessageRequest.builder().queueUrl(name).waitTimeSeconds(waitSeconds).build())
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
