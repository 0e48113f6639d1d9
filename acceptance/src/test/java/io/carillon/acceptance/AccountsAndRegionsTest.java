package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.ResourceNotFoundException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.BucketAlreadyExistsException;
import software.amazon.awssdk.services.s3.model.BucketAlreadyOwnedByYouException;
import software.amazon.awssdk.services.s3.model.Event;
import software.amazon.awssdk.services.s3.model.NotificationConfiguration;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.TopicConfiguration;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sns.model.AuthorizationErrorException;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueDoesNotExistException;

/// Regions and accounts in one server. Sources: "Resource types defined by" each service in the
/// Service Authorization Reference (the parts of an ARN), "Bucket naming rules" (names are global),
/// "Supported event destinations" (same Region as the bucket), "Cross-account policy evaluation
/// logic" (both sides must allow).
class AccountsAndRegionsTest {
  private static final Region OTHER_REGION = Region.EU_WEST_1;

  @TempDir static Path folder;
  private static Carillon server;
  private static Clients first;
  private static Carillon.Account other;
  private static Clients second;

  @BeforeAll
  static void start() throws Exception {
    server = Carillon.start(folder, "--retry-time-scale", "0.01");
    first = Clients.root(server);
    other = server.account("second");
    second = Clients.as(server, other.accessKeyId(), other.secretAccessKey());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String allow(String principal, String action, String resource) {
    return """
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": %s,
     "Action": "%s", "Resource": "%s"}]}\
    """
        .formatted(principal, action, resource);
  }

  @Test
  void resourcesAreInTheRegionOfTheSignature() {
    try (SnsClient near = first.sns();
        SnsClient far = first.in(OTHER_REGION).sns();
        SqsClient nearQueues = first.sqs();
        SqsClient farQueues = first.in(OTHER_REGION).sqs()) {
      assertThat(near.createTopic(r -> r.name("twice")).topicArn())
          .isEqualTo("arn:aws:sns:us-east-1:000000000000:twice");
      assertThat(far.createTopic(r -> r.name("twice")).topicArn())
          .isEqualTo("arn:aws:sns:eu-west-1:000000000000:twice");
      near.deleteTopic(r -> r.topicArn("arn:aws:sns:us-east-1:000000000000:twice"));
      assertThat(far.listTopics().topics())
          .extracting(t -> t.topicArn())
          .contains("arn:aws:sns:eu-west-1:000000000000:twice")
          .allMatch(arn -> arn.startsWith("arn:aws:sns:eu-west-1:"));

      farQueues.createQueue(r -> r.queueName("far"));
      assertThatThrownBy(() -> nearQueues.getQueueUrl(r -> r.queueName("far")))
          .isInstanceOf(QueueDoesNotExistException.class);
    }
  }

  @Test
  void functionsUseTheirOwnRegion() throws Exception {
    Requirements.program("python3", "-c", "import boto3");
    try (IamClient iam = first.iam();
        LambdaClient near = first.lambda();
        LambdaClient far = first.in(OTHER_REGION).lambda();
        SnsClient topics = first.in(OTHER_REGION).sns()) {
      String role =
          iam.createRole(
                  r ->
                      r.roleName("places")
                          .assumeRolePolicyDocument(Functions.trust("lambda.amazonaws.com")))
              .role()
              .arn();
      iam.attachRolePolicy(
          r -> r.roleName("places").policyArn("arn:aws:iam::aws:policy/AmazonSNSFullAccess"));
      Functions.create(
          far,
          "where",
          role,
          "import boto3",
          "topic = boto3.client('sns').create_topic(Name='from-inside')['TopicArn']",
          "return [os.environ['AWS_REGION'], os.environ['AWS_DEFAULT_REGION'], topic,"
              + " context.invoked_function_arn]");

      assertThat(far.invoke(r -> r.functionName("where")).payload().asUtf8String())
          .isEqualTo(
              "[\"eu-west-1\", \"eu-west-1\", \"arn:aws:sns:eu-west-1:000000000000:from-inside\","
                  + " \"arn:aws:lambda:eu-west-1:000000000000:function:where\"]");
      assertThat(topics.listTopics().topics())
          .extracting(t -> t.topicArn())
          .contains("arn:aws:sns:eu-west-1:000000000000:from-inside");
      assertThatThrownBy(() -> near.invoke(r -> r.functionName("where")))
          .isInstanceOf(ResourceNotFoundException.class);
    }
  }

  @Test
  void destinationsInAnotherRegionAreRefused() {
    try (S3Client s3 = first.s3();
        SnsClient far = first.in(OTHER_REGION).sns()) {
      s3.createBucket(r -> r.bucket("places-near"));
      String topic = far.createTopic(r -> r.name("far-away")).topicArn();
      far.setTopicAttributes(
          r ->
              r.topicArn(topic)
                  .attributeName("Policy")
                  .attributeValue(
                      allow("{\"Service\": \"s3.amazonaws.com\"}", "sns:Publish", topic)));

      assertThatThrownBy(
              () ->
                  s3.putBucketNotificationConfiguration(
                      r -> r.bucket("places-near").notificationConfiguration(allTo(topic))))
          .isInstanceOfSatisfying(
              S3Exception.class,
              e -> {
                assertThat(e.statusCode()).isEqualTo(400);
                assertThat(e.awsErrorDetails().errorCode()).isEqualTo("InvalidArgument");
              });
      assertThat(
              s3.getBucketNotificationConfiguration(r -> r.bucket("places-near"))
                  .topicConfigurations())
          .isEmpty();
    }
  }

  private static NotificationConfiguration allTo(String topic) {
    return NotificationConfiguration.builder()
        .topicConfigurations(
            TopicConfiguration.builder().topicArn(topic).events(Event.S3_OBJECT_CREATED).build())
        .build();
  }

  @Test
  void bucketNamesAreGlobal() {
    try (S3Client mine = first.s3();
        S3Client far = first.in(OTHER_REGION).s3();
        S3Client theirs = second.s3()) {
      far.createBucket(
          r ->
              r.bucket("places-global")
                  .createBucketConfiguration(c -> c.locationConstraint(OTHER_REGION.id())));
      assertThat(
              mine.getBucketLocation(r -> r.bucket("places-global")).locationConstraintAsString())
          .isEqualTo("eu-west-1");
      assertThatThrownBy(() -> theirs.createBucket(r -> r.bucket("places-global")))
          .isInstanceOf(BucketAlreadyExistsException.class);
      assertThatThrownBy(
              () ->
                  far.createBucket(
                      r ->
                          r.bucket("places-global")
                              .createBucketConfiguration(
                                  c -> c.locationConstraint(OTHER_REGION.id()))))
          .isInstanceOf(BucketAlreadyOwnedByYouException.class);
    }
  }

  @Test
  void accountsAreIsolated() throws Exception {
    try (S3Client mine = first.s3();
        S3Client theirs = second.s3();
        SqsClient queues = first.sqs();
        SqsClient theirQueues = second.sqs();
        SnsClient topics = first.sns();
        SnsClient theirTopics = second.sns();
        IamClient theirIam = second.iam()) {
      mine.createBucket(r -> r.bucket("places-private"));
      mine.putObject(
          r -> r.bucket("places-private").key("k"), RequestBody.fromString("not theirs"));
      String queueUrl = queues.createQueue(r -> r.queueName("private")).queueUrl();
      String topic = topics.createTopic(r -> r.name("private")).topicArn();

      assertThat(theirs.listBuckets().buckets()).isEmpty();
      assertDenied(() -> theirs.getObject(r -> r.bucket("places-private").key("k")));
      assertDenied(() -> theirs.listObjectsV2(r -> r.bucket("places-private")));
      assertThat(theirTopics.listTopics().topics()).isEmpty();
      assertThatThrownBy(() -> theirTopics.publish(r -> r.topicArn(topic).message("m")))
          .isInstanceOf(AuthorizationErrorException.class);
      assertThat(theirQueues.listQueues().queueUrls()).isEmpty();
      assertThatThrownBy(() -> theirQueues.sendMessage(r -> r.queueUrl(queueUrl).messageBody("m")))
          .hasMessageContaining("is not authorized to perform: sqs:sendmessage");
      assertThat(theirIam.listRoles().roles()).isEmpty();
      // The same names again, in the other account.
      assertThat(theirTopics.createTopic(r -> r.name("private")).topicArn())
          .isEqualTo("arn:aws:sns:us-east-1:" + other.id() + ":private");
    }
  }

  @Test
  void acrossAccountsBothSidesMustAllow() {
    try (S3Client mine = first.s3();
        S3Client theirs = second.s3();
        IamClient theirIam = second.iam();
        SqsClient queues = first.sqs();
        SqsClient theirQueues = second.sqs()) {
      mine.createBucket(r -> r.bucket("places-shared"));
      mine.putObject(r -> r.bucket("places-shared").key("k"), RequestBody.fromString("shared"));
      mine.putBucketPolicy(
          r ->
              r.bucket("places-shared")
                  .policy(
                      allow(
                          "{\"AWS\": \"" + other.id() + "\"}",
                          "s3:GetObject",
                          "arn:aws:s3:::places-shared/*")));
      assertThat(theirs.getObjectAsBytes(r -> r.bucket("places-shared").key("k")).asUtf8String())
          .isEqualTo("shared");

      theirIam.createUser(r -> r.userName("reader"));
      var key = theirIam.createAccessKey(r -> r.userName("reader")).accessKey();
      Clients reader = Clients.as(server, key.accessKeyId(), key.secretAccessKey());
      try (S3Client readers = reader.s3()) {
        assertDenied(() -> readers.getObject(r -> r.bucket("places-shared").key("k")));
        theirIam.putUserPolicy(
            r ->
                r.userName("reader")
                    .policyName("read")
                    .policyDocument(
                        """
                        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
                         "Action": "s3:GetObject", "Resource": "arn:aws:s3:::places-shared/*"}]}\
                        """));
        assertThat(readers.getObjectAsBytes(r -> r.bucket("places-shared").key("k")).asUtf8String())
            .isEqualTo("shared");
      }

      String url = queues.createQueue(r -> r.queueName("shared")).queueUrl();
      String arn = "arn:aws:sqs:us-east-1:000000000000:shared";
      queues.setQueueAttributes(
          r ->
              r.queueUrl(url)
                  .attributes(
                      Map.of(
                          QueueAttributeName.POLICY,
                          allow("{\"AWS\": \"" + other.id() + "\"}", "sqs:SendMessage", arn))));
      theirQueues.sendMessage(r -> r.queueUrl(url).messageBody("from afar"));
      assertThat(
              queues.receiveMessage(r -> r.queueUrl(url).waitTimeSeconds(5)).messages().stream()
                  .map(m -> m.body()))
          .containsExactly("from afar");
    }
  }

  @Test
  void functionsOfOtherAccountsNeedTheirPolicysPermission() throws Exception {
    Requirements.program("python3", "--version");
    try (IamClient iam = first.iam();
        LambdaClient mine = first.lambda();
        LambdaClient theirs = second.lambda()) {
      String role =
          iam.createRole(
                  r ->
                      r.roleName("lent")
                          .assumeRolePolicyDocument(Functions.trust("lambda.amazonaws.com")))
              .role()
              .arn();
      String arn = Functions.create(mine, "lent", role, "return event").functionArn();
      assertDeniedByLambda(() -> theirs.invoke(r -> r.functionName(arn)));
      mine.addPermission(
          r ->
              r.functionName("lent")
                  .statementId("them")
                  .action("lambda:InvokeFunction")
                  .principal(other.id()));
      assertThat(
              theirs
                  .invoke(r -> r.functionName(arn).payload(SdkBytes.fromUtf8String("7")))
                  .payload()
                  .asUtf8String())
          .isEqualTo("7");
    }
  }

  private static void assertDenied(Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            S3Exception.class,
            e -> assertThat(e.awsErrorDetails().errorCode()).isEqualTo("AccessDenied"));
  }

  private static void assertDeniedByLambda(Runnable call) {
    assertThatThrownBy(call::run)
        .hasMessageContaining("is not authorized to perform: lambda:InvokeFunction");
  }
}
