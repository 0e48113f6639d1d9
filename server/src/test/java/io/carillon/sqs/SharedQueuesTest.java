package io.carillon.sqs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.Authorizer;
import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.DirectPipeline;
import io.carillon.base.AccountId;
import io.carillon.base.Region;
import io.carillon.kernel.TestKernel;
import io.carillon.store.Database;
import io.carillon.store.ManualClock;
import io.carillon.store.Range;
import io.carillon.store.RepeatingDatabase;
import io.carillon.store.Table;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.CreateQueueRequest;
import software.amazon.awssdk.services.sqs.model.CreateQueueResponse;
import software.amazon.awssdk.services.sqs.model.DeleteQueueRequest;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageRequest;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageResponse;
import software.amazon.awssdk.services.sqs.model.SendMessageRequest;

/// Several nodes over one database.
final class SharedQueuesTest {
  private static final AccountId ACCOUNT = new AccountId("123456789012");
  private static final Authorizer ANYTHING = DirectPipeline.letting(() -> true);

  private final ManualClock clock = new ManualClock();
  private final Database database = RepeatingDatabase.inMemory(clock);

  private final class Node {
    private final SqsService sqs;
    private final DirectPipeline pipeline;

    private Node(long incarnation) {
      sqs = new SqsService(new TestKernel(database, clock).onNode(incarnation).build());
      pipeline = new DirectPipeline(sqs.operations(), ANYTHING);
    }

    private Object call(Object request) {
      Caller caller = DirectPipeline.root(ACCOUNT, Region.US_EAST_1, Instant.now());
      return pipeline.call(caller, request);
    }

    private String create(String name) {
      Object created = call(CreateQueueRequest.builder().queueName(name).build());
      return ((CreateQueueResponse) created).queueUrl();
    }
  }

  @Test
  void messagesThatNodesSendInTheSameMillisecondAreAllReceivedInOrderOfTime() {
    Node one = new Node(1);
    Node two = new Node(2);
    String queue = one.create("q");
    for (int i = 0; i < 3; i++) {
      one.call(SendMessageRequest.builder().queueUrl(queue).messageBody("1-" + i).build());
      two.call(SendMessageRequest.builder().queueUrl(queue).messageBody("2-" + i).build());
      clock.move(Duration.ofMillis(1));
    }
    Object received =
        new Node(3)
            .call(ReceiveMessageRequest.builder().queueUrl(queue).maxNumberOfMessages(10).build());
    assertThat(((ReceiveMessageResponse) received).messages())
        .extracting(Message::body)
        .containsExactly("1-0", "2-0", "1-1", "2-1", "1-2", "2-2");
  }

  @Test
  void theNameOfAQueueThatAnotherNodeDeletedCannotBeReusedForAMinute() {
    String queue = new Node(1).create("q");
    new Node(2).call(DeleteQueueRequest.builder().queueUrl(queue).build());

    Node restarted = new Node(3);
    clock.move(Duration.ofSeconds(59));
    restarted.sqs.sweep();
    assertThatThrownBy(() -> restarted.create("q"))
        .isInstanceOfSatisfying(
            AwsException.class,
            e -> assertThat(e.error()).isEqualTo(SqsError.QUEUE_DELETED_RECENTLY));
    clock.move(Duration.ofSeconds(1));
    assertThat(restarted.create("q")).isEqualTo(queue);
  }

  @Test
  void aDeletionBeforeTheClockWasSetBackReservesNoName() {
    Node node = new Node(1);
    node.call(DeleteQueueRequest.builder().queueUrl(node.create("q")).build());
    clock.move(Duration.ofHours(-1));
    assertThat(node.create("q")).isNotEmpty();
  }

  @Test
  void sweepsLeaveNoRowsOfNamesThatCanBeReused() {
    Node node = new Node(1);
    List<String> queues = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      queues.add(node.create("q" + i));
    }
    queues.forEach(queue -> node.call(DeleteQueueRequest.builder().queueUrl(queue).build()));
    assertThat(reserved()).hasSize(3);
    clock.move(Duration.ofSeconds(60));
    node.sqs.sweep();
    assertThat(reserved()).isEmpty();
  }

  private List<?> reserved() {
    Table<Queues.QueueKey, DeletedNames.Deletion> rows =
        Table.of("sqs.deletednames", Queues.QueueKey.CODEC, DeletedNames.Deletion.class);
    return database.read(snapshot -> rows.list(snapshot, Range.all(), 10));
  }
}
