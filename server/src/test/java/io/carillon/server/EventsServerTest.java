package io.carillon.server;

import static io.carillon.server.RaceServer.ACCOUNT;
import static io.carillon.server.RaceServer.arn;
import static io.carillon.server.RaceServer.service;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.carillon.server.RaceServer.Account;
import io.carillon.server.RaceServer.Clients;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.eventbridge.EventBridgeClient;
import software.amazon.awssdk.services.eventbridge.model.EventBridgeException;
import software.amazon.awssdk.services.eventbridge.model.PutEventsRequestEntry;
import software.amazon.awssdk.services.eventbridge.model.PutEventsResponse;
import software.amazon.awssdk.services.eventbridge.model.RuleState;
import software.amazon.awssdk.services.eventbridge.model.Target;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/// EventBridge in a whole server, with real clients: events reach functions, queues and topics as
/// far as their policies allow it.
@Tag("slow")
class EventsServerTest {
  private static final String EVENTS = service("events");

  @TempDir static Path folder;
  private static RaceServer server;

  @BeforeAll
  static void start() throws IOException {
    server = RaceServer.start(folder);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void anEventReachesAQueueAFunctionAndATopic() {
    String queue = server.queue(server.name("queue"), EVENTS);
    String invoked = server.queue(server.name("invoked"), service("lambda"));
    String function = server.function(server.name("function"), invoked);
    server.permit(function, null, "events.amazonaws.com");
    String subscriber = server.queue(server.name("subscriber"), service("sns"));
    String topic = server.sns.createTopic(b -> b.name(server.name("topic"))).topicArn();
    server.setPolicy(topic, RaceServer.allowPublish(topic, EVENTS));
    server.sns.subscribe(
        b ->
            b.topicArn(topic)
                .protocol("sqs")
                .endpoint(subscriber)
                .attributes(Map.of("RawMessageDelivery", "true")));
    String source =
        rule(
            Target.builder()
                .id("queue")
                .arn(queue)
                .inputTransformer(
                    t ->
                        t.inputPathsMap(Map.of("total", "$.detail.total", "id", "$.id"))
                            .inputTemplate("{\"total\": <total>, \"text\": \"event <id>\"}"))
                .build(),
            Target.builder().id("function").arn(function).inputPath("$.detail").build(),
            Target.builder().id("topic").arn(topic).build());

    PutEventsResponse put = put(server.root, entry(source).detail("{\"total\": 12.50}").build());

    String id = put.entries().getFirst().eventId();
    assertThat(server.receive(queue))
        .isEqualTo("{\"total\": 12.50, \"text\": \"event " + id + "\"}");
    assertThat(server.receive(invoked)).isEqualTo("{\"total\":12.50}");
    assertThat(server.receive(subscriber))
        .startsWith("{\"version\":\"0\",\"id\":\"" + id + "\"")
        .endsWith("\"detail\":{\"total\":12.50}}");
  }

  /// Each event has a stream of its own.
  @Test
  void anEventReachesALogGroupAsFarAsThePoliciesOfTheAccountAllowIt() {
    String group = "/aws/events/" + server.name("group");
    server.logs.createLogGroup(b -> b.logGroupName(group));
    String arn = arn("logs", "log-group:" + group);
    String source = rule(target(arn));
    put(server.root, entry(source).detail("{\"n\":1}").build());
    assertThat(server.deadLetter(arn).why()).startsWith("NO_PERMISSIONS: ");

    server.logs.putResourcePolicy(
        b ->
            b.policyName("events")
                .policyDocument(
                    """
                    {"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":%s,
                     "Action":["logs:CreateLogStream","logs:PutLogEvents"],
                     "Resource":"arn:aws:logs:us-east-1:%s:log-group:/aws/events/*:*",
                     "Condition":{"ArnEquals":{"aws:SourceArn":
                       "arn:aws:events:us-east-1:%s:rule/%s"}}}}
                    """
                        .formatted(EVENTS, ACCOUNT, ACCOUNT, source)));
    put(server.root, entry(source).detail("{\"n\":2}").build());
    put(server.root, entry(source).detail("{\"n\":3}").build());
    assertThat(
            server.logs.filterLogEvents(b -> b.logGroupName(group)).events().stream()
                .map(event -> event.message().replaceAll(".*\"detail\":", "")))
        .containsExactly("{\"n\":2}}", "{\"n\":3}}");
    assertThat(server.logs.describeLogStreams(b -> b.logGroupName(group)).logStreams()).hasSize(2);
    server.logs.deleteLogGroup(b -> b.logGroupName(group));
    put(server.root, entry(source).build());
    await().until(() -> server.deadLetters(arn).size() == 2);
    assertThat(server.deadLetters(arn)).anyMatch(letter -> letter.why().startsWith("NO_RESOURCE"));
  }

  /// No job is left to be done, so a crash after the answer loses nothing.
  @Test
  void anEventIsInItsQueueWhenPutEventsHasAnswered() {
    String queue = server.queue(server.name("queue"), EVENTS);
    String source = rule(target(queue));
    put(server.root, entry(source).build());
    assertThat(server.count(queue)).isEqualTo(1);
    assertThat(server.rows("outbox.jobs")).noneMatch(row -> row.contains(queue));
  }

  /// The upload's commit delivers through the default bus into the queue.
  @Test
  void anUploadIsAnEventOnTheDefaultBus() {
    String queue = server.queue(server.name("queue"), EVENTS);
    String bucket = bucketWithEventBridge();
    ruleOfBucket(bucket, queue);
    server.s3.putObject(b -> b.bucket(bucket).key("in/a b+ü.txt"), RequestBody.fromString("hello"));
    server.s3.putObject(b -> b.bucket(bucket).key("out/x"), RequestBody.fromString("hello"));
    assertThat(server.count(queue)).isEqualTo(1);
    assertThat(server.rows("outbox.jobs")).noneMatch(row -> row.contains(bucket));
    assertThat(server.receive(queue))
        .contains(
            "\"detail-type\":\"Object Created\",\"source\":\"aws.s3\",\"account\":\""
                + ACCOUNT
                + "\"",
            "\"resources\":[\"arn:aws:s3:::" + bucket + "\"]",
            "\"key\":\"in/a b+ü.txt\",\"size\":5,",
            "\"reason\":\"PutObject\"");
  }

  @Test
  void aRuleThatIsDisabledBetweenAnUploadsPlanAndItsCommitMatchesNothing() {
    String queue = server.queue(server.name("queue"), EVENTS);
    String bucket = bucketWithEventBridge();
    String rule = ruleOfBucket(bucket, queue);
    server.interleave(
        () -> server.s3.putObject(b -> b.bucket(bucket).key("in/x"), RequestBody.fromString("x")),
        () -> server.events.disableRule(b -> b.name(rule)));
    assertThat(server.count(queue)).isZero();
  }

  private static String bucketWithEventBridge() {
    String bucket = server.name("bucket");
    server.s3.createBucket(b -> b.bucket(bucket));
    server.s3.putBucketNotificationConfiguration(
        b -> b.bucket(bucket).notificationConfiguration(n -> n.eventBridgeConfiguration(_ -> {})));
    assertThat(
            server
                .s3
                .getBucketNotificationConfiguration(b -> b.bucket(bucket))
                .eventBridgeConfiguration())
        .isNotNull();
    return bucket;
  }

  private static String ruleOfBucket(String bucket, String queue) {
    String name = server.name("rule");
    server.events.putRule(
        b ->
            b.name(name)
                .eventPattern(
                    """
                    {"source":["aws.s3"],"detail-type":["Object Created"],
                     "detail":{"bucket":{"name":["%s"]},"object":{"key":[{"prefix":"in/"}]}}}
                    """
                        .formatted(bucket)));
    server.events.putTargets(b -> b.rule(name).targets(target(queue)));
    return name;
  }

  @Test
  void anEventThatATargetDeniesGoesToItsDeadLetterQueue() {
    String queue = server.queue(server.name("queue"), null); // its policy allows nobody
    String dead = server.queue(server.name("dead"), EVENTS);
    String source = rule(target(queue).toBuilder().deadLetterConfig(d -> d.arn(dead)).build());
    put(server.root, entry(source).build());

    Message letter =
        server
            .sqs
            .receiveMessage(
                b -> b.queueUrl(server.url(dead)).waitTimeSeconds(20).messageAttributeNames("All"))
            .messages()
            .getFirst();
    assertThat(letter.body()).startsWith("{\"version\":\"0\"");
    assertThat(attribute(letter, "RULE_ARN"))
        .isEqualTo("arn:aws:events:us-east-1:" + ACCOUNT + ":rule/" + source);
    assertThat(attribute(letter, "TARGET_ARN")).isEqualTo(queue);
    assertThat(attribute(letter, "ERROR_CODE")).isEqualTo("NO_PERMISSIONS");
    assertThat(attribute(letter, "ERROR_MESSAGE")).contains("events.amazonaws.com");
    assertThat(attribute(letter, "RETRY_ATTEMPTS")).isEqualTo("0");
    assertThat(server.count(queue)).isZero();
  }

  private static String attribute(Message message, String name) {
    return Objects.requireNonNull(message.messageAttributes().get(name)).stringValue();
  }

  @Test
  void withoutADeadLetterQueueADeniedEventBecomesADeadLetterOfTheServer() {
    String queue = server.queue(server.name("queue"), null);
    put(server.root, entry(rule(target(queue))).build());
    assertThat(server.deadLetter(queue).why()).startsWith("NO_PERMISSIONS: ");
  }

  @Test
  void aTargetMayAllowOneRuleOnly() {
    String queue = server.queue(server.name("queue"), null);
    String allowed = rule(target(queue));
    String other = rule(target(queue));
    server.sqs.setQueueAttributes(
        b ->
            b.queueUrl(server.url(queue))
                .attributes(
                    Map.of(
                        QueueAttributeName.POLICY,
                        RaceServer.allowSend(queue, EVENTS)
                            .replace(
                                "\"Action\"",
                                "\"Condition\":{\"ArnEquals\":{\"aws:SourceArn\":"
                                    + "\"arn:aws:events:us-east-1:"
                                    + ACCOUNT
                                    + ":rule/"
                                    + allowed
                                    + "\"}},\"Action\""))));
    put(server.root, entry(other).build());
    put(server.root, entry(allowed).build());
    assertThat(server.deadLetter(queue).why()).startsWith("NO_PERMISSIONS: ");
    assertThat(server.count(queue)).isEqualTo(1);
  }

  @Test
  void aTargetThatIsDeletedBetweenPlanAndCommitLeavesADeadLetter() {
    String queue = server.queue(server.name("queue"), EVENTS);
    String source = rule(target(queue));
    server.interleave(
        () -> put(server.root, entry(source).build()),
        () -> server.sqs.deleteQueue(b -> b.queueUrl(server.url(queue))));
    assertThat(server.deadLetter(queue).why()).startsWith("NO_RESOURCE: ");
  }

  @Test
  void aRuleThatIsDisabledBetweenPlanAndCommitMatchesNothing() {
    String queue = server.queue(server.name("queue"), EVENTS);
    String source = rule(target(queue));
    server.interleave(
        () -> put(server.root, entry(source).build()),
        () -> server.events.disableRule(b -> b.name(source)));
    assertThat(server.count(queue)).isZero();
    server.events.enableRule(b -> b.name(source));
    server.interleave(
        () -> put(server.root, entry(source).build()),
        () ->
            server.events.putTargets(
                b -> b.rule(source).targets(target(queue).toBuilder().id("second").build())));
    assertThat(server.count(queue)).isEqualTo(2);
  }

  @Test
  void aCallerWhoLosesThePermissionBeforeTheCommitPutsNothing() {
    String queue = server.queue(server.name("queue"), EVENTS);
    String source = rule(target(queue));
    String name = server.name("user");
    Clients user = server.user(name);
    server.interleave(
        () ->
            assertThatThrownBy(() -> put(user, entry(source).build()))
                .isInstanceOf(EventBridgeException.class)
                .hasMessageContaining("is not authorized to perform: events:PutEvents"),
        () -> server.iam.deleteUserPolicy(b -> b.userName(name).policyName("all")));
    assertThat(server.count(queue)).isZero();
  }

  @Test
  void anotherAccountPutsEventsAsFarAsThePolicyOfTheBusAllows() {
    Account other = server.account();
    String bus = server.name("bus");
    String busArn = server.events.createEventBus(b -> b.name(bus)).eventBusArn();
    String queue = server.queue(server.name("queue"), EVENTS);
    server.events.putRule(
        b ->
            b.name("rule")
                .eventBusName(bus)
                .eventPattern("{\"account\":[\"" + other.id() + "\"]}"));
    server.events.putTargets(b -> b.rule("rule").eventBusName(bus).targets(target(queue)));
    PutEventsRequestEntry entry = entry("shop").eventBusName(busArn).build();

    assertThatThrownBy(() -> put(other.root(), entry))
        .isInstanceOf(EventBridgeException.class)
        .hasMessageContaining("is not authorized to perform: events:PutEvents");
    server.events.putPermission(
        b ->
            b.eventBusName(bus)
                .statementId("other")
                .principal(other.id())
                .action("events:PutEvents"));
    put(other.root(), entry);
    assertThat(server.receive(queue)).contains("\"account\":\"" + other.id() + "\"");
    server.events.removePermission(b -> b.eventBusName(bus).statementId("other"));
    assertThatThrownBy(() -> put(other.root(), entry)).isInstanceOf(EventBridgeException.class);
  }

  @Test
  void aBusThatWasDeletedAndMadeAgainHasNoneOfTheFormerRules() {
    String bus = server.name("bus");
    server.events.createEventBus(b -> b.name(bus));
    server.events.putRule(
        b -> b.name("rule").eventBusName(bus).eventPattern("{\"source\":[\"shop\"]}"));
    server.events.deleteRule(b -> b.name("rule").eventBusName(bus));
    server.events.deleteEventBus(b -> b.name(bus));
    server.events.createEventBus(b -> b.name(bus));
    assertThat(server.events.listRules(b -> b.eventBusName(bus)).rules()).isEmpty();
  }

  @Test
  void rulesAndBusesAreDescribedToRealClients() {
    String source = rule(target(arn("sqs", "somewhere")));
    assertThat(server.events.describeRule(b -> b.name(source)).state())
        .isEqualTo(RuleState.ENABLED);
    assertThat(server.events.listTargetsByRule(b -> b.rule(source)).targets())
        .containsExactly(target(arn("sqs", "somewhere")));
    assertThat(
            server
                .events
                .testEventPattern(
                    b ->
                        b.eventPattern("{\"detail\":{\"n\":[{\"numeric\":[\">\",1]}]}}")
                            .event(
                                "{\"id\":\"1\",\"account\":\"1\",\"source\":\"s\",\"time\":\"t\","
                                    + "\"region\":\"r\",\"resources\":[],\"detail-type\":\"d\","
                                    + "\"detail\":{\"n\":2}}"))
                .result())
        .isTrue();
    assertThatThrownBy(
            () -> server.events.putRule(b -> b.name("r").eventPattern("{\"source\":\"x\"}")))
        .isInstanceOf(
            software.amazon.awssdk.services.eventbridge.model.InvalidEventPatternException.class)
        .hasMessageContaining(
            "Event pattern is not valid. Reason: \"source\" must be an object or an array");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"CreateArchive", "DescribeReplay", "DescribeConnection", "DescribeApiDestination"})
  void otherOperationsAnswerThatTheyAreNotImplemented(String operation) {
    assertThatThrownBy(() -> callUnsupported(operation))
        .isInstanceOf(EventBridgeException.class)
        .hasMessageContaining(operation + " is not implemented");
  }

  private static Object callUnsupported(String operation) {
    EventBridgeClient events = server.events;
    return switch (operation) {
      case "CreateArchive" -> events.createArchive(b -> b.archiveName("a").eventSourceArn("a"));
      case "DescribeReplay" -> events.describeReplay(b -> b.replayName("r"));
      case "DescribeConnection" -> events.describeConnection(b -> b.name("c"));
      default -> events.describeApiDestination(b -> b.name("d"));
    };
  }

  /// A rule for the events of a source of its own, which has the rule's name.
  private static String rule(Target... targets) {
    String name = server.name("rule");
    server.events.putRule(b -> b.name(name).eventPattern("{\"source\":[\"" + name + "\"]}"));
    server.events.putTargets(b -> b.rule(name).targets(targets));
    return name;
  }

  private static Target target(String arn) {
    return Target.builder().id("target").arn(arn).build();
  }

  private static PutEventsRequestEntry.Builder entry(String source) {
    return PutEventsRequestEntry.builder().source(source).detailType("test").detail("{}");
  }

  private static PutEventsResponse put(Clients clients, PutEventsRequestEntry entry) {
    PutEventsResponse response = clients.events().putEvents(b -> b.entries(List.of(entry)));
    assertThat(response.failedEntryCount()).isZero();
    return response;
  }
}
