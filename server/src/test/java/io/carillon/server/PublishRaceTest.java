package io.carillon.server;

import static io.carillon.server.RaceServer.allowSend;
import static io.carillon.server.RaceServer.service;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.sns.model.PublishBatchRequestEntry;

/// A topic changes after a message was planned and before it is stored: the subscriptions of the
/// commit get the message. So for a publish and for an event of S3.
@Tag("slow")
class PublishRaceTest {
  @TempDir static Path folder;
  private static RaceServer server;
  private String topic = "";
  private String queue = "";
  private String bucket = "";

  enum By {
    PUBLISH,
    PUBLISH_BATCH,
    EVENT
  }

  @BeforeAll
  static void start() throws IOException {
    server = RaceServer.start(folder);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void createTopic() {
    String name = server.name("topic");
    topic = server.sns.createTopic(b -> b.name(name)).topicArn();
    server.setPolicy(topic, RaceServer.allowPublish(topic, "\"*\""));
    queue = server.queue(name + "-queue", service("sns"));
    bucket = name + "-bucket";
    server.s3.createBucket(b -> b.bucket(bucket));
    server.notify(bucket, topic, "");
  }

  @ParameterizedTest
  @EnumSource
  void aSubscriptionThatWasAddedGetsTheMessage(By by) {
    server.interleave(() -> send(by), this::subscribe);
    assertThat(received(queue)).isOne();
  }

  @ParameterizedTest
  @EnumSource
  void aSubscriptionThatWasRemovedGetsNothing(By by) {
    String subscription = subscribe();
    server.interleave(
        () -> send(by), () -> server.sns.unsubscribe(b -> b.subscriptionArn(subscription)));
    assertThat(received(queue)).isZero();
    assertThat(server.deadLetters(topic)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aFilterThatWasSetAppliesToTheMessage(By by) {
    String subscription = subscribe();
    server.interleave(() -> send(by), () -> filter(subscription, "other"));
    assertThat(received(queue)).isZero();
  }

  @ParameterizedTest
  @EnumSource(names = {"PUBLISH", "PUBLISH_BATCH"})
  void aFilterThatWasChangedLetsTheMessagePass(By by) {
    String subscription = subscribe();
    filter(subscription, "other");
    server.interleave(() -> send(by), () -> filter(subscription, "red"));
    assertThat(received(queue)).isOne();
  }

  @ParameterizedTest
  @EnumSource
  void aSubscriptionThatWasRecreatedGetsTheMessageOnce(By by) {
    String subscription = subscribe();
    server.interleave(
        () -> send(by),
        () -> {
          server.sns.unsubscribe(b -> b.subscriptionArn(subscription));
          subscribe();
        });
    assertThat(received(queue)).isOne();
  }

  @ParameterizedTest
  @EnumSource(names = {"PUBLISH", "PUBLISH_BATCH"})
  void aDeletedTopicTakesNoMessage(By by) {
    subscribe();
    AtomicReference<AwsServiceException> refused = new AtomicReference<>();
    server.interleave(
        () -> refused.set(catchThrowableOfType(AwsServiceException.class, () -> send(by))),
        () -> server.sns.deleteTopic(b -> b.topicArn(topic)));
    assertThat(Objects.requireNonNull(refused.get()).awsErrorDetails().errorCode())
        .isEqualTo("NotFound");
    assertThat(received(queue)).isZero();
    assertThat(server.rows("sns.messages")).isEmpty();
  }

  /// The owner may publish to the new topic, which has other subscriptions.
  @ParameterizedTest
  @EnumSource(names = {"PUBLISH", "PUBLISH_BATCH"})
  void theSubscriptionsOfATopicThatWasCreatedAgainGetTheMessage(By by) {
    subscribe();
    String other = server.queue(server.name("queue"), service("sns"));
    server.interleave(
        () -> send(by),
        () -> {
          server.sns.deleteTopic(b -> b.topicArn(topic));
          server.sns.createTopic(b -> b.name(topic.substring(topic.lastIndexOf(':') + 1)));
          server.sns.subscribe(b -> b.topicArn(topic).protocol("sqs").endpoint(other));
        });
    assertThat(received(queue)).isZero();
    assertThat(received(other)).isOne();
  }

  enum Change {
    POLICY_ALLOWS,
    QUEUE_DELETED,
    UNSUBSCRIBED
  }

  /// What the publish could not deliver is an attempt of the outbox. Its plan finds that the queue
  /// denies access; what counts is what holds when the attempt ends.
  @ParameterizedTest
  @EnumSource
  void anAttemptToDeliverIsDecidedWhenItEnds(Change change) {
    String subscription = subscribe();
    setPolicy(queue, "cloudwatch");
    server.interleaveAttempt(
        () -> send(By.PUBLISH),
        () -> {
          switch (change) {
            case POLICY_ALLOWS -> setPolicy(queue, "sns");
            case QUEUE_DELETED -> server.sqs.deleteQueue(b -> b.queueUrl(server.url(queue)));
            case UNSUBSCRIBED -> server.sns.unsubscribe(b -> b.subscriptionArn(subscription));
          }
        });
    server.settle();
    switch (change) {
      case POLICY_ALLOWS -> {
        assertThat(server.count(queue)).isOne();
        assertThat(server.deadLetters(topic)).isEmpty();
      }
      case QUEUE_DELETED -> assertThat(server.deadLetter(topic).why()).contains("does not exist");
      case UNSUBSCRIBED -> {
        assertThat(server.count(queue)).isZero();
        assertThat(server.deadLetters(topic)).isEmpty();
        assertThat(server.rows("sns.messages")).noneMatch(row -> row.contains(topic));
      }
    }
  }

  private String subscribe() {
    return server
        .sns
        .subscribe(
            b -> b.topicArn(topic).protocol("sqs").endpoint(queue).returnSubscriptionArn(true))
        .subscriptionArn();
  }

  private static void setPolicy(String queue, String sender) {
    server.sqs.setQueueAttributes(
        b ->
            b.queueUrl(server.url(queue))
                .attributesWithStrings(Map.of("Policy", allowSend(queue, service(sender)))));
  }

  private void filter(String subscription, String colour) {
    server.sns.setSubscriptionAttributes(
        b ->
            b.subscriptionArn(subscription)
                .attributeName("FilterPolicy")
                .attributeValue("{\"colour\":[\"" + colour + "\"]}"));
  }

  private void send(By by) {
    switch (by) {
      case PUBLISH ->
          server.sns.publish(
              b ->
                  b.topicArn(topic)
                      .message("m")
                      .messageAttributes(
                          Map.of(
                              "colour",
                              software.amazon.awssdk.services.sns.model.MessageAttributeValue
                                  .builder()
                                  .dataType("String")
                                  .stringValue("red")
                                  .build())));
      case PUBLISH_BATCH ->
          server.sns.publishBatch(
              b ->
                  b.topicArn(topic)
                      .publishBatchRequestEntries(
                          PublishBatchRequestEntry.builder()
                              .id("one")
                              .message("m")
                              .messageAttributes(
                                  Map.of(
                                      "colour",
                                      software.amazon.awssdk.services.sns.model
                                          .MessageAttributeValue.builder()
                                          .dataType("String")
                                          .stringValue("red")
                                          .build()))
                              .build()));
      case EVENT ->
          server.s3.putObject(b -> b.bucket(bucket).key("key"), RequestBody.fromString("x"));
    }
  }

  private static int received(String queue) {
    server.settle();
    return server.count(queue);
  }
}
