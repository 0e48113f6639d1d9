package io.carillon.s3;

import static io.carillon.s3.PutObjectTest.refused;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.DirectPipeline;
import io.carillon.aws.Principal;
import io.carillon.base.Arn;
import io.carillon.http.Response;
import io.carillon.messaging.Acceptance;
import io.carillon.messaging.Sender;
import io.carillon.messaging.ServiceMessage;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.Work;
import io.carillon.s3.event.EventDelivery;
import io.carillon.s3.event.Notifications;
import io.carillon.store.Tx;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.FilterRule;
import software.amazon.awssdk.services.s3.model.GetBucketNotificationConfigurationRequest;
import software.amazon.awssdk.services.s3.model.GetBucketNotificationConfigurationResponse;
import software.amazon.awssdk.services.s3.model.LambdaFunctionConfiguration;
import software.amazon.awssdk.services.s3.model.NotificationConfiguration;
import software.amazon.awssdk.services.s3.model.PutBucketNotificationConfigurationRequest;
import software.amazon.awssdk.services.s3.model.PutBucketVersioningRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.QueueConfiguration;
import software.amazon.awssdk.services.s3.model.TopicConfiguration;

/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
class NotificationsTest {
  private static final String FUNCTION = "arn:aws:lambda:eu-central-1:111111111111:function:f";
  private static final String TOPIC = "arn:aws:sns:eu-central-1:111111111111:topic";
  private static final String QUEUE = "arn:aws:sqs:eu-central-1:222222222222:queue";

  private final S3Fixture fixture = new S3Fixture();
  private final ObjectMapper json = new ObjectMapper();

  @BeforeEach
  void createBucketAndInvocableFunction() {
    fixture.createBucket("bucket");
    fixture.invocable.add(FUNCTION);
  }

  @Test
  void eventsHaveTheDocumentedForm() throws Exception {
    configure(n -> n.lambdaFunctionConfigurations(function("rule-1")));
    Caller user =
        new Caller(
            new Principal.User(S3Fixture.ALICE, "/", "ann", "AIDAEXAMPLE"),
            S3Fixture.ALICE,
            S3Fixture.REGION,
            List.of(),
            "REQUEST0",
            "host/id=",
            "10.9.8.7",
            false,
            "",
            S3Fixture.START,
            Instant.MAX,
            "AKIA");

    Response response =
        fixture.stream(
            user,
            PutObjectRequest.builder().bucket("bucket").key("dir/a b@(1)+.txt").build(),
            S3Fixture.request("hello".getBytes(StandardCharsets.UTF_8)));

    Work work = fixture.outbox.getFirst();
    assertThat(work.kind()).isEqualTo(Notifications.KIND);
    assertThat(work.lane()).isEqualTo(FUNCTION);
    assertThat(work.cause()).startsWith("cause-");
    JsonNode record = json.readTree(fixture.events().getFirst()).path("Records").path(0);
    assertThat(record.path("eventVersion").asText()).isEqualTo("2.5");
    assertThat(record.path("eventSource").asText()).isEqualTo("aws:s3");
    assertThat(record.path("awsRegion").asText()).isEqualTo("eu-central-1");
    assertThat(record.path("eventTime").asText()).isEqualTo("2026-03-01T10:00:00.123Z");
    assertThat(record.path("eventName").asText()).isEqualTo("ObjectCreated:Put");
    assertThat(record.at("/userIdentity/principalId").asText()).isEqualTo("AWS:AIDAEXAMPLE");
    assertThat(record.at("/requestParameters/sourceIPAddress").asText()).isEqualTo("10.9.8.7");
    assertThat(record.at("/responseElements/x-amz-request-id").asText()).isEqualTo("REQUEST0");
    assertThat(record.at("/responseElements/x-amz-id-2").asText()).isEqualTo("host/id=");
    assertThat(record.at("/s3/s3SchemaVersion").asText()).isEqualTo("1.0");
    assertThat(record.at("/s3/configurationId").asText()).isEqualTo("rule-1");
    assertThat(record.at("/s3/bucket/name").asText()).isEqualTo("bucket");
    assertThat(record.at("/s3/bucket/arn").asText()).isEqualTo("arn:aws:s3:::bucket");
    assertThat(record.at("/s3/bucket/ownerIdentity/principalId").asText()).matches("A[A-Z0-9]{13}");
    assertThat(record.at("/s3/object/key").asText()).isEqualTo("dir/a+b%40%281%29%2B.txt");
    assertThat(record.at("/s3/object/size").isNumber()).isTrue();
    assertThat(record.at("/s3/object/size").asLong()).isEqualTo(5);
    assertThat('"' + record.at("/s3/object/eTag").asText() + '"')
        .isEqualTo(response.headers().first("ETag"));
    assertThat(record.at("/s3/object/versionId").isMissingNode()).isTrue();
    assertThat(record.at("/s3/object/sequencer").asText()).matches("[0-9A-F]{18}");
  }

  @Test
  void removalsHaveNoSizeOrEtagAndDeleteMarkersHaveAnEtag() throws Exception {
    configure(n -> n.lambdaFunctionConfigurations(function("r")));
    fixture.put("bucket", "k", "x");
    delete();
    fixture.call(
        fixture.alice,
        PutBucketVersioningRequest.builder()
            .bucket("bucket")
            .versioningConfiguration(v -> v.status("Enabled"))
            .build());
    fixture.put("bucket", "k", "x");
    delete();

    List<String> events = fixture.events();
    JsonNode removed = object(events.get(1));
    assertThat(events.get(1)).contains("\"ObjectRemoved:Delete\"");
    assertThat(removed.has("size")).isFalse();
    assertThat(removed.has("eTag")).isFalse();
    JsonNode created = object(events.get(2));
    assertThat(created.path("versionId").asText()).hasSize(32);
    JsonNode marker = object(events.get(3));
    assertThat(events.get(3)).contains("\"ObjectRemoved:DeleteMarkerCreated\"");
    assertThat(marker.has("size")).isFalse();
    assertThat(marker.path("eTag").asText()).isEqualTo("d41d8cd98f00b204e9800998ecf8427e");
    assertThat(marker.path("versionId").asText()).hasSize(32);
  }

  @Test
  void sequencersGrowEvenIfTheClockStands() throws Exception {
    configure(n -> n.lambdaFunctionConfigurations(function("r")));
    for (int i = 0; i < 5; i++) {
      fixture.put("bucket", "k", "x");
      delete();
      fixture.now.addAndGet(-1000);
    }

    List<String> sequencers = new java.util.ArrayList<>();
    for (String event : fixture.events()) {
      sequencers.add(object(event).path("sequencer").asText());
    }
    assertThat(sequencers).hasSize(10).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void eachRuleSendsToItsOwnDestination() {
    configure(
        n ->
            n.lambdaFunctionConfigurations(
                    LambdaFunctionConfiguration.builder()
                        .id("images")
                        .lambdaFunctionArn(FUNCTION)
                        .eventsWithStrings("s3:ObjectCreated:*")
                        .filter(f -> f.key(k -> k.filterRules(filter("suffix", ".jpg"))))
                        .build())
                .queueConfigurations(
                    QueueConfiguration.builder()
                        .id("removed")
                        .queueArn(QUEUE)
                        .eventsWithStrings("s3:ObjectRemoved:*")
                        .build()));
    fixture.put("bucket", "a.jpg", "x");
    fixture.put("bucket", "a.txt", "x");
    delete("a.jpg");

    assertThat(fixture.outbox).extracting(Work::lane).containsExactly(FUNCTION, QUEUE);
    assertThat(fixture.notes)
        .extracting(note -> note.get("step") + " " + note.getOrDefault("rules", ""))
        .containsExactly("UPLOADED 1", "MATCHED ", "UPLOADED 0", "UPLOADED 1", "MATCHED ");
  }

  @Test
  void newRulesSendATestMessageToTopicsAndQueues() throws Exception {
    configure(
        n ->
            n.topicConfigurations(topic("t"))
                .queueConfigurations(
                    QueueConfiguration.builder()
                        .queueArn(QUEUE)
                        .eventsWithStrings("s3:ObjectRemoved:*")
                        .build()));

    assertThat(fixture.serviceMessages)
        .extracting(serviceMessage -> serviceMessage.destination().toString())
        .containsExactly(TOPIC, QUEUE);
    JsonNode message = json.readTree(fixture.serviceMessages.getFirst().payload());
    assertThat(message.path("Service").asText()).isEqualTo("Amazon S3");
    assertThat(message.path("Event").asText()).isEqualTo("s3:TestEvent");
    assertThat(message.path("Bucket").asText()).isEqualTo("bucket");
    assertThat(message.path("RequestId").asText()).isEqualTo("REQUESTID0000001");
    assertThat(message.has("Records")).isFalse();
    assertThat(fixture.serviceMessages.getFirst().subject()).isEqualTo("Amazon S3 Notification");
    assertThat(fixture.serviceMessages.getFirst().sender())
        .isEqualTo(new Sender.Service("s3.amazonaws.com", Arn.bucket("bucket"), "111111111111"));
  }

  @Test
  void oneInvalidDestinationStoresAndSendsNothing() {
    configure(n -> n.lambdaFunctionConfigurations(function("before")));
    String gone = "arn:aws:sqs:eu-central-1:111111111111:missing";

    refused(
            () ->
                configure(
                    n ->
                        n.topicConfigurations(topic("t"))
                            .queueConfigurations(
                                QueueConfiguration.builder()
                                    .queueArn(gone)
                                    .eventsWithStrings("s3:ObjectRemoved:*")
                                    .build())),
            "InvalidArgument",
            400)
        .satisfies(
            e ->
                assertThat(((AwsException) e).members())
                    .containsEntry("ArgumentName1", gone)
                    .containsEntry("ArgumentValue1", "The destination queue does not exist"));

    assertThat(fixture.serviceMessages).isEmpty();
    assertThat(read().lambdaFunctionConfigurations().getFirst().id()).isEqualTo("before");
    assertThat(read().hasTopicConfigurations()).isFalse();
  }

  /// Source: responses of S3, recorded on 2021-02-25 and 2023-08-05, and the console's text for a
  /// queue whose policy denies S3; the one for a topic is derived from it.
  @Test
  void everyInvalidDestinationIsNamedWithTheMessageOfS3() {
    fixture.invocable.clear();
    refused(
            () ->
                configure(
                    n ->
                        n.lambdaFunctionConfigurations(
                                function("f").toBuilder()
                                    .eventsWithStrings("s3:ObjectCreated:*")
                                    .build())
                            .topicConfigurations(
                                topic("t").toBuilder()
                                    .topicArn(TOPIC + "-missing")
                                    .eventsWithStrings("s3:ObjectTagging:*")
                                    .build(),
                                topic("u").toBuilder()
                                    .topicArn(TOPIC + "-closed")
                                    .eventsWithStrings("s3:ObjectAcl:Put")
                                    .build())
                            .queueConfigurations(
                                QueueConfiguration.builder()
                                    .queueArn(QUEUE + "-closed")
                                    .eventsWithStrings("s3:ObjectRemoved:*")
                                    .build())),
            "InvalidArgument",
            400)
        .hasMessage("Unable to validate the following destination configurations")
        .satisfies(
            e ->
                assertThat(reasons(((AwsException) e).members()))
                    .isEqualTo(
                        Map.of(
                            FUNCTION + ", null",
                            "Not authorized to invoke function [" + FUNCTION + "]",
                            TOPIC + "-missing",
                            "The destination topic does not exist",
                            TOPIC + "-closed",
                            "Permissions on the destination topic do not allow S3 to publish"
                                + " notifications from this bucket",
                            QUEUE + "-closed",
                            "Permissions on the destination queue do not allow S3 to publish"
                                + " notifications from this bucket")));
  }

  private static Map<String, String> reasons(Map<String, String> members) {
    Map<String, String> reasons = new LinkedHashMap<>();
    for (int number = 1; members.containsKey("ArgumentName" + number); number++) {
      reasons.put(
          members.get("ArgumentName" + number),
          Objects.requireNonNull(members.get("ArgumentValue" + number)));
    }
    return reasons;
  }

  @Test
  void functionThatDeniesTheBucketIsRefusedUnlessValidationIsSkipped() {
    fixture.invocable.clear();

    refused(
        () -> configure(n -> n.lambdaFunctionConfigurations(function("r"))),
        "InvalidArgument",
        400);
    fixture.call(
        fixture.alice,
        PutBucketNotificationConfigurationRequest.builder()
            .bucket("bucket")
            .skipDestinationValidation(true)
            .notificationConfiguration(n -> n.lambdaFunctionConfigurations(function("r")))
            .build());
    assertThat(read().lambdaFunctionConfigurations()).hasSize(1);
  }

  @Test
  void configurationIsReturnedWithCapitalizedFilterNames() {
    configure(
        n ->
            n.lambdaFunctionConfigurations(
                LambdaFunctionConfiguration.builder()
                    .lambdaFunctionArn(FUNCTION)
                    .eventsWithStrings("s3:ObjectCreated:Put", "s3:ObjectCreated:Copy")
                    .filter(
                        f ->
                            f.key(
                                k ->
                                    k.filterRules(
                                        filter("PREFIX", "a/"), filter("suffix", ".txt"))))
                    .build()));

    LambdaFunctionConfiguration rule = read().lambdaFunctionConfigurations().getFirst();
    assertThat(rule.id()).hasSize(36); // generated
    assertThat(rule.eventsAsStrings())
        .containsExactly("s3:ObjectCreated:Put", "s3:ObjectCreated:Copy");
    assertThat(rule.filter().key().filterRules())
        .containsExactly(filter("Prefix", "a/"), filter("Suffix", ".txt"));
    configure(_ -> {});
    assertThat(read().hasLambdaFunctionConfigurations()).isFalse();
  }

  @Test
  void diagnosisExplainsEachRule() {
    assertThat(fixture.service.diagnosis("nobucket", "k"))
        .containsExactly("There is no bucket nobucket.");
    fixture.put("bucket", "in/a.txt", "x");
    assertThat(fixture.service.diagnosis("bucket", "in/a.txt"))
        .first()
        .asString()
        .startsWith("Bucket bucket has no notification configuration");
    configure(
        n ->
            n.lambdaFunctionConfigurations(
                withFilter("begins", "out/", ""), withFilter("ends", "in/", ".jpg")));
    assertThat(fixture.service.diagnosis("bucket", "in/a.txt"))
        .containsExactly(
            "Rule begins (to " + FUNCTION + ") is for keys that begin with \"out/\".",
            "Rule ends (to " + FUNCTION + ") is for keys that end with \".jpg\".");
    assertThat(fixture.service.diagnosis("bucket", "in/a.jpg"))
        .containsExactly(
            "There is no object in/a.jpg in bucket bucket.",
            "Rule begins (to " + FUNCTION + ") is for keys that begin with \"out/\".",
            "Rule ends (to "
                + FUNCTION
                + ") is for this key and the events s3:ObjectCreated:*,"
                + " s3:ObjectRemoved:*.");
  }

  /// Source:
  /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
  @Test
  void filterThatNoKeyMatchesIsAcceptedWithAWarning() {
    Logger logger = (Logger) LoggerFactory.getLogger(BucketNotification.class);
    ListAppender<ILoggingEvent> output = new ListAppender<>();
    output.start();
    logger.addAppender(output);
    try {
      configure(
          n ->
              n.lambdaFunctionConfigurations(
                  withFilter("dated", "day=1/", " x@y"), withFilter("good", "day%3D2/", "")));
    } finally {
      logger.detachAppender(output);
    }
    assertThat(output.list.stream().map(ILoggingEvent::getFormattedMessage))
        .containsExactly(
            "Notification rule dated of bucket bucket: No key begins with \"day=1/\", since S3"
                + " compares filters with the URL-encoded key: write \"day%3D1/\"",
            "Notification rule dated of bucket bucket: No key ends with \" x@y\", since S3 compares"
                + " filters with the URL-encoded key: write \"+x%40y\"");

    fixture.put("bucket", "day=1/a x@y", "x");
    assertThat(fixture.outbox).isEmpty();
    fixture.put("bucket", "day=2/a", "x");
    assertThat(fixture.outbox).hasSize(1);
    assertThat(fixture.service.diagnosis("bucket", "day=1/a x@y").getFirst())
        .endsWith(
            "is for keys that begin with \"day=1/\", since S3 compares filters with the URL-encoded"
                + " key: write \"day%3D1/\".");
  }

  @Test
  void overlappingRulesAreRefusedWithAnExampleKey() {
    refused(
            () ->
                configure(
                    n ->
                        n.lambdaFunctionConfigurations(
                            withFilter("one", "images/", "pg"),
                            withFilter("two", "images/big/", "jpg"))),
            "InvalidArgument",
            400)
        .hasMessageContaining("ambiguously defined")
        .hasMessageContaining("images/big/jpg")
        .hasMessageContaining("one and two");

    configure(
        n ->
            n.lambdaFunctionConfigurations(
                withFilter("one", "images/", ".jpg"), withFilter("two", "images/", ".png")));
  }

  @ParameterizedTest
  @CsvSource({
    "arn:aws:lambda:us-east-1:111111111111:function:f, location constraint",
    "arn:aws:sns:eu-central-1:111111111111:f, could not be parsed",
    "nonsense, could not be parsed"
  })
  void destinationsOfOtherRegionsOrServicesAreRefused(String arn, String message) {
    refused(
            () ->
                configure(
                    n ->
                        n.lambdaFunctionConfigurations(
                            function("r").toBuilder().lambdaFunctionArn(arn).build())),
            "InvalidArgument",
            400)
        .hasMessageContaining(message);
  }

  @Test
  void invalidConfigurationsAreRefused() {
    refused(
            () ->
                configure(
                    n ->
                        n.topicConfigurations(
                            topic("t").toBuilder().topicArn(TOPIC + ".fifo").build())),
            "InvalidArgument",
            400)
        .hasMessage("FIFO SNS topics are not supported.");
    refused(
            () ->
                configure(
                    n ->
                        n.queueConfigurations(
                            QueueConfiguration.builder()
                                .queueArn(QUEUE + ".fifo")
                                .eventsWithStrings("s3:ObjectRemoved:*")
                                .build())),
            "InvalidArgument",
            400)
        .hasMessage("FIFO SQS queues are not supported.");
    refused(
        () -> configure(n -> n.lambdaFunctionConfigurations(function("x"), function("x"))),
        "InvalidArgument",
        400);
    refused(
        () ->
            configure(
                n ->
                    n.lambdaFunctionConfigurations(
                        function("x").toBuilder().eventsWithStrings("s3:Nothing").build())),
        "InvalidArgument",
        400);
    refused(
        () ->
            configure(
                n ->
                    n.lambdaFunctionConfigurations(
                        function("x").toBuilder().eventsWithStrings(List.of()).build())),
        "MalformedXML",
        400);
    refused(
            () ->
                configure(
                    n ->
                        n.lambdaFunctionConfigurations(
                            withFilters(filter("suffix", "a"), filter("Suffix", "b")))),
            "InvalidArgument",
            400)
        .hasMessage("Cannot specify more than one suffix rule in a filter.");
    refused(
        () -> configure(n -> n.lambdaFunctionConfigurations(withFilters(filter("infix", "a")))),
        "InvalidArgument",
        400);
    refused(
        () ->
            configure(
                n ->
                    n.lambdaFunctionConfigurations(
                        withFilters(filter("prefix", "a".repeat(1025))))),
        "InvalidArgument",
        400);
  }

  @Test
  void unknownServicesRejectEventsAndFailuresAreRetriedForADay() {
    configure(n -> n.lambdaFunctionConfigurations(function("r")));
    fixture.put("bucket", "k", "x");
    EventDelivery delivery = fixture.delivery();
    Job job = new Job("id", fixture.outbox.getFirst(), S3Fixture.START, 1, 0, 0, "", "");

    fixture.recipients.remove("lambda");
    assertThat(fixture.attempt(job)).isInstanceOf(DeliveryOutcome.Rejected.class);

    assertThat(delivery.retryPolicy(job).waitAfter(1)).contains(Duration.ofSeconds(1));
    assertThat(delivery.retryPolicy(job).waitAfter(50)).contains(Duration.ofMinutes(5));
    assertThat(delivery.retryPolicy(job).maxAge()).isEqualTo(Duration.ofHours(24));
  }

  @Test
  void acceptedEventsCommitWithTheUploadAndOthersStayInTheOutbox() {
    configure(n -> n.lambdaFunctionConfigurations(function("r")));
    fixture.put("bucket", "k", "x");
    Work work = fixture.outbox.getFirst();
    Consumer<Tx> effect = fixture.planned(work).orElseThrow();
    assertThat(fixture.serviceMessages).isEmpty();

    fixture.database.write(
        tx -> {
          effect.accept(tx);
          return work;
        });
    assertThat(fixture.serviceMessages)
        .singleElement()
        .satisfies(
            serviceMessage -> {
              assertThat(serviceMessage.destination()).isEqualTo(Arn.parse(FUNCTION));
              assertThat(new String(serviceMessage.payload(), StandardCharsets.UTF_8))
                  .isEqualTo(fixture.events().getFirst());
              assertThat(serviceMessage.cause()).isEqualTo(work.cause());
            });

    fixture.recipients.put("lambda", (_, _) -> new Acceptance.Refused("closed"));
    assertThat(fixture.planned(work)).isEmpty();
  }

  @Test
  void eventsKeepTheTraceHeaderOfTheRequest() {
    configure(n -> n.lambdaFunctionConfigurations(function("r")));
    String trace = "Root=1-5759e988-bd862e3fe1be46a994272793";
    PutObjectRequest upload = PutObjectRequest.builder().bucket("bucket").key("k").build();
    fixture.stream(
        DirectPipeline.traced(fixture.alice, trace), upload, S3Fixture.request(new byte[1]));
    fixture.stream(fixture.alice, upload, S3Fixture.request(new byte[1]));
    fixture.serviceMessages.clear();

    List<Consumer<Tx>> effects =
        fixture.outbox.stream().map(work -> fixture.planned(work).orElseThrow()).toList();
    fixture.database.write(
        tx -> {
          effects.forEach(effect -> effect.accept(tx));
          return true;
        });
    assertThat(fixture.serviceMessages)
        .extracting(ServiceMessage::traceHeader)
        .containsExactly(trace, null);
  }

  @Test
  void eventsInAQueueAreTracedAsDelivered() {
    configure(
        n ->
            n.queueConfigurations(
                QueueConfiguration.builder()
                    .queueArn(QUEUE)
                    .eventsWithStrings("s3:ObjectCreated:*")
                    .build()));
    fixture.put("bucket", "k", "x");
    Work work = fixture.outbox.getLast();
    Consumer<Tx> effect = fixture.planned(work).orElseThrow();
    fixture.database.write(
        tx -> {
          effect.accept(tx);
          return work;
        });
    assertThat(fixture.notes.getLast())
        .containsEntry("step", "DELIVERED")
        .containsEntry("cause", work.cause())
        .containsEntry("protocol", "sqs")
        .containsEntry("endpoint", QUEUE);
  }

  private void configure(Consumer<NotificationConfiguration.Builder> configuration) {
    fixture.call(
        fixture.alice,
        PutBucketNotificationConfigurationRequest.builder()
            .bucket("bucket")
            .notificationConfiguration(configuration)
            .build());
  }

  private GetBucketNotificationConfigurationResponse read() {
    return fixture.call(
        fixture.alice,
        GetBucketNotificationConfigurationRequest.builder().bucket("bucket").build());
  }

  private JsonNode object(String event) throws Exception {
    return json.readTree(event).at("/Records/0/s3/object");
  }

  private void delete() {
    delete("k");
  }

  private void delete(String key) {
    fixture.call(fixture.alice, DeleteObjectRequest.builder().bucket("bucket").key(key).build());
  }

  private static LambdaFunctionConfiguration function(String id) {
    return LambdaFunctionConfiguration.builder()
        .id(id)
        .lambdaFunctionArn(FUNCTION)
        .eventsWithStrings("s3:ObjectCreated:*", "s3:ObjectRemoved:*")
        .build();
  }

  private static LambdaFunctionConfiguration withFilter(String id, String prefix, String suffix) {
    return withFilters(filter("prefix", prefix), filter("suffix", suffix)).toBuilder()
        .id(id)
        .build();
  }

  private static LambdaFunctionConfiguration withFilters(FilterRule... filters) {
    return function("filtered").toBuilder().filter(f -> f.key(k -> k.filterRules(filters))).build();
  }

  private static TopicConfiguration topic(String id) {
    return TopicConfiguration.builder()
        .id(id)
        .topicArn(TOPIC)
        .eventsWithStrings("s3:ObjectCreated:*")
        .build();
  }

  private static FilterRule filter(String name, String value) {
    return FilterRule.builder().name(name).value(value).build();
  }
}
