package io.carillon.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.Main;
import io.carillon.aws.Specs;
import io.carillon.aws.sigv4.Signer;
import io.carillon.base.Region;
import io.carillon.base.Secret;
import io.carillon.http.Headers;
import io.carillon.lambda.DeploymentPackage;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// A server with a heap of 128 MiB and more requests in flight than fit in it: requests without
/// memory are throttled with the service's own error, the server goes on, and everything
/// acknowledged is stored.
@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MemoryTest {
  private static final int CONCURRENT_REQUESTS = 150;
  private static final int MEGABYTE = 1_000_000;
  private static final String JSON_TYPE = "application/x-amz-json-1.0";
  private static final String FORM_TYPE = "application/x-www-form-urlencoded";

  @TempDir static Path folder;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private Process server;
  private URI endpoint;
  private String queue;

  record Answer(int status, String text) {}

  @BeforeAll
  void start() throws Exception {
    server =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseG1GC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Main.class.getName(),
                "start",
                "--port=0",
                "--data=" + folder.resolve("data"))
            .redirectError(folder.resolve("log").toFile())
            .start();
    String line = server.inputReader().readLine();
    assertThat(line).as(log()).startsWith("Carillon is ready at ");
    endpoint = URI.create(line.substring("Carillon is ready at ".length()));
    queue =
        member(
            "QueueUrl",
            send("sqs", target("AmazonSQS.CreateQueue"), "{\"QueueName\":\"q\"}").get());
    assertThat(send("s3", new Call("PUT", "/bucket", Map.of()), "").get().status()).isEqualTo(200);
  }

  @AfterAll
  void stop() throws InterruptedException {
    server.destroy();
    server.waitFor();
  }

  @Test
  void sendingAndReceivingMessagesIsThrottledWithoutLoss() throws Exception {
    List<Answer> sent =
        all(
            "sqs",
            target("AmazonSQS.SendMessage"),
            "{\"QueueUrl\":\"%s\",\"MessageBody\":\"%s\"}".formatted(queue, "x".repeat(MEGABYTE)));
    long acknowledged = countSuccesses(sent, 200, 400, "RequestThrottled");
    List<Answer> received =
        all(
            "sqs",
            target("AmazonSQS.ReceiveMessage"),
            "{\"QueueUrl\":\"%s\",\"MaxNumberOfMessages\":10,\"VisibilityTimeout\":0}"
                .formatted(queue));
    countSuccesses(received, 200, 400, "RequestThrottled");

    Answer attributes =
        send(
                "sqs",
                target("AmazonSQS.GetQueueAttributes"),
                "{\"QueueUrl\":\"%s\",\"AttributeNames\":[\"ApproximateNumberOfMessages\"]}"
                    .formatted(queue))
            .get();
    assertThat(member("ApproximateNumberOfMessages", attributes)).isEqualTo("" + acknowledged);
    assertAlive();
  }

  /// Acknowledged events are not only stored but attempted: running jobs share a memory budget.
  @Tag("full")
  @Test
  void asynchronousInvocationsAreThrottledWithoutLoss() throws Exception {
    createFunction();
    List<Answer> invoked =
        all(
            "lambda",
            new Call(
                "POST",
                "/2015-03-31/functions/f/invocations",
                Map.of("x-amz-invocation-type", "Event")),
            "\"" + "x".repeat(MEGABYTE) + "\"");
    long acknowledged = countSuccesses(invoked, 202, 429, "Rate exceeded");

    Answer lanes = send("carillon", get("/_carillon/lanes"), "").get();
    assertThat(lanes.text()).contains("\"depth\":" + acknowledged);
    assertAlive();
  }

  private void createFunction() throws Exception {
    Answer role =
        form(
            "iam",
            Map.of(
                "Action", "CreateRole",
                "Version", "2010-05-08",
                "RoleName", "r",
                "AssumeRolePolicyDocument",
                    "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":"
                        + "\"sts:AssumeRole\",\"Principal\":{\"Service\":\"lambda.amazonaws.com\"}}}"));
    assertThat(role.status()).as(role.text()).isEqualTo(200);
    Answer created =
        send(
                "lambda",
                new Call(
                    "POST", "/2015-03-31/functions", Map.of("content-type", "application/json")),
                """
                {"FunctionName":"f","Runtime":"provided.al2023","Handler":"x",\
                "Role":"arn:aws:iam::000000000000:role/r","Code":{"ZipFile":"%s"}}\
                """
                    .formatted(
                        Base64.getEncoder()
                            .encodeToString(
                                DeploymentPackage.of("bootstrap", "#!/bin/sh\nexec sleep 600\n"))))
            .get();
    assertThat(created.status()).as(created.text()).isEqualTo(201);
  }

  @Tag("full")
  @Test
  void bodiesThatServicesReadIntoMemoryAreThrottled() throws Exception {
    String text = "x".repeat(MEGABYTE);
    countSuccesses(
        all("s3", new Call("PUT", "/bucket/large", Map.of()), text), 200, 503, "SlowDown");
    assertThat(send("s3", get("/bucket/large"), "").get().text()).isEqualTo(text);
    countSuccesses(
        all("s3", new Call("PUT", "/bucket/small", Map.of()), text.substring(0, 64 << 10)),
        200,
        503,
        "SlowDown");
    String keys = "<Object><Key>%s</Key></Object>".formatted("k".repeat(980)).repeat(1000);
    String deletion = "<Delete>" + keys + "</Delete>";
    String md5 =
        Base64.getEncoder()
            .encodeToString(MessageDigest.getInstance("MD5").digest(deletion.getBytes(UTF_8)));
    countSuccesses(
        all("s3", new Call("POST", "/bucket?delete", Map.of("content-md5", md5)), deletion),
        200,
        503,
        "SlowDown");
    countSuccesses(
        all("iam", FORM_POST, "Action=CreatePolicy&Version=2010-05-08&PolicyDocument=" + text),
        400,
        400,
        "<Code>");
    countSuccesses(
        all("sts", FORM_POST, "Action=GetCallerIdentity&Version=2011-06-15&X=" + text),
        400,
        400,
        "<Code>");
    countSuccesses(
        all("sns", FORM_POST, "Action=Publish&Version=2010-03-31&TopicArn=x&Message=" + text),
        400,
        429,
        "<Code>Throttled</Code>");
    countSuccesses(
        all("logs", target("Logs_20140328.PutLogEvents"), "{\"logGroupName\":\"" + text + "\"}"),
        400,
        400,
        "Exception");
    countSuccesses(
        all(
            "lambda",
            new Call("POST", "/2015-03-31/functions", Map.of()),
            "{\"FunctionName\":\"z\",\"Code\":{\"ZipFile\":\"" + text + "\"}}"),
        400,
        429,
        "Rate exceeded");
    assertAlive();
  }

  @Tag("full")
  @Test
  void publishingIsThrottledAndEveryAcknowledgedMessageIsDelivered() throws Exception {
    String topic = "arn:aws:sns:us-east-1:000000000000:t";
    String subscribed = "arn:aws:sqs:us-east-1:000000000000:subscribed";
    String policy =
        "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":"
            + "\"sqs:SendMessage\",\"Principal\":{\"Service\":\"sns.amazonaws.com\"},\"Resource\":\"*\"}}";
    String created =
        "{\"QueueName\":\"subscribed\",\"Attributes\":{\"Policy\":\"%s\"}}"
            .formatted(policy.replace("\"", "\\\""));
    String url = member("QueueUrl", send("sqs", target("AmazonSQS.CreateQueue"), created).get());
    String version = "2010-03-31";
    assertThat(
            form("sns", Map.of("Action", "CreateTopic", "Version", version, "Name", "t")).status())
        .isEqualTo(200);
    assertThat(
            form(
                    "sns",
                    Map.of(
                        "Action", "Subscribe",
                        "Version", version,
                        "TopicArn", topic,
                        "Protocol", "sqs",
                        "Endpoint", subscribed))
                .status())
        .isEqualTo(200);

    List<Answer> published =
        all(
            "sns",
            FORM_POST,
            "Action=Publish&Version=2010-03-31&TopicArn=%s&Message=%s"
                .formatted(URLEncoder.encode(topic, UTF_8), "x".repeat(250_000)));
    long acknowledged = countSuccesses(published, 200, 429, "<Code>Throttled</Code>");

    String depth =
        "{\"QueueUrl\":\"%s\",\"AttributeNames\":[\"ApproximateNumberOfMessages\"]}".formatted(url);
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .until(
            () ->
                member(
                    "ApproximateNumberOfMessages",
                    send("sqs", target("AmazonSQS.GetQueueAttributes"), depth).get()),
            Long.toString(acknowledged)::equals);
    assertAlive();
  }

  @Tag("full")
  @Test
  void logEventsAreThrottledWithoutLoss() throws Exception {
    String name = "\"logGroupName\":\"g\"";
    assertThat(logs("CreateLogGroup", "{" + name + "}").status()).isEqualTo(200);
    assertThat(logs("CreateLogStream", "{" + name + ",\"logStreamName\":\"s\"}").status())
        .isEqualTo(200);
    String event =
        "{\"timestamp\":%d,\"message\":\"%s\"}"
            .formatted(Clock.systemUTC().millis(), "x".repeat(250_000));
    List<Answer> put =
        all(
            "logs",
            target("Logs_20140328.PutLogEvents"),
            "{%s,\"logStreamName\":\"s\",\"logEvents\":[%s]}"
                .formatted(name, String.join(",", Collections.nCopies(4, event))));
    long acknowledged = countSuccesses(put, 200, 400, "ThrottlingException");

    long stored = 0;
    String next = "";
    do {
      Answer page = logs("FilterLogEvents", "{" + name + ",\"limit\":4" + next + "}");
      assertThat(page.status()).as(page.text()).isEqualTo(200);
      stored += Pattern.compile("\"eventId\"").matcher(page.text()).results().count();
      var token = Pattern.compile("\"nextToken\":\"([^\"]+)\"").matcher(page.text());
      next = token.find() ? ",\"nextToken\":\"" + token.group(1) + "\"" : "";
    } while (!next.isEmpty());
    assertThat(stored).isEqualTo(4 * acknowledged);
    assertAlive();
  }

  private Answer logs(String operation, String body) throws Exception {
    return send("logs", target("Logs_20140328." + operation), body).get();
  }

  @Test
  void aBodyLargerThanTheHeapAllowsIsRefusedWithAdvice() throws Exception {
    Answer answer =
        send(
                "lambda",
                new Call("POST", "/2015-03-31/functions", Map.of()),
                "{\"Code\":{\"ZipFile\":\"" + "x".repeat(60 * MEGABYTE) + "\"}}")
            .get();
    assertThat(answer.status()).isEqualTo(413);
    assertThat(answer.text()).contains("CARILLON_JAVA_OPTIONS=-Xmx");
  }

  private long countSuccesses(List<Answer> answers, int success, int refused, String code) {
    long count = 0;
    for (Answer answer : answers) {
      if (answer.status() == success) {
        count++;
      } else {
        assertThat(answer.status()).as(answer.text()).isEqualTo(refused);
        assertThat(answer.text()).contains(code);
      }
    }
    assertThat(count).isPositive();
    return count;
  }

  private void assertAlive() throws Exception {
    assertThat(server.isAlive()).as(log()).isTrue();
    HttpResponse<String> health =
        client.send(
            HttpRequest.newBuilder(endpoint.resolve("/_carillon/health")).build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(health.statusCode()).isEqualTo(200);
    assertThat(log()).doesNotContain("OutOfMemoryError");
  }

  private String log() throws IOException {
    return Files.readString(folder.resolve("log"));
  }

  private static String member(String name, Answer answer) {
    var found = Pattern.compile("\"" + name + "\":\"([^\"]+)\"").matcher(answer.text());
    assertThat(found.find()).as(answer.text()).isTrue();
    return found.group(1);
  }

  record Call(String method, String path, Map<String, String> headers) {}

  private static final Call FORM_POST = new Call("POST", "/", Map.of("content-type", FORM_TYPE));

  private static Call get(String path) {
    return new Call("GET", path, Map.of());
  }

  private Answer form(String service, Map<String, String> fields) throws Exception {
    String body =
        fields.entrySet().stream()
            .map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), UTF_8))
            .collect(Collectors.joining("&"));
    return send(service, FORM_POST, body).get();
  }

  private static Call target(String target) {
    return new Call("POST", "/", Map.of("x-amz-target", target, "content-type", JSON_TYPE));
  }

  private List<Answer> all(String service, Call call, String body) {
    List<CompletableFuture<Answer>> responses = new ArrayList<>();
    byte[] bytes = body.getBytes(UTF_8);
    for (int i = 0; i < CONCURRENT_REQUESTS; i++) {
      responses.add(send(service, call, bytes));
    }
    return responses.stream().map(CompletableFuture::join).toList();
  }

  private CompletableFuture<Answer> send(String service, Call call, String body) {
    return send(service, call, body.getBytes(UTF_8));
  }

  private CompletableFuture<Answer> send(String service, Call call, byte[] body) {
    URI uri = endpoint.resolve(call.path());
    Headers headers = new Headers();
    call.headers().forEach(headers::add);
    Headers signed =
        new Signer(
                "test",
                new Secret("test"),
                Optional.empty(),
                Region.US_EAST_1,
                Specs.of(service),
                Clock.systemUTC())
            .sign(call.method(), uri, headers, body);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .timeout(Duration.ofMinutes(2))
            .method(call.method(), HttpRequest.BodyPublishers.ofByteArray(body));
    call.headers().forEach(request::header);
    signed.forEach(request::header);
    return client
        .sendAsync(request.build(), HttpResponse.BodyHandlers.ofString())
        .thenApply(answer -> new Answer(answer.statusCode(), answer.body()));
  }
}
