package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.Event;
import software.amazon.awssdk.services.s3.model.NotificationConfiguration;
import software.amazon.awssdk.services.s3.model.TopicConfiguration;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sqs.SqsClient;

/// The server is killed repeatedly while slow functions and a slow HTTP subscriber are running.
/// Restarts use up no attempts: every acknowledged event reaches its end, however often its
/// delivery was interrupted. A delivery that crashes the server each time is identified, and only
/// it is given up. Nothing here waits for a fixed time: a test ends when the outbox is empty.
class RestartTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private final long seed = Long.getLong("carillon.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private volatile long pid;

  @BeforeEach
  void requirePrograms() {
    System.out.println("RestartTest seed " + seed + " (repeat with -Dcarillon.seed=" + seed + ")");
    Requirements.program("python3", "--version");
  }

  @Test
  void twoKillsUseUpNoAttempts() throws Exception {
    survive(2, 20, 4, Duration.ofSeconds(1));
  }

  @Test
  @Tag("full")
  void tenKillsUseUpNoAttempts() throws Exception {
    survive(10, 450, 50, Duration.ofMillis(2_500));
  }

  /// @param forTopic how many events go to the subscriber
  /// @param forFunction how many go to the function
  /// @param longest time between starts and kills after the backlog has been made
  private void survive(int kills, int forTopic, int forFunction, Duration longest)
      throws Exception {
    try (Subscriber subscriber = new Subscriber(Duration.ofMillis(500), _ -> {})) {
      Carillon server = Carillon.start(folder);
      String port = String.valueOf(server.port());
      try {
        Clients uploader = provision(server, subscriber);
        Set<String> topic = upload(uploader, Chain.TO_TOPIC, forTopic);
        Set<String> function = upload(uploader, Chain.TO_FUNCTION, forFunction);
        for (int kill = 0; kill < kills; kill++) {
          Thread.sleep(random.nextLong(longest.toMillis()));
          server.kill();
          server = Carillon.start(folder, "--port", port);
        }
        awaitEmptyOutbox(server);
        assertThat(deadLetters(server)).as("among the dead letters").isEmpty();
        assertThat(subscriber.keys()).containsExactlyInAnyOrderElementsOf(topic);
        assertThat(ends(server, "Success")).containsExactlyInAnyOrderElementsOf(function);
      } finally {
        server.close();
      }
    }
  }

  @Test
  @Tag("full")
  void onlyTheDeliveryThatCrashesTheServerIsGivenUp() throws Exception {
    Consumer<String> poisonKills =
        key -> {
          if (key.contains("poison")) {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
          }
        };
    try (Subscriber subscriber = new Subscriber(Duration.ofMillis(100), poisonKills)) {
      Carillon server = Carillon.start(folder, "--retry-time-scale", "0.05");
      pid = server.pid();
      String port = String.valueOf(server.port());
      try {
        Clients uploader = provision(server, subscriber);
        Set<String> function = upload(uploader, Chain.TO_FUNCTION, 10);
        Set<String> topic = upload(uploader, Chain.TO_TOPIC, 60);
        put(uploader, Chain.TO_TOPIC + "poison");
        int deaths = 0;
        while (!isOutboxEmpty(server)) {
          if (server.isAlive()) {
            Thread.sleep(50);
          } else {
            deaths++;
            server = Carillon.start(folder, "--port", port, "--retry-time-scale", "0.05");
            pid = server.pid();
          }
        }
        System.out.println("given up after " + deaths + " deaths");
        assertThat(deadLetters(server))
            .singleElement()
            .satisfies(
                job -> {
                  assertThat(job.path("kind").asText()).isEqualTo("sns.http");
                  assertThat(job.path("why").asText())
                      .isEqualTo("the process ended during its last " + deaths(job) + " attempts");
                });
        assertThat(subscriber.keys()).containsAll(topic);
        assertThat(ends(server, "Success")).containsExactlyInAnyOrderElementsOf(function);
        assertThat(deaths).as("two, then it halves").isBetween(5, 12);
      } finally {
        server.close();
      }
    }
  }

  private static int deaths(JsonNode job) {
    return job.path("attempts").asInt();
  }

  private static Clients provision(Carillon server, Subscriber subscriber) throws Exception {
    Clients root = Clients.root(server);
    try (SnsClient sns = root.sns();
        LambdaClient lambda = root.lambda()) {
      Chain.queue(root);
      String topic = sns.createTopic(r -> r.name("restart")).topicArn();
      sns.setTopicAttributes(
          r ->
              r.topicArn(topic)
                  .attributeName("Policy")
                  .attributeValue(Chain.allow("s3.amazonaws.com", "sns:Publish", topic)));
      sns.subscribe(r -> r.topicArn(topic).protocol("http").endpoint(subscriber.url()));
      subscriber.awaitConfirmation();
      NotificationConfiguration.Builder events =
          NotificationConfiguration.builder()
              .topicConfigurations(
                  TopicConfiguration.builder()
                      .topicArn(topic)
                      .events(Event.S3_OBJECT_CREATED)
                      .filter(f -> f.key(k -> k.filterRules(Chain.prefix(Chain.TO_TOPIC))))
                      .build());
      Chain.invoking(
          events,
          Chain.function(
              root,
              Chain.permit("sqs:SendMessage", Chain.QUEUE),
              "import time",
              "time.sleep(2)",
              "return len(event['Records'])"));
      lambda.putFunctionEventInvokeConfig(
          r ->
              r.functionName("crash")
                  .destinationConfig(
                      d ->
                          d.onSuccess(s -> s.destination(Chain.QUEUE))
                              .onFailure(f -> f.destination(Chain.QUEUE))));
      return Chain.uploader(server, events.build());
    }
  }

  private static Set<String> upload(Clients uploader, String prefix, int count) {
    Set<String> keys = new TreeSet<>();
    try (S3Client s3 = uploader.s3()) {
      for (int i = 0; i < count; i++) {
        String key = prefix + "object-" + i;
        s3.putObject(r -> r.bucket(Chain.BUCKET).key(key), RequestBody.fromString(key));
        keys.add(key);
      }
    }
    return keys;
  }

  private static void put(Clients uploader, String key) {
    try (S3Client s3 = uploader.s3()) {
      s3.putObject(r -> r.bucket(Chain.BUCKET).key(key), RequestBody.fromString(key));
    } catch (SdkException e) {
      System.out.println("The server died before it answered: " + e.getMessage());
    }
  }

  private static void awaitEmptyOutbox(Carillon server) throws InterruptedException {
    while (!isOutboxEmpty(server)) {
      Thread.sleep(50);
    }
  }

  /// Whether the outbox holds only jobs that are due in days: to delete a confirmation's token, or
  /// a message whose delivery was given up.
  private static boolean isOutboxEmpty(Carillon server) throws InterruptedException {
    try {
      for (JsonNode lane : JSON.readTree(server.admin("lanes"))) {
        String kind = lane.path("kind").asText();
        if (!kind.equals("sns.expiry") && !kind.equals("sns.letgo")) {
          return false;
        }
      }
      return true;
    } catch (IOException e) {
      return false; // the server is down
    }
  }

  private static JsonNode deadLetters(Carillon server) throws Exception {
    return JSON.readTree(server.admin("dead-letters?limit=100"));
  }

  /// The keys of the objects whose invocation records in the queue have this condition.
  private static Set<String> ends(Carillon server, String condition) throws Exception {
    Set<String> keys = new HashSet<>();
    try (SqsClient sqs = Clients.root(server).sqs()) {
      String url = sqs.getQueueUrl(r -> r.queueName("crash")).queueUrl();
      for (var bodies = Queues.take(sqs, url); !bodies.isEmpty(); bodies = Queues.take(sqs, url)) {
        for (String body : bodies) {
          JsonNode record = JSON.readTree(body);
          assertThat(record.path("requestContext").path("condition").asText()).isEqualTo(condition);
          JsonNode event = record.path("requestPayload").path("Records").path(0);
          String key = event.path("s3").path("object").path("key").asText();
          keys.add(URLDecoder.decode(key, StandardCharsets.UTF_8));
        }
      }
    }
    return keys;
  }
}
