package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.Runtime;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.Event;
import software.amazon.awssdk.services.s3.model.LambdaFunctionConfiguration;
import software.amazon.awssdk.services.sqs.SqsClient;

/// Functions that crash, hang, flood the log, fork, exhaust memory and open connections, each
/// triggered by uploads to its own bucket. Meanwhile all other uploads succeed and all events of
/// the well-behaved function arrive; the hostile ones fail with their error after three attempts;
/// afterwards the server uses no more resources than before.
class HostileFunctionsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String QUEUES = "arn:aws:sqs:us-east-1:000000000000:";
  private static final int ATTEMPTS = 3;
  private static final Duration TIMEOUT = Duration.ofMinutes(4);

  // How much the use after the load may exceed that before it.
  private static final int SPARE_FILES = 40;
  private static final int SPARE_THREADS = 40;
  private static final long SPARE_HEAP_BYTES = 48L << 20;
  private static final long SPARE_RESIDENT_BYTES = 256L << 20;

  /// A hostile function.
  ///
  /// @param error the type of the error that it ends in, as a pattern
  private record HostileFunction(String name, int timeoutSeconds, String error, String source) {}

  private static final List<HostileFunction> HOSTILE =
      List.of(
          new HostileFunction(
              "raises",
              3,
              "ValueError",
              """
              def handler(event, context):
                  raise ValueError('no')
              """),
          new HostileFunction(
              "exits",
              3,
              "Runtime.ExitError",
              """
              import os
              def handler(event, context):
                  os._exit(7)
              """),
          new HostileFunction(
              "hangs",
              1,
              "Sandbox.Timedout",
              """
              import time
              def handler(event, context):
                  time.sleep(600)
              """),
          new HostileFunction(
              "floods",
              1,
              "Sandbox.Timedout",
              """
              def handler(event, context):
                  while True:
                      print('x' * 1000)
              """),
          new HostileFunction(
              "forks", // the processes use too much memory, or wait until the time-out
              2,
              "Runtime\\.ExitError|Sandbox\\.Timedout",
              """
              import os, time
              def handler(event, context):
                  while True:
                      try:
                          if os.fork() == 0:
                              time.sleep(600)
                      except OSError:
                          time.sleep(600)
              """),
          new HostileFunction(
              "eats",
              20,
              "Runtime.ExitError",
              """
              def handler(event, context):
                  hoard = []
                  while True:
                      hoard.append(bytearray(8 << 20))
              """),
          new HostileFunction(
              "knocks",
              20,
              "OSError",
              """
              import os, socket, time
              from urllib.parse import urlsplit
              def handler(event, context):
                  server = urlsplit(os.environ['AWS_ENDPOINT_URL'])
                  api = os.environ['AWS_LAMBDA_RUNTIME_API'].split('/')[0].split(':')
                  addresses = [(server.hostname, server.port), (api[0], int(api[1]))]
                  held = []
                  try:
                      while True:
                          held.append(socket.create_connection(addresses[len(held) % 2], 5))
                  except OSError:
                      time.sleep(2)
                      raise
              """));

  private static final List<HostileFunction> MORE_HOSTILE =
      List.of(
          new HostileFunction(
              "fills",
              20,
              "OSError",
              """
              def handler(event, context):
                  with open('/tmp/big', 'wb') as f:
                      while True:
                          f.write(b'x' * (1 << 20))
              """),
          new HostileFunction(
              "never-starts",
              1,
              "Sandbox.Timedout",
              """
              while True:
                  pass
              """),
          new HostileFunction(
              "calls",
              3,
              "Sandbox.Timedout",
              """
              import os, threading, urllib.request
              def call():
                  while True:
                      try:
                          urllib.request.urlopen(os.environ['AWS_ENDPOINT_URL'] + '/anything').read()
                      except Exception:
                          pass
              def handler(event, context):
                  for _ in range(16):
                      threading.Thread(target=call).start()
                  call()
              """));

  @TempDir Path folder;

  @Test
  void theServerSurvivesHostileFunctionsUnchanged() throws Exception {
    surviveHostile(HOSTILE, 1);
  }

  @Test
  @Tag("full")
  void theServerSurvivesManyHostileFunctionsUnchanged() throws Exception {
    List<HostileFunction> all = new ArrayList<>(HOSTILE);
    all.addAll(MORE_HOSTILE);
    surviveHostile(all, 4);
  }

  private void surviveHostile(List<HostileFunction> hostile, int uploadsEach) throws Exception {
    Requirements.program("python3", "--version");
    Requirements.program("bwrap", "--version");
    try (Carillon server =
            Carillon.start(
                folder,
                "--retry-time-scale",
                "0.01",
                "--function-idle-seconds",
                "2",
                "--sandbox",
                "required");
        S3Client s3 = Clients.root(server).s3();
        SqsClient sqs = Clients.root(server).sqs()) {
      String role = role(server);
      provision(server, sqs, role, "good", 10, "def handler(event, context):\n    return 'fine'\n");
      for (HostileFunction function : hostile) {
        provision(server, sqs, role, function.name(), function.timeoutSeconds(), function.source());
      }
      new Uploads(server, 200).finish(sqs); // warm-up
      Footprint before = footprintAtRest(server);

      Uploads good = new Uploads(server, Integer.MAX_VALUE);
      for (HostileFunction function : hostile) {
        for (int i = 0; i < uploadsEach; i++) {
          String key = "object-" + i;
          s3.putObject(r -> r.bucket(function.name()).key(key), RequestBody.fromString("x"));
        }
      }
      for (HostileFunction function : hostile) {
        assertEndsInItsError(sqs, function, uploadsEach);
      }
      good.finish(sqs);

      assertAsBefore(footprintAtRest(server), before);
      assertThat(server.stop()).isIn(0, 143);
    }
  }

  private static String role(Carillon server) {
    try (IamClient iam = Clients.root(server).iam()) {
      String arn =
          iam.createRole(
                  r ->
                      r.roleName("worker")
                          .assumeRolePolicyDocument(Functions.trust("lambda.amazonaws.com")))
              .role()
              .arn();
      iam.putRolePolicy(
          r ->
              r.roleName("worker")
                  .policyName("tell")
                  .policyDocument(
                      """
                      {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
                       "Action": "sqs:SendMessage", "Resource": "*"}]}\
                      """));
      return arn;
    }
  }

  /// A bucket, a function that its uploads invoke, and a queue as destination for success and
  /// failure.
  private static void provision(
      Carillon server, SqsClient sqs, String role, String name, int timeout, String source)
      throws IOException {
    sqs.createQueue(r -> r.queueName(name));
    byte[] zip = Zip.of("m.py", source);
    try (LambdaClient lambda = Clients.root(server).lambda();
        S3Client s3 = Clients.root(server).s3()) {
      String function =
          lambda
              .createFunction(
                  r ->
                      r.functionName(name)
                          .runtime(Runtime.PYTHON3_12)
                          .handler("m.handler")
                          .timeout(timeout)
                          .role(role)
                          .code(c -> c.zipFile(SdkBytes.fromByteArray(zip))))
              .functionArn();
      lambda.putFunctionEventInvokeConfig(
          r ->
              r.functionName(name)
                  .destinationConfig(
                      d ->
                          d.onSuccess(s -> s.destination(QUEUES + name))
                              .onFailure(f -> f.destination(QUEUES + name))));
      lambda.addPermission(
          r ->
              r.functionName(name)
                  .statementId("s3")
                  .action("lambda:InvokeFunction")
                  .principal("s3.amazonaws.com"));
      s3.createBucket(r -> r.bucket(name));
      s3.putBucketNotificationConfiguration(
          r ->
              r.bucket(name)
                  .notificationConfiguration(
                      n ->
                          n.lambdaFunctionConfigurations(
                              LambdaFunctionConfiguration.builder()
                                  .lambdaFunctionArn(function)
                                  .events(Event.S3_OBJECT_CREATED)
                                  .build())));
    }
  }

  private static void assertEndsInItsError(SqsClient sqs, HostileFunction function, int uploads) {
    Map<String, JsonNode> ends = new HashMap<>();
    await(function.name())
        .atMost(TIMEOUT)
        .until(
            () -> {
              receive(sqs, function.name()).forEach(end -> ends.put(key(end), end));
              return ends.size() >= uploads;
            });
    assertThat(ends.values())
        .as(function.name())
        .allSatisfy(
            end -> {
              assertThat(end.at("/requestContext/condition").asText())
                  .isEqualTo("RetriesExhausted");
              assertThat(end.at("/requestContext/approximateInvokeCount").asInt())
                  .isEqualTo(ATTEMPTS);
              assertThat(end.at("/responsePayload/errorType").asText()).matches(function.error());
            });
  }

  private static String key(JsonNode end) {
    return end.at("/requestPayload/Records/0/s3/object/key").asText();
  }

  private static List<JsonNode> receive(SqsClient sqs, String queue) throws IOException {
    String url = sqs.getQueueUrl(r -> r.queueName(queue)).queueUrl();
    List<JsonNode> ends = new ArrayList<>();
    for (String body : Queues.take(sqs, url)) {
      ends.add(JSON.readTree(body));
    }
    return ends;
  }

  /// Uploads to the well-behaved function's bucket. None may fail.
  private static final class Uploads {
    private final Set<String> stored = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean running = new AtomicBoolean(true);
    private final AtomicInteger numbers = new AtomicInteger();
    private final List<Throwable> failures = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final String name = "good-" + System.nanoTime() + "-";
    private final int max;

    Uploads(Carillon server, int max) {
      this.max = max;
      for (int client = 0; client < 2; client++) {
        threads.add(Thread.ofPlatform().daemon().start(() -> upload(Clients.root(server))));
      }
    }

    private void upload(Clients clients) {
      try (S3Client s3 = clients.s3()) {
        for (int i = numbers.getAndIncrement();
            running.get() && i < max;
            i = numbers.getAndIncrement()) {
          String key = name + i;
          s3.putObject(r -> r.bucket("good").key(key), RequestBody.fromString("x"));
          stored.add(key);
          Thread.sleep(20); // few uploads; most of the load comes from the hostile functions
        }
      } catch (Exception e) {
        synchronized (failures) {
          failures.add(e);
        }
      }
    }

    /// Stops, and waits until the function has succeeded for every upload.
    void finish(SqsClient sqs) throws Exception {
      if (max == Integer.MAX_VALUE) {
        running.set(false);
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(failures).as("uploads that failed").isEmpty();
      Map<String, JsonNode> ends = new HashMap<>();
      await("good events of " + stored.size() + " uploads")
          .atMost(TIMEOUT)
          .until(
              () -> {
                receive(sqs, "good").forEach(end -> ends.put(key(end), end));
                return ends.keySet().containsAll(stored);
              });
      assertThat(ends.values())
          .allSatisfy(
              end -> assertThat(end.at("/requestContext/condition").asText()).isEqualTo("Success"));
    }
  }

  /// Waits until no function's process is left, then measures.
  private static Footprint footprintAtRest(Carillon server) throws IOException {
    await("the end of all execution environments")
        .atMost(Duration.ofSeconds(60))
        .until(() -> Footprint.processesBelow(server.pid()) == 0);
    return Footprint.of(server.pid());
  }

  private static void assertAsBefore(Footprint after, Footprint before) {
    System.out.println(
        "HostileFunctionsTest before " + before + "\n                     after  " + after);
    assertThat(after.controlGroups()).isEqualTo(before.controlGroups());
    assertThat(after.openFiles()).isLessThanOrEqualTo(before.openFiles() + SPARE_FILES);
    assertThat(after.threads()).isLessThanOrEqualTo(before.threads() + SPARE_THREADS);
    assertThat(after.heapBytes()).isLessThanOrEqualTo(before.heapBytes() + SPARE_HEAP_BYTES);
    assertThat(after.residentBytes())
        .isLessThanOrEqualTo(before.residentBytes() + SPARE_RESIDENT_BYTES);
  }
}
