package io.carillon.server;

import static io.carillon.server.RaceServer.ALLOW_ALL;
import static io.carillon.server.RaceServer.arn;
import static io.carillon.server.RaceServer.service;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.eventbridge.model.PutEventsRequestEntry;
import software.amazon.awssdk.services.eventbridge.model.Target;
import software.amazon.awssdk.services.lambda.model.InvocationType;

/// Administrative changes change the guard that stands for them, and no other; traffic changes
/// none, since every plan of the group would be made again.
@Tag("slow")
class GuardsTest {
  private static final String ACCOUNT = "[\"iam.account\",\"000000000000\"]";
  private static final String BUS = "[\"events.bus\",\"000000000000\",\"us-east-1\",\"default\"]";
  private static final String PATTERN = "{\"source\":[\"guards\"]}";
  private static final String QUEUE = arn("sqs", "queue");
  private static final String TOPIC = arn("sns", "topic");

  @TempDir static Path folder;
  private static RaceServer server;
  private static String subscription;

  @BeforeAll
  static void start() throws IOException {
    server = RaceServer.start(folder);
    server.queue("queue", "\"*\"");
    server.sns.createTopic(b -> b.name("topic"));
    server.setPolicy(TOPIC, RaceServer.allowPublish(TOPIC, service("s3")));
    subscription = subscribe("queue");
    server.events.putRule(b -> b.name("traffic").eventPattern(PATTERN));
    server.events.putTargets(
        b -> b.rule("traffic").targets(Target.builder().id("t").arn(QUEUE).build()));
    server.function("function", QUEUE);
    server.permit("function", null, "s3.amazonaws.com");
    for (String destination : List.of(QUEUE, TOPIC, arn("lambda", "function:function"))) {
      String bucket = "for-" + destination.split(":", -1)[2];
      server.s3.createBucket(b -> b.bucket(bucket));
      server.notify(bucket, destination, "");
    }
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void trafficChangesNoGuard() {
    server.settle();
    List<String> before = server.rows("store.guards");
    for (String bucket : List.of("for-sqs", "for-sns", "for-lambda")) {
      server.s3.putObject(b -> b.bucket(bucket).key("key"), RequestBody.fromString("x"));
      server.s3.copyObject(
          b ->
              b.sourceBucket(bucket)
                  .sourceKey("key")
                  .destinationBucket(bucket)
                  .destinationKey("copy"));
      server.s3.putObjectTagging(b -> b.bucket(bucket).key("key").tagging(RaceServer.TAGS));
      server.s3.deleteObject(b -> b.bucket(bucket).key("key"));
    }
    server.sns.publish(b -> b.topicArn(TOPIC).message("m"));
    server.sqs.sendMessage(b -> b.queueUrl(server.url(QUEUE)).messageBody("m"));
    server.events.putEvents(
        b ->
            b.entries(
                PutEventsRequestEntry.builder()
                    .source("guards")
                    .detailType("d")
                    .detail("{}")
                    .build()));
    server.lambda.invoke(
        b ->
            b.functionName("function")
                .invocationType(InvocationType.EVENT)
                .payload(SdkBytes.fromUtf8String("{}")));
    server.settle();
    server.receive(QUEUE);
    assertThat(server.rows("store.guards")).isEqualTo(before);
  }

  /// Also with the caller a user: the account's IAM, the bucket, and what the rule leads to.
  @ParameterizedTest
  @ValueSource(strings = {"for-sqs", "for-sns", "for-lambda"})
  void anUploadWithOneRuleReliesOnFewGuards(String bucket) {
    RaceServer.Clients user = server.user(server.name("user"));
    List<Set<String>> guards = new ArrayList<>();
    server.settle();
    server.interleave(
        () -> user.s3().putObject(b -> b.bucket(bucket).key("k"), RequestBody.fromString("x")),
        () -> guards.add(server.database.guardsOfLastPlan()));
    assertThat(guards.getFirst()).hasSizeBetween(3, 6);
    server.settle();
  }

  /// What the writer thread compares in each receive, besides the receive itself.
  @Test
  void theAuthorizationOfAReceiveReliesOnFewGuards() {
    RaceServer.Clients user = server.user(server.name("user"));
    server.settle();
    user.sqs().receiveMessage(b -> b.queueUrl(server.url(QUEUE)));
    assertThat(server.database.premisesOfLastPlan()).isBetween(1, 3);
    server.sqs.receiveMessage(b -> b.queueUrl(server.url(QUEUE)));
    assertThat(server.database.premisesOfLastPlan()).as("of the root user").isBetween(1, 3);
  }

  @TestFactory
  List<DynamicTest> administrationChangesTheGuardThatStandsForIt() {
    String bucket = "[\"s3.bucket\",\"for-sqs\"]";
    String queue = "sqs.queue";
    String topic = "sns.topic";
    String subscriptions = "sns.subscriptions";
    String function = "lambda.function";
    return List.of(
        changes(
            "bucket policy",
            bucket,
            () ->
                server.s3.putBucketPolicy(
                    b ->
                        b.bucket("for-sqs")
                            .policy(
                                """
                                {"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":
                                 {"AWS":"000000000000"},"Action":"s3:GetObject",
                                 "Resource":"arn:aws:s3:::for-sqs/*"}}
                                """))),
        changes("notification", bucket, () -> server.notify("for-sqs", QUEUE, "other")),
        changes(
            "versioning",
            bucket,
            () ->
                server.s3.putBucketVersioning(
                    b -> b.bucket("for-sqs").versioningConfiguration(v -> v.status("Enabled")))),
        changes(
            "bucket tags",
            bucket,
            () -> server.s3.putBucketTagging(b -> b.bucket("for-sqs").tagging(RaceServer.TAGS))),
        changes(
            "topic attribute",
            topic,
            () -> server.setPolicy(TOPIC, RaceServer.allowPublish(TOPIC, "\"*\""))),
        changes("subscribe", subscriptions, () -> subscribe("other")),
        changes(
            "subscription attribute",
            subscriptions,
            () ->
                server.sns.setSubscriptionAttributes(
                    b ->
                        b.subscriptionArn(subscription)
                            .attributeName("FilterPolicy")
                            .attributeValue("{\"a\":[\"b\"]}"))),
        changes(
            "queue attribute",
            queue,
            () ->
                server.sqs.setQueueAttributes(
                    b ->
                        b.queueUrl(server.url(QUEUE))
                            .attributesWithStrings(Map.of("VisibilityTimeout", "7")))),
        changes(
            "function configuration",
            function,
            () ->
                server.lambda.updateFunctionConfiguration(
                    b -> b.functionName("function").description("d"))),
        changes(
            "alias",
            function,
            () ->
                server.lambda.createAlias(
                    b -> b.functionName("function").name("live").functionVersion("$LATEST"))),
        changes(
            "permission", function, () -> server.permit("function", "live", "sns.amazonaws.com")),
        changes(
            "event invoke config",
            function,
            () ->
                server.lambda.putFunctionEventInvokeConfig(
                    b -> b.functionName("function").maximumRetryAttempts(1))),
        changes("rule", BUS, () -> server.events.putRule(b -> b.name("r").eventPattern(PATTERN))),
        changes(
            "target",
            BUS,
            () ->
                server.events.putTargets(
                    b -> b.rule("r").targets(Target.builder().id("t").arn(QUEUE).build()))),
        changes("disabled rule", BUS, () -> server.events.disableRule(b -> b.name("r"))),
        changes(
            "permission of a bus",
            BUS,
            () ->
                server.events.putPermission(
                    b -> b.statementId("s").principal("*").action("events:PutEvents"))),
        changes("user", ACCOUNT, () -> server.iam.createUser(b -> b.userName("u"))),
        changes(
            "user policy",
            ACCOUNT,
            () ->
                server.iam.putUserPolicy(
                    b -> b.userName("u").policyName("p").policyDocument(ALLOW_ALL))),
        changes("access key", ACCOUNT, () -> server.iam.createAccessKey(b -> b.userName("u"))),
        changes("group", ACCOUNT, () -> server.iam.createGroup(b -> b.groupName("g"))),
        changes(
            "group policy",
            ACCOUNT,
            () ->
                server.iam.putGroupPolicy(
                    b -> b.groupName("g").policyName("p").policyDocument(ALLOW_ALL))),
        changes(
            "membership",
            ACCOUNT,
            () -> server.iam.addUserToGroup(b -> b.groupName("g").userName("u"))),
        changes(
            "role policy",
            ACCOUNT,
            () ->
                server.iam.putRolePolicy(
                    b -> b.roleName("role").policyName("p").policyDocument(ALLOW_ALL))));
  }

  /// @param guard how the key of the only guard that changes begins, or its kind
  private static DynamicTest changes(String what, String guard, Runnable change) {
    return DynamicTest.dynamicTest(
        what,
        () -> {
          server.settle();
          Set<String> before = new HashSet<>(server.rows("store.guards"));
          change.run();
          assertThat(server.rows("store.guards").stream().filter(row -> !before.contains(row)))
              .hasSize(1)
              .allMatch(row -> row.contains(guard));
        });
  }

  private static String subscribe(String queue) {
    return server
        .sns
        .subscribe(
            b ->
                b.topicArn(TOPIC)
                    .protocol("sqs")
                    .endpoint(arn("sqs", queue))
                    .returnSubscriptionArn(true))
        .subscriptionArn();
  }
}
