package io.carillon.aws.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.Clients;
import io.carillon.aws.DirectClient;
import io.carillon.aws.Operations;
import io.carillon.aws.Operations.Operation;
import io.carillon.aws.Specs;
import io.carillon.aws.pipeline.RequestPipeline;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import io.carillon.http.Response;
import io.carillon.server.InMemoryServer;
import io.carillon.server.Server;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.protocol.MarshallLocation;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sqs.SqsClient;

/// Calls every operation of every service without members, without one member each, and with only
/// the required members, through the SDK's own client and the services as the server wires them: a
/// missing member is a client error with the service's code, never an internal error.
class MissingMembersTest {
  private static final String POLICY =
      """
      {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}
      """;
  private static final String TRUST =
      """
      {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole",
       "Principal":{"Service":"lambda.amazonaws.com"}}}
      """;

  /// Members that are set so that requests get far, by service.
  private static final Map<String, Map<String, Object>> GIVEN =
      Map.of(
          "s3",
          Map.of("Bucket", "bucket-1", "Key", "a key", "CopySource", "bucket-1/a key"),
          "sns",
          Map.of(
              "Name", "topic",
              "TopicArn", "arn:aws:sns:eu-central-1:123456789012:topic",
              "ResourceArn", "arn:aws:sns:eu-central-1:123456789012:topic",
              "Protocol", "sqs",
              "Endpoint", "arn:aws:sqs:eu-central-1:123456789012:queue"),
          "sqs",
          Map.of("QueueName", "queue", "QueueUrl", "http://localhost:4566/123456789012/queue"),
          "lambda",
          Map.of(
              "FunctionName", "function",
              "Role", "arn:aws:iam::123456789012:role/role",
              "Resource", "arn:aws:lambda:eu-central-1:123456789012:function:function"),
          "iam",
          Map.of(
              "UserName", "user",
              "GroupName", "group",
              "RoleName", "role",
              "PolicyName", "policy",
              "PolicyArn", "arn:aws:iam::123456789012:policy/policy",
              "PolicyDocument", POLICY,
              "AssumeRolePolicyDocument", TRUST),
          "sts",
          Map.of("RoleArn", "arn:aws:iam::123456789012:role/role", "RoleSessionName", "session"),
          "logs",
          Map.of("logGroupName", "group", "logStreamName", "stream"),
          "events",
          Map.of("ResourceARN", "arn:aws:events:eu-central-1:123456789012:event-bus/default"));

  private final List<Integer> statuses = new ArrayList<>();
  private final Map<String, Operations> tables = new HashMap<>();
  private Server server;
  private RequestPipeline pipeline;

  @BeforeEach
  void start() throws IOException {
    server = InMemoryServer.start();
    List<Operations> all = server.operations();
    all.forEach(table -> tables.put(table.service(), table));
    pipeline = Clients.pipeline(all.toArray(Operations[]::new));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  /// The services whose operations get far without resources made before.
  static List<String> others() {
    return Specs.namesExcept("s3", "sns", "sqs", "iam", "logs");
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
    client.createRole(b -> b.roleName("role").assumeRolePolicyDocument(TRUST));
    client.createPolicy(b -> b.policyName("policy").policyDocument(POLICY));
    check("iam", IamClient.class, client);
  }

  @Test
  void ofLogs() {
    CloudWatchLogsClient client = client(CloudWatchLogsClient.builder());
    client.createLogGroup(b -> b.logGroupName("group"));
    client.createLogStream(b -> b.logGroupName("group").logStreamName("stream"));
    check("logs", CloudWatchLogsClient.class, client);
  }

  /// SQS's older protocol, which no current SDK uses.
  @Test
  void ofSqsInQueries() throws Exception {
    SoftAssertions softly = new SoftAssertions();
    RequiredMembers required = RequiredMembers.of(Specs.of("sqs"));
    for (Operation<?> operation : table("sqs").all()) {
      Response response =
          pipeline.handle(
              DirectClient.request(
                  "POST",
                  "/",
                  new Headers()
                      .add("Host", "sqs.localhost")
                      .add("Content-Type", "application/x-www-form-urlencoded"),
                  ("Action=" + operation.name()).getBytes(StandardCharsets.UTF_8)));
      String answer = new String(DirectClient.bytes(response), StandardCharsets.UTF_8);
      if (required.in(operation.input()).isEmpty()) {
        softly.assertThat(response.status()).as(operation.name()).isLessThan(500);
      } else {
        softly.assertThat(response.status()).as(operation.name()).isEqualTo(400);
        softly.assertThat(answer).as(operation.name()).contains("<Code>MissingParameter</Code>");
      }
    }
    softly.assertAll();
  }

  private <B extends AwsSyncClientBuilder<B, C> & AwsClientBuilder<B, C>, C> C client(B builder) {
    return Clients.client(builder, this::answer);
  }

  private Response answer(Request http) throws Exception {
    Response response = pipeline.handle(http);
    statuses.add(response.status());
    return response;
  }

  private void check(String service, Class<?> api, Object client) {
    SoftAssertions softly = new SoftAssertions();
    int sent = 0;
    List<Operation<?>> operations = new ArrayList<>(table(service).all());
    // Operations that destroy what others need run last.
    operations.sort((a, b) -> Boolean.compare(destroys(a), destroys(b)));
    for (Operation<?> operation : operations) {
      Optional<Method> method = method(api, operation.input());
      if (method.isPresent()) {
        for (Case one : cases(service, operation)) {
          sent += send(softly, method.get(), client, operation, one);
        }
      }
    }
    softly.assertAll();
    assertThat(sent).isGreaterThan(2 * operations.size());
  }

  private Operations table(String service) {
    return Objects.requireNonNull(tables.get(service));
  }

  private static boolean destroys(Operation<?> operation) {
    return operation.name().startsWith("Delete");
  }

  /// @param lacks whether a member is missing that the model requires
  private record Case(String what, SdkPojo request, boolean lacks) {}

  private static List<Case> cases(String service, Operation<?> operation) {
    Samples samples =
        new Samples(
            GIVEN.getOrDefault(service, Map.of()),
            Set.of("ContentMD5", "ContentLength", "EndpointId"));
    Set<String> required = required(service, operation.input());
    List<Case> cases = new ArrayList<>();
    cases.add(new Case("nothing", without(samples, operation, _ -> true), !required.isEmpty()));
    cases.add(
        new Case(
            "only what it insists on",
            without(samples, operation, name -> !required.contains(name)),
            false));
    for (SdkField<?> field : new Shapes().builder(operation.input()).sdkFields()) {
      String member = field.memberName();
      cases.add(
          new Case(
              "all but " + member,
              without(samples, operation, member::equals),
              required.contains(member)));
    }
    return cases;
  }

  private static Set<String> required(String service, Class<?> input) {
    if (service.equals("s3")) {
      return Set.of(); // its shapes declare them; XmlDecoderTest and others test them
    }
    Set<String> required = new HashSet<>(RequiredMembers.of(Specs.of(service)).in(input));
    if (service.equals("sqs")) {
      required.remove("Entries"); // an empty batch is an error of its own
    }
    return required;
  }

  private static SdkPojo without(
      Samples samples, Operation<?> operation, Predicate<String> missing) {
    SdkPojo builder = new Shapes().builder(operation.input());
    SdkPojo full = samples.of(operation.input());
    for (SdkField<?> field : builder.sdkFields()) {
      if (!missing.test(field.memberName())) {
        field.set(builder, field.getValueOrDefault(full));
      }
    }
    return Shapes.build(builder);
  }

  private int send(
      SoftAssertions softly, Method method, Object client, Operation<?> operation, Case one) {
    statuses.clear();
    String as = operation.name() + " with " + one.what();
    Throwable error = null;
    try {
      method.invoke(client, one.request());
    } catch (InvocationTargetException e) {
      error = e.getCause();
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
    if (statuses.isEmpty()) {
      // The client cannot send it: the missing member is part of the path, or S3's client rejects
      // it.
      softly.assertThat(isUnsendable(one.request()) || error != null).as(as).isTrue();
      return 0;
    }
    int status = statuses.getLast();
    if (one.lacks()) {
      softly.assertThat(status).as("%s: %s", as, error).isEqualTo(400);
      softly
          .assertThat(String.valueOf(error))
          .as(as)
          .containsAnyOf("Member must not be null", "The request must contain the parameter");
    } else if (status != 501) {
      softly.assertThat(status).as("%s: %s", as, error).isLessThan(500);
    }
    return 1;
  }

  private static boolean isUnsendable(SdkPojo request) {
    return request.sdkFields().stream()
        .anyMatch(
            field ->
                field.location() == MarshallLocation.PATH
                    && field.getValueOrDefault(request) == null);
  }

  private static Optional<Method> method(Class<?> api, Class<?> input) {
    return Arrays.stream(api.getMethods())
        .filter(m -> m.getParameterCount() == 1 && m.getParameterTypes()[0] == input)
        .filter(m -> SdkPojo.class.isAssignableFrom(m.getReturnType()))
        .findFirst();
  }
}
