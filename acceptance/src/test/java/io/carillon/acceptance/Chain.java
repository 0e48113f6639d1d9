package io.carillon.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.iam.model.AccessKey;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.Event;
import software.amazon.awssdk.services.s3.model.FilterRule;
import software.amazon.awssdk.services.s3.model.FilterRuleName;
import software.amazon.awssdk.services.s3.model.LambdaFunctionConfiguration;
import software.amazon.awssdk.services.s3.model.NotificationConfiguration;
import software.amazon.awssdk.services.s3.model.TopicConfiguration;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/// The resources of the crash tests: bucket → topic → queue, and bucket → function → destination
/// queue, selected by the key's prefix. Failed invocations are sent to the same queue, as the end
/// of their events.
final class Chain {
  static final String BUCKET = "crash";
  static final String TO_TOPIC = "topic/";
  static final String TO_FUNCTION = "function/";
  static final String QUEUE = "arn:aws:sqs:us-east-1:000000000000:crash";
  private static final Duration TIMEOUT = Duration.ofMinutes(3);
  private static final int THREADS = 8;
  private static final ObjectMapper JSON = new ObjectMapper();

  private Chain() {}

  /// Creates all resources.
  ///
  /// @return the user who uploads; its secret key has to survive as well
  static Clients provision(Carillon server, boolean withFunction) throws IOException {
    Clients root = Clients.root(server);
    try (SnsClient sns = root.sns();
        LambdaClient lambda = root.lambda()) {
      queue(root);
      NotificationConfiguration.Builder events =
          NotificationConfiguration.builder()
              .topicConfigurations(
                  TopicConfiguration.builder()
                      .topicArn(topic(sns))
                      .events(Event.S3_OBJECT_CREATED)
                      .filter(f -> f.key(k -> k.filterRules(prefix(TO_TOPIC))))
                      .build());
      if (withFunction) {
        invoking(
            events,
            function(root, permit("sqs:SendMessage", QUEUE), "return len(event['Records'])"));
        lambda.putFunctionEventInvokeConfig(
            r ->
                r.functionName("crash")
                    .destinationConfig(
                        d ->
                            d.onSuccess(s -> s.destination(QUEUE))
                                .onFailure(f -> f.destination(QUEUE))));
      }
      return uploader(server, events.build());
    }
  }

  static void invoking(NotificationConfiguration.Builder events, String function) {
    events.lambdaFunctionConfigurations(
        LambdaFunctionConfiguration.builder()
            .lambdaFunctionArn(function)
            .events(Event.S3_OBJECT_CREATED)
            .filter(f -> f.key(k -> k.filterRules(prefix(TO_FUNCTION))))
            .build());
  }

  static FilterRule prefix(String prefix) {
    return FilterRule.builder().name(FilterRuleName.PREFIX).value(prefix).build();
  }

  static void queue(Clients root) {
    try (SqsClient sqs = root.sqs()) {
      String url = sqs.createQueue(r -> r.queueName("crash")).queueUrl();
      sqs.setQueueAttributes(
          r ->
              r.queueUrl(url)
                  .attributes(
                      Map.of(
                          QueueAttributeName.POLICY,
                          allow("sns.amazonaws.com", "sqs:SendMessage", QUEUE))));
    }
  }

  private static String topic(SnsClient sns) {
    String topic = sns.createTopic(r -> r.name("crash")).topicArn();
    sns.setTopicAttributes(
        r ->
            r.topicArn(topic)
                .attributeName("Policy")
                .attributeValue(allow("s3.amazonaws.com", "sns:Publish", topic)));
    sns.subscribe(
        r ->
            r.topicArn(topic)
                .protocol("sqs")
                .endpoint(QUEUE)
                .attributes(Map.of("RawMessageDelivery", "true")));
    return topic;
  }

  static String function(Clients root, String policy, String... body) throws IOException {
    try (LambdaClient lambda = root.lambda();
        IamClient iam = root.iam()) {
      String role =
          iam.createRole(
                  r ->
                      r.roleName("crash")
                          .assumeRolePolicyDocument(Functions.trust("lambda.amazonaws.com")))
              .role()
              .arn();
      iam.putRolePolicy(r -> r.roleName("crash").policyName("send").policyDocument(policy));
      String function = Functions.create(lambda, "crash", role, body).functionArn();
      lambda.putFunctionConcurrency(
          r -> r.functionName("crash").reservedConcurrentExecutions(4)); // two processors
      lambda.addPermission(
          r ->
              r.functionName("crash")
                  .statementId("s3")
                  .action("lambda:InvokeFunction")
                  .principal("s3.amazonaws.com")
                  .sourceArn("arn:aws:s3:::" + BUCKET));
      return function;
    }
  }

  static Clients uploader(Carillon server, NotificationConfiguration events) {
    Clients root = Clients.root(server);
    try (S3Client s3 = root.s3();
        IamClient iam = root.iam()) {
      s3.createBucket(r -> r.bucket(BUCKET));
      s3.putBucketNotificationConfiguration(
          r -> r.bucket(BUCKET).notificationConfiguration(events));
      iam.createUser(r -> r.userName("uploader"));
      iam.putUserPolicy(
          r ->
              r.userName("uploader")
                  .policyName("put")
                  .policyDocument(permit("s3:PutObject", "arn:aws:s3:::" + BUCKET + "/*")));
      AccessKey key = iam.createAccessKey(r -> r.userName("uploader")).accessKey();
      return Clients.as(server, key.accessKeyId(), key.secretAccessKey());
    }
  }

  static String allow(String service, String action, String resource) {
    return """
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "%s"},
     "Action": "%s", "Resource": "%s"}]}\
    """
        .formatted(service, action, resource);
  }

  static String permit(String action, String resource) {
    return """
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "%s",
     "Resource": "%s"}]}\
    """
        .formatted(action, resource);
  }

  /// Objects that are missing or differ from what was uploaded.
  static List<String> lostObjects(Carillon server, Map<String, Long> acknowledged)
      throws Exception {
    List<Map.Entry<String, Long>> entries = List.copyOf(acknowledged.entrySet());
    Set<String> lost = ConcurrentHashMap.newKeySet();
    AtomicInteger next = new AtomicInteger();
    try (S3Client s3 = Clients.root(server).s3()) {
      inParallel(
          () -> {
            for (int i = next.getAndIncrement(); i < entries.size(); i = next.getAndIncrement()) {
              String key = entries.get(i).getKey();
              byte[] body = Uploads.body(entries.get(i).getValue());
              try {
                byte[] found =
                    s3.getObjectAsBytes(r -> r.bucket(BUCKET).key(key)).asByteArrayUnsafe();
                if (!Arrays.equals(found, body)) {
                  lost.add(key + ": its bytes differ");
                }
              } catch (SdkException e) {
                lost.add(key + ": " + e.getMessage());
              }
            }
            return null;
          });
    }
    return List.copyOf(lost);
  }

  /// Receives from the queue until each of these objects' events has arrived or the time is over.
  ///
  /// @return the objects whose event did not arrive
  static Set<String> lostEvents(Carillon server, Set<String> keys) throws Exception {
    Set<String> missing = ConcurrentHashMap.newKeySet();
    missing.addAll(keys);
    AtomicInteger failed = new AtomicInteger();
    Instant deadline = Instant.now().plus(TIMEOUT);
    try (SqsClient sqs = Clients.root(server).sqs()) {
      String url = sqs.getQueueUrl(r -> r.queueName("crash")).queueUrl();
      inParallel(
          () -> {
            while (!missing.isEmpty() && Instant.now().isBefore(deadline)) {
              receive(sqs, url, missing, failed);
            }
            return null;
          });
    }
    if (failed.get() > 0) {
      System.out.println(
          failed
              + " invocations were killed in each of their attempts and went to the failure queue");
    }
    return new TreeSet<>(missing);
  }

  private static void receive(SqsClient sqs, String url, Set<String> missing, AtomicInteger failed)
      throws IOException {
    for (String message : Queues.take(sqs, url)) {
      JsonNode body = JSON.readTree(message);
      if (body.path("requestContext").path("condition").asText().equals("RetriesExhausted")) {
        failed.incrementAndGet();
      }
      JsonNode event = body.has("requestPayload") ? body.path("requestPayload") : body;
      for (JsonNode record : event.path("Records")) {
        String key = record.path("s3").path("object").path("key").asText();
        missing.remove(URLDecoder.decode(key, StandardCharsets.UTF_8));
      }
    }
  }

  private static void inParallel(Callable<Void> work) throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      List<Future<Void>> running = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        running.add(threads.submit(work));
      }
      for (Future<Void> thread : running) {
        thread.get();
      }
    }
  }
}
