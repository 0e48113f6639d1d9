package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.Event;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/// kill -9 under load: whatever the clients were told is stored is there afterwards, byte for byte,
/// and its event has reached the end of the chain bucket → topic → queue. Promise 1 and 2 of the
/// design.
class CrashTest {
  private static final int CLIENTS = 8;
  private static final String BUCKET = "crash";
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  @Test
  void nothingAcknowledgedIsLostInThreeKills() throws Exception {
    survive(3, 1_000);
  }

  @Test
  @Tag("full")
  void nothingAcknowledgedIsLostInTwentyKills() throws Exception {
    survive(20, 5_000);
  }

  private void survive(int kills, int leastAcknowledged) throws Exception {
    long seed = Long.getLong("carillon.seed", System.nanoTime());
    System.out.println("CrashTest seed " + seed + " (repeat with -Dcarillon.seed=" + seed + ")");
    Random random = new Random(seed);
    Map<String, Long> acknowledged = new ConcurrentHashMap<>();
    Carillon server = Carillon.start(folder);
    int port = server.port();
    try {
      provision(server);
      Load load = new Load(Clients.root(server), acknowledged, seed);
      for (int kill = 0; kill < kills; kill++) {
        int before = acknowledged.size();
        int wanted = before + leastAcknowledged / (kills + 1) + random.nextInt(50);
        load.awaitAcknowledged(wanted);
        Thread.sleep(random.nextInt(200)); // the moment itself is to be random
        server.kill();
        server = Carillon.start(folder, "--port", String.valueOf(port));
      }
      load.awaitAcknowledged(Math.max(leastAcknowledged, acknowledged.size() + 20));
      load.stop();

      assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(leastAcknowledged);
      everyObjectIsThere(server, acknowledged);
      everyEventHasArrived(server, acknowledged.keySet());
    } finally {
      server.close();
    }
  }

  private static void provision(Carillon server) {
    Clients clients = Clients.root(server);
    try (S3Client s3 = clients.s3();
        SnsClient sns = clients.sns();
        SqsClient sqs = clients.sqs()) {
      String topic = sns.createTopic(r -> r.name("crash")).topicArn();
      sns.setTopicAttributes(
          r ->
              r.topicArn(topic)
                  .attributeName("Policy")
                  .attributeValue(allow("s3.amazonaws.com", "sns:Publish", topic)));
      String queueUrl = sqs.createQueue(r -> r.queueName("crash")).queueUrl();
      String queue = "arn:aws:sqs:us-east-1:000000000000:crash";
      sqs.setQueueAttributes(
          r ->
              r.queueUrl(queueUrl)
                  .attributes(
                      Map.of(
                          QueueAttributeName.POLICY,
                          allow("sns.amazonaws.com", "sqs:SendMessage", queue))));
      sns.subscribe(
          r ->
              r.topicArn(topic)
                  .protocol("sqs")
                  .endpoint(queue)
                  .attributes(Map.of("RawMessageDelivery", "true")));
      s3.createBucket(r -> r.bucket(BUCKET));
      s3.putBucketNotificationConfiguration(
          r ->
              r.bucket(BUCKET)
                  .notificationConfiguration(
                      n ->
                          n.topicConfigurations(
                              t -> t.topicArn(topic).events(Event.S3_OBJECT_CREATED))));
    }
  }

  private static String allow(String service, String action, String resource) {
    return """
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "%s"},
     "Action": "%s", "Resource": "%s"}]}\
    """
        .formatted(service, action, resource);
  }

  /// The body of the object of this number: every size class, inline and blob.
  private static byte[] body(long number) {
    Random random = new Random(number);
    int size =
        switch (random.nextInt(20)) {
          case 0 -> 0;
          case 1, 2 -> 100_000 + random.nextInt(200_000);
          default -> 1 + random.nextInt(8_192);
        };
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }

  private static void everyObjectIsThere(Carillon server, Map<String, Long> acknowledged) {
    try (S3Client s3 = Clients.root(server).s3()) {
      acknowledged.forEach(
          (key, number) ->
              assertThat(s3.getObjectAsBytes(r -> r.bucket(BUCKET).key(key)).asByteArrayUnsafe())
                  .as(key)
                  .isEqualTo(body(number)));
    }
  }

  private static void everyEventHasArrived(Carillon server, Set<String> keys) throws Exception {
    Set<String> missing = new HashSet<>(keys);
    Instant giveUp = Instant.now().plus(Duration.ofSeconds(120));
    try (SqsClient sqs = Clients.root(server).sqs()) {
      String url = sqs.getQueueUrl(r -> r.queueName("crash")).queueUrl();
      while (!missing.isEmpty() && Instant.now().isBefore(giveUp)) {
        List<Message> messages =
            sqs.receiveMessage(r -> r.queueUrl(url).maxNumberOfMessages(10).waitTimeSeconds(2))
                .messages();
        List<DeleteMessageBatchRequestEntry> done = new ArrayList<>();
        for (Message message : messages) {
          for (JsonNode event : JSON.readTree(message.body()).path("Records")) {
            missing.remove(event.path("s3").path("object").path("key").asText());
          }
          done.add(
              DeleteMessageBatchRequestEntry.builder()
                  .id(String.valueOf(done.size()))
                  .receiptHandle(message.receiptHandle())
                  .build());
        }
        if (!done.isEmpty()) {
          sqs.deleteMessageBatch(r -> r.queueUrl(url).entries(done));
        }
      }
    }
    assertThat(missing).as("acknowledged objects whose event never arrived").isEmpty();
  }

  /// Clients that upload until they are stopped and write down only what was acknowledged.
  private static final class Load {
    private final AtomicBoolean running = new AtomicBoolean(true);
    private final AtomicInteger numbers = new AtomicInteger();
    private final List<Thread> threads = new ArrayList<>();
    private final Map<String, Long> acknowledged;

    Load(Clients clients, Map<String, Long> acknowledged, long seed) {
      this.acknowledged = acknowledged;
      for (int client = 0; client < CLIENTS; client++) {
        threads.add(Thread.ofPlatform().daemon().start(() -> upload(clients, seed)));
      }
    }

    private void upload(Clients clients, long seed) {
      try (S3Client s3 = clients.s3()) {
        while (running.get()) {
          int number = numbers.getAndIncrement();
          String key = "object-" + number;
          long content = seed ^ number;
          try {
            s3.putObject(r -> r.bucket(BUCKET).key(key), RequestBody.fromBytes(body(content)));
            acknowledged.put(key, content);
          } catch (SdkException _) {
            pause(); // the server is down, or died before it answered: nothing was promised
          }
        }
      }
    }

    private static void pause() {
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    void awaitAcknowledged(int count) throws InterruptedException {
      Instant giveUp = Instant.now().plus(Duration.ofSeconds(180));
      while (acknowledged.size() < count) {
        if (Instant.now().isAfter(giveUp)) {
          throw new AssertionError(
              "only " + acknowledged.size() + " of " + count + " uploads were acknowledged");
        }
        Thread.sleep(10);
      }
    }

    void stop() throws InterruptedException {
      running.set(false);
      for (Thread thread : threads) {
        thread.join(Duration.ofSeconds(60));
      }
    }
  }
}
