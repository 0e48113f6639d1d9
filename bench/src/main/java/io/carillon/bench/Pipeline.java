package io.carillon.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carillon.http.Handler;
import io.carillon.http.HttpEngine;
import io.carillon.http.Limits;
import io.carillon.http.Request;
import io.carillon.http.Response;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.Runtime;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.Event;
import software.amazon.awssdk.services.s3.model.LambdaFunctionConfiguration;
import software.amazon.awssdk.services.s3.model.TopicConfiguration;
import software.amazon.awssdk.services.sns.SnsClient;

/// The event path under measurement: the time from the start of an upload until a warm function is
/// entered, and until an HTTP subscriber receives its POST. All read the same clock: the function
/// reads it first and then reports over a plain socket. (`System.nanoTime` is Linux's
/// `CLOCK_MONOTONIC`, as is Python's `monotonic_ns`.)
final class Pipeline implements AutoCloseable {
  /// Together they take some tenths of a second, as boto3 does, which not every machine has.
  private static final String IMPORTS =
      "http.client, time, asyncio, email.mime.text, logging.config, sqlite3, unittest.mock,"
          + " urllib.request, xml.dom.minidom, xmlrpc.client";

  private static final String ROLE_TRUST =
      """
      {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
       "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}\
      """;

  private final SdkHttpClient http = UrlConnectionHttpClient.create();
  private final S3Client s3;
  private final IamClient iam;
  private final LambdaClient lambda;
  private final SnsClient sns;
  private final Arrivals arrivals = new Arrivals();
  private final HttpEngine receiver;
  private final URI endpoint;
  private final Connection uploads;

  Pipeline(URI endpoint) throws IOException {
    this.s3 = client(S3Client.builder().forcePathStyle(true), endpoint);
    this.iam = client(IamClient.builder(), endpoint);
    this.lambda = client(LambdaClient.builder(), endpoint);
    this.sns = client(SnsClient.builder(), endpoint);
    this.endpoint = endpoint;
    this.uploads = new Connection(endpoint);
    this.receiver =
        HttpEngine.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            Limits.standard(),
            arrivals);
  }

  private <B extends AwsClientBuilder<B, C> & AwsSyncClientBuilder<B, C>, C> C client(
      B builder, URI endpoint) {
    return builder
        .endpointOverride(endpoint)
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
        .httpClient(http)
        .build();
  }

  void makeBucket(String bucket) {
    s3.createBucket(r -> r.bucket(bucket));
  }

  /// A bucket whose uploads invoke a Python function that reports when it was entered.
  void toFunction(String bucket) throws IOException {
    toFunction(bucket, "bench", "http.client, time");
  }

  /// A bucket whose uploads invoke a Python function that also imports what a usual one imports.
  void toImportingFunction(String bucket) throws IOException {
    toFunction(bucket, "importing", IMPORTS);
  }

  private void toFunction(String bucket, String name, String imports) throws IOException {
    makeBucket(bucket);
    String role =
        iam.createRole(r -> r.roleName(name).assumeRolePolicyDocument(ROLE_TRUST)).role().arn();
    String code =
        """
        import %s
        connection = http.client.HTTPConnection("127.0.0.1", %d)
        def handler(event, context):
            entered = time.monotonic_ns()
            key = event["Records"][0]["s3"]["object"]["key"]
            connection.request("GET", "/entered/%%s/%%d" %% (key, entered))
            connection.getresponse().read()
        """
            .formatted(imports, receiver.port());
    byte[] zip = zip("bench.py", code);
    String function =
        lambda
            .createFunction(
                r ->
                    r.functionName(name)
                        .runtime(Runtime.PYTHON3_12)
                        .handler("bench.handler")
                        .role(role)
                        .timeout(30)
                        .code(c -> c.zipFile(SdkBytes.fromByteArray(zip))))
            .functionArn();
    lambda.waiter().waitUntilFunctionActiveV2(r -> r.functionName(name));
    lambda.addPermission(
        r ->
            r.functionName(name)
                .statementId("s3")
                .action("lambda:InvokeFunction")
                .principal("s3.amazonaws.com")
                .sourceArn("arn:aws:s3:::" + bucket));
    s3.putBucketNotificationConfiguration(
        r ->
            r.bucket(bucket)
                .notificationConfiguration(
                    n ->
                        n.lambdaFunctionConfigurations(
                            LambdaFunctionConfiguration.builder()
                                .lambdaFunctionArn(function)
                                .events(Event.S3_OBJECT_CREATED)
                                .build())));
  }

  /// A bucket whose uploads are published to a topic that this process subscribes to.
  void toSubscriber(String bucket) throws InterruptedException {
    String topic = topic(bucket);
    sns.subscribe(
        r ->
            r.topicArn(topic)
                .protocol("http")
                .endpoint("http://127.0.0.1:" + receiver.port() + "/subscriber"));
    arrivals.awaitConfirmation();
    notify(bucket, topic);
  }

  /// A bucket whose uploads are published to a topic with `count` subscriptions whose filters
  /// accept none of them.
  void toFilteredTopic(String bucket, int count) {
    String topic = topic(bucket);
    for (int i = 0; i < count; i++) {
      String queue = "arn:aws:sqs:us-east-1:000000000000:q" + i;
      String filter =
          "{\"Records\": {\"s3\": {\"object\": {\"key\": [{\"prefix\": \"never%d/\"}]}}}}"
              .formatted(i);
      sns.subscribe(
          r ->
              r.topicArn(topic)
                  .protocol("sqs")
                  .endpoint(queue)
                  .attributes(Map.of("FilterPolicyScope", "MessageBody", "FilterPolicy", filter)));
    }
    notify(bucket, topic);
  }

  /// A topic to which a new bucket may publish.
  private String topic(String bucket) {
    makeBucket(bucket);
    String topic = sns.createTopic(r -> r.name("bench")).topicArn();
    sns.setTopicAttributes(
        r ->
            r.topicArn(topic)
                .attributeName("Policy")
                .attributeValue(
                    """
                    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
                     "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sns:Publish", "Resource": "%s"}]}\
                    """
                        .formatted(topic)));
    return topic;
  }

  private void notify(String bucket, String topic) {
    s3.putBucketNotificationConfiguration(
        r ->
            r.bucket(bucket)
                .notificationConfiguration(
                    n ->
                        n.topicConfigurations(
                            TopicConfiguration.builder()
                                .topicArn(topic)
                                .events(Event.S3_OBJECT_CREATED)
                                .build())));
  }

  /// Uploads a small object and waits for its event at the other end.
  Duration upload(String bucket, String key) throws IOException, InterruptedException {
    arrivals.expect(key);
    long begun = uploads.exchange("PUT", "/" + bucket + "/" + key, new byte[] {'x'});
    return Duration.ofNanos(arrival(key) - begun);
  }

  /// Uploads small objects over a number of connections and waits for all events at the other end.
  ///
  /// @return the time from the first upload to the last event
  Duration upload(String bucket, List<String> keys, int connections)
      throws IOException, InterruptedException {
    keys.forEach(arrivals::expect);
    ConcurrentLinkedQueue<String> left = new ConcurrentLinkedQueue<>(keys);
    long begun = System.nanoTime();
    try (ExecutorService threads = Executors.newFixedThreadPool(connections)) {
      List<Callable<Boolean>> senders = Collections.nCopies(connections, () -> send(bucket, left));
      for (Future<Boolean> sent : threads.invokeAll(senders)) {
        sent.get();
      }
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
    long last = begun;
    for (String key : keys) {
      last = Math.max(last, arrival(key));
    }
    return Duration.ofNanos(last - begun);
  }

  private boolean send(String bucket, Queue<String> keys) throws IOException {
    try (Connection connection = new Connection(endpoint)) {
      for (String key = keys.poll(); key != null; key = keys.poll()) {
        connection.exchange("PUT", "/" + bucket + "/" + key, new byte[] {'x'});
      }
    }
    return true;
  }

  private long arrival(String key) throws InterruptedException {
    if (!arrivals.expect(key).await(60, TimeUnit.SECONDS)) {
      throw new IllegalStateException("the event of " + key + " did not arrive within a minute");
    }
    return arrivals.at(key);
  }

  private static byte[] zip(String name, String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry(name));
      zip.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  @Override
  public void close() throws IOException {
    uploads.close();
    receiver.close();
    s3.close();
    iam.close();
    lambda.close();
    sns.close();
    http.close();
  }

  /// Records when each object's event arrived.
  private static final class Arrivals implements Handler {
    private final ObjectMapper json = new ObjectMapper();
    private final Map<String, CountDownLatch> expected = new ConcurrentHashMap<>();
    private final Map<String, Long> times = new ConcurrentHashMap<>();
    private final CountDownLatch confirmed = new CountDownLatch(1);

    CountDownLatch expect(String key) {
      return expected.computeIfAbsent(key, _ -> new CountDownLatch(1));
    }

    long at(String key) {
      return times.getOrDefault(key, 0L);
    }

    void awaitConfirmation() throws InterruptedException {
      if (!confirmed.await(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the subscription was not confirmed");
      }
    }

    private void arrived(String key, long now) {
      times.putIfAbsent(key, now);
      expect(key).countDown();
    }

    @Override
    public Response handle(Request request) throws IOException {
      long now = System.nanoTime();
      if (request.rawPath().startsWith("/entered/")) {
        String[] said = request.rawPath().substring("/entered/".length()).split("/", 2);
        arrived(said[0], Long.parseLong(said[1]));
        return Response.of(200);
      }
      JsonNode message = json.readTree(request.body().readAll(1 << 20));
      if (message.path("Type").asText().equals("SubscriptionConfirmation")) {
        try (InputStream answer =
            URI.create(message.path("SubscribeURL").asText()).toURL().openStream()) {
          answer.readAllBytes();
        }
        confirmed.countDown();
      } else {
        for (JsonNode event : json.readTree(message.path("Message").asText()).path("Records")) {
          arrived(event.path("s3").path("object").path("key").asText(), now);
        }
      }
      return Response.of(200);
    }
  }
}
