package io.carillon.sqs;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.Authorizer;
import io.carillon.aws.DirectPipeline;
import io.carillon.base.AccountId;
import io.carillon.base.Region;
import io.carillon.kernel.TestKernel;
import io.carillon.store.Database;
import io.carillon.store.ManualClock;
import io.carillon.store.RepeatingDatabase;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityRequest;
import software.amazon.awssdk.services.sqs.model.CreateQueueRequest;
import software.amazon.awssdk.services.sqs.model.CreateQueueResponse;
import software.amazon.awssdk.services.sqs.model.DeleteMessageRequest;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.PurgeQueueRequest;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageRequest;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageResponse;
import software.amazon.awssdk.services.sqs.model.SendMessageRequest;

/// Queues after the clock was ahead and was set back.
class ClockAheadTest {
  private static final AccountId ACCOUNT = new AccountId("123456789012");
  private static final Duration AHEAD = Duration.ofDays(2);

  private final ManualClock clock = new ManualClock();
  private final Database database = RepeatingDatabase.inMemory();
  private final Authorizer authorizer = DirectPipeline.letting(() -> true);
  private final SqsService sqs =
      new SqsService(new TestKernel(database, clock).with(authorizer).build());
  private final DirectPipeline pipeline = new DirectPipeline(sqs.operations(), authorizer);
  private final String queue =
      this.<CreateQueueRequest, CreateQueueResponse>run(
              CreateQueueRequest.builder()
                  .queueName("q")
                  .attributes(Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "40"))
                  .build())
          .queueUrl();

  private <I, O> O run(I input) {
    return pipeline.call(DirectPipeline.root(ACCOUNT, Region.US_EAST_1, clock.instant()), input);
  }

  private void setClockBack() {
    clock.move(AHEAD.negated());
    sqs.correctDueTimes();
  }

  @Test
  void messagesSentWhileTheClockWasAheadBecomeVisible() {
    clock.move(AHEAD);
    send("at once", 0);
    send("delayed", 600);
    setClockBack();
    assertThat(receive()).extracting(Message::body).containsExactly("at once");
    clock.move(Duration.ofSeconds(599));
    assertThat(bodies()).doesNotContain("delayed");
    clock.move(Duration.ofSeconds(2));
    assertThat(bodies()).contains("delayed");
  }

  @Test
  void messagesInFlightReturnAfterTheVisibilityTimeoutAndTheirReceiptsStayValid() {
    send("sent before", 0);
    clock.move(AHEAD);
    send("sent ahead", 0);
    List<Message> received = receive();
    assertThat(received).hasSize(2);
    setClockBack();
    assertThat(bodies()).isEmpty();
    run(
        DeleteMessageRequest.builder()
            .queueUrl(queue)
            .receiptHandle(received.getFirst().receiptHandle())
            .build());
    clock.move(Duration.ofSeconds(41));
    assertThat(bodies()).containsExactly(received.getLast().body());
  }

  @Test
  void messagesReceivedAgainWhileAheadReturnToo() {
    send("x", 0);
    assertThat(receive()).hasSize(1);
    clock.move(AHEAD);
    assertThat(receive()).hasSize(1);
    setClockBack();
    clock.move(Duration.ofSeconds(41));
    assertThat(bodies()).containsExactly("x");
  }

  @Test
  void legalDelaysAndTimeoutsStayUnchanged() {
    send("delayed", 900);
    send("taken", 0);
    Message received = receive().getFirst();
    run(
        ChangeMessageVisibilityRequest.builder()
            .queueUrl(queue)
            .receiptHandle(received.receiptHandle())
            .visibilityTimeout(43_200)
            .build());
    sqs.correctDueTimes();
    clock.move(Duration.ofSeconds(899));
    assertThat(bodies()).isEmpty();
    clock.move(Duration.ofSeconds(2));
    assertThat(bodies()).containsExactly("delayed");
    clock.move(Duration.ofSeconds(43_200 - 905));
    assertThat(bodies()).doesNotContain("taken");
    clock.move(Duration.ofSeconds(10));
    assertThat(bodies()).contains("taken");
  }

  @Test
  void aPurgeWhileAheadBlocksNoLaterPurge() {
    clock.move(AHEAD);
    run(PurgeQueueRequest.builder().queueUrl(queue).build());
    setClockBack();
    send("x", 0);
    run(PurgeQueueRequest.builder().queueUrl(queue).build());
    assertThat(bodies()).isEmpty();
  }

  private void send(String body, int delaySeconds) {
    run(
        SendMessageRequest.builder()
            .queueUrl(queue)
            .messageBody(body)
            .delaySeconds(delaySeconds)
            .build());
  }

  private List<String> bodies() {
    return receive().stream().map(Message::body).toList();
  }

  private List<Message> receive() {
    return this.<ReceiveMessageRequest, ReceiveMessageResponse>run(
            ReceiveMessageRequest.builder().queueUrl(queue).maxNumberOfMessages(10).build())
        .messages();
  }
}
