package io.carillon.aws.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.Clients;
import io.carillon.aws.Operations;
import io.carillon.aws.Operations.Operation;
import io.carillon.aws.Specs;
import io.carillon.aws.pipeline.RequestPipeline;
import io.carillon.http.Request;
import io.carillon.http.Response;
import io.carillon.server.InMemoryServer;
import io.carillon.server.Server;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.eventbridge.EventBridgeClient;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sqs.SqsClient;

/// Every operation, on existing resources, with values that break careless parsing: numbers, dates,
/// names, ARNs, tokens and documents out of every range. None of them causes an internal error.
@Tag("slow")
class HostileValuesTest {
  /// More for a longer search: `-Dcarillon.hostile=1000`.
  private static final int TRIES = Integer.getInteger("carillon.hostile", 15);

  private static final long SEED = Long.getLong("carillon.seed", 20261130);

  private static final List<String> TEXTS =
      List.of(
          "",
          " ",
          "0",
          "-1",
          "999999999999999999",
          "99999999999999999999999999",
          "9e999999999",
          "1e-999999999",
          "NaN",
          "%",
          "%00",
          "..",
          "/",
          "a/../../b",
          "\u00fc\ud83d\ude00",
          "a\u0000b",
          "a\r\nb",
          "=",
          "====",
          "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
          "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
          "//8=",
          "MQ==",
          "1/1",
          "f/zzzzzzzzzzzzzzzzzzzzz",
          "b/1y2p0ij32e8e7/1y2p0ij32e8e7",
          "bytes=0-99999999999999999999",
          "bytes=-0",
          "rate(1 x)",
          "arn:aws:sns:",
          "arn:aws:lambda:us-east-1:123456789012:function:f:99999999999999999999",
          "arn:aws:iam::123456789012:role/" + "r".repeat(600),
          "arn:aws:s3:::" + "x".repeat(70),
          "arn:::::::",
          "http://[::1",
          "http://localhost:99999/x",
          "http://localhost/999999999999999999/q",
          "https://x/" + "y".repeat(3000),
          "2026-02-30T25:61:61Z",
          "+999999999-12-31T23:59:59Z",
          "Thu, 99 Foo 99999 99:99:99 GMT",
          "{",
          "[]",
          "null",
          "{\"a\":1e999999999}",
          "{\"a\":[{\"numeric\":[\">\",1e999999999]}]}",
          "{\"a\":[{\"cidr\":\"1.2.3.4/99999999999\"}]}",
          "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\","
              + "\"Condition\":{\"IpAddress\":{\"aws:SourceIp\":\"1.2.3.4/x\"}}}]}",
          "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\","
              + "\"Condition\":{\"DateLessThan\":{\"aws:CurrentTime\":\"999999999999999999\"}}}]}",
          "{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:123456789012:q\",\"maxReceiveCount\":1e99}",
          "{\"healthyRetryPolicy\":{\"numRetries\":1e99,\"minDelayTarget\":-1}}",
          "[".repeat(2000),
          "x".repeat(300),
          "x".repeat(70_000));

  private static final Map<String, Map<String, Object>> GIVEN =
      Map.of(
          "s3",
          Map.of("Bucket", "bucket-1", "Key", "key", "CopySource", "bucket-1/key"),
          "sns",
          Map.of(
              "TopicArn", "arn:aws:sns:eu-central-1:123456789012:topic",
              "ResourceArn", "arn:aws:sns:eu-central-1:123456789012:topic",
              "AttributeName", "FilterPolicy"),
          "sqs",
          Map.of("QueueUrl", "http://localhost:4566/123456789012/queue"),
          "lambda",
          Map.of(
              "FunctionName", "function",
              "Role", "arn:aws:iam::123456789012:role/role"),
          "iam",
          Map.of("UserName", "user", "GroupName", "group", "RoleName", "role"),
          "sts",
          Map.of("RoleArn", "arn:aws:iam::123456789012:role/role"),
          "logs",
          Map.of("logGroupName", "group", "logStreamName", "stream"),
          "events",
          Map.of("Name", "rule", "Rule", "rule"));

  private final Shapes shapes = new Shapes();
  private final Random random = new Random(SEED);
  private final List<String> faults = new ArrayList<>();
  private Server server;
  private RequestPipeline pipeline;
  private int status;

  @BeforeEach
  void start() throws IOException {
    server = InMemoryServer.start();
    pipeline = Clients.pipeline(server.operations().toArray(Operations[]::new));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  /// The services whose operations get far without resources made before.
  static List<String> others() {
    return Specs.namesExcept("s3", "sns", "sqs", "iam", "logs", "events");
  }

  @ParameterizedTest
  @MethodSource("others")
  void of(String service) {
    Class<?> api = Marshallers.client(service);
    check(service, api, Clients.client(api, this::answer));
  }

  @Test
  void ofS3() {
    S3Client client = client(S3Client.builder().forcePathStyle(true));
    client.createBucket(b -> b.bucket("bucket-1"));
    client.putObject(b -> b.bucket("bucket-1").key("key"), RequestBody.fromString("x"));
    check("s3", S3Client.class, client);
  }

  @Test
  void ofSns() {
    SnsClient client = client(SnsClient.builder());
    client.createTopic(b -> b.name("topic"));
    check("sns", SnsClient.class, client);
  }

  @Test
  void ofSqs() {
    SqsClient client = client(SqsClient.builder());
    client.createQueue(b -> b.queueName("queue"));
    check("sqs", SqsClient.class, client);
  }

  @Test
  void ofIam() {
    IamClient client = client(IamClient.builder());
    client.createUser(b -> b.userName("user"));
    client.createGroup(b -> b.groupName("group"));
    client.createRole(
        b ->
            b.roleName("role")
                .assumeRolePolicyDocument(
                    "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":"
                        + "\"sts:AssumeRole\",\"Principal\":{\"Service\":\"lambda.amazonaws.com\"}}}"));
    check("iam", IamClient.class, client);
  }

  @Test
  void ofLogs() {
    CloudWatchLogsClient client = client(CloudWatchLogsClient.builder());
    client.createLogGroup(b -> b.logGroupName("group"));
    client.createLogStream(b -> b.logGroupName("group").logStreamName("stream"));
    check("logs", CloudWatchLogsClient.class, client);
  }

  @Test
  void ofEvents() {
    EventBridgeClient client = client(EventBridgeClient.builder());
    client.putRule(b -> b.name("rule").eventPattern("{\"source\":[\"s\"]}"));
    check("events", EventBridgeClient.class, client);
  }

  private <B extends AwsSyncClientBuilder<B, C> & AwsClientBuilder<B, C>, C> C client(B builder) {
    return Clients.client(builder, this::answer);
  }

  private Response answer(Request http) throws Exception {
    Response response = pipeline.handle(http);
    status = response.status();
    return response;
  }

  private void check(String service, Class<?> api, Object client) {
    Operations table =
        server.operations().stream()
            .filter(one -> one.service().equals(service))
            .findFirst()
            .orElseThrow();
    int sent = 0;
    for (Operation<?> operation : table.all()) {
      Optional<Method> method = method(api, operation.input());
      for (int i = 0; method.isPresent() && i < TRIES && !destroys(operation.name()); i++) {
        sent += send(method.get(), client, request(service, operation)) ? 1 : 0;
      }
    }
    assertThat(faults).as("seed " + SEED).isEmpty();
    assertThat(sent).isPositive();
  }

  /// Operations that remove what other operations need.
  private static boolean destroys(String operation) {
    return operation.equals("DeleteBucket") || operation.equals("DeleteQueue");
  }

  private boolean send(Method method, Object client, SdkPojo request) {
    status = 0;
    try {
      Object[] arguments =
          switch (method.getParameterCount()) {
            case 1 -> new Object[] {request};
            default ->
                new Object[] {
                  request,
                  method.getParameterTypes()[1] == RequestBody.class
                      ? RequestBody.fromString("x")
                      : ResponseTransformer.toBytes()
                };
          };
      method.invoke(client, arguments);
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    } catch (InvocationTargetException refused) {
      // rejected by the server, or by the SDK before sending
    }
    if (status == 500) {
      faults.add(method.getName() + " " + request);
    }
    return status != 0;
  }

  private static Optional<Method> method(Class<?> api, Class<?> input) {
    return Arrays.stream(api.getMethods())
        .filter(m -> m.getParameterCount() <= 2 && m.getParameterCount() >= 1)
        .filter(m -> m.getParameterTypes()[0] == input)
        .filter(
            m ->
                m.getParameterCount() == 1
                    ? SdkPojo.class.isAssignableFrom(m.getReturnType())
                    : m.getParameterTypes()[1] == RequestBody.class
                        || m.getParameterTypes()[1] == ResponseTransformer.class)
        .max(Comparator.comparingInt(Method::getParameterCount));
  }

  private SdkPojo request(String service, Operation<?> operation) {
    SdkPojo builder = shapes.builder(operation.input());
    fill(builder, 0, GIVEN.getOrDefault(service, Map.of()));
    return Shapes.build(builder);
  }

  private void fill(SdkPojo builder, int depth, Map<String, Object> given) {
    Shape shape = shapes.of(builder);
    for (Map<String, Member> members :
        List.of(shape.path(), shape.query(), shape.headers(), shape.body())) {
      members.values().forEach(member -> fill(builder, member, depth, given));
    }
    if (shape.payload() != null) {
      fill(builder, shape.payload(), depth, given);
    }
  }

  private void fill(SdkPojo builder, Member member, int depth, Map<String, Object> given) {
    Object good = given.get(member.field().memberName());
    if (good != null && random.nextInt(10) > 0) {
      member.set(builder, good);
    } else if (depth < 6 && random.nextInt(3) > 0 == (depth > 0)) {
      member.set(builder, value(member.kind(), depth));
    }
  }

  private Object value(MemberType kind, int depth) {
    return switch (kind) {
      case MemberType.Scalar scalar -> scalar(scalar);
      case MemberType.Time _ ->
          Instant.ofEpochSecond(
              List.of(0L, -62_167_219_201L, 253_402_300_800L, 31_556_889_864_403_199L, 1L)
                  .get(random.nextInt(5)));
      case MemberType.Struct struct -> {
        SdkPojo builder = struct.builder().get();
        fill(builder, depth + 1, Map.of());
        yield Shapes.build(builder);
      }
      case MemberType.ListOf list -> {
        List<Object> items = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
          items.add(value(list.item(), depth));
        }
        yield items;
      }
      case MemberType.MapOf map -> {
        Map<String, Object> entries = new LinkedHashMap<>();
        for (int i = random.nextInt(3); i > 0; i--) {
          entries.put(text(), value(map.value(), depth));
        }
        yield entries;
      }
    };
  }

  private Object scalar(MemberType.Scalar scalar) {
    long number =
        List.of(0L, -1L, 1L, 1000L, Long.MAX_VALUE, Long.MIN_VALUE).get(random.nextInt(6));
    return switch (scalar) {
      case STRING -> text();
      case BOOLEAN -> random.nextBoolean();
      case SHORT -> (short) number;
      case INTEGER -> Math.clamp(number, Integer.MIN_VALUE, Integer.MAX_VALUE);
      case LONG -> number;
      case FLOAT -> (float) number;
      case DOUBLE -> (double) number;
      case DECIMAL -> BigDecimal.valueOf(number);
      case BLOB -> SdkBytes.fromUtf8String(text());
    };
  }

  private String text() {
    return TEXTS.get(random.nextInt(TEXTS.size()));
  }
}
