package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.iam.model.AccessKey;
import software.amazon.awssdk.services.iam.model.AttachedPolicy;
import software.amazon.awssdk.services.iam.model.NoSuchEntityException;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.CreateFunctionResponse;
import software.amazon.awssdk.services.lambda.model.InvalidParameterValueException;
import software.amazon.awssdk.services.lambda.model.InvocationType;
import software.amazon.awssdk.services.lambda.model.InvokeResponse;
import software.amazon.awssdk.services.lambda.model.LogType;
import software.amazon.awssdk.services.lambda.model.RecursiveLoop;
import software.amazon.awssdk.services.lambda.model.ResourceNotFoundException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.DeletedObject;
import software.amazon.awssdk.services.s3.model.Event;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.NoSuchBucketException;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.QueueConfiguration;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.model.Tag;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sns.model.NotFoundException;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueDoesNotExistException;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResponse;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.model.Credentials;

/// The AWS SDK for Java v2 against a running Carillon, with its defaults: chunked bodies with
/// trailing checksums, answers checked against their checksums. Source of the expectations: the
/// SDK's own waiters, exceptions and validation, and the API references.
class SdkForJavaTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String BUCKET = "sdk-for-java";
  private static final String QUEUE = "arn:aws:sqs:us-east-1:000000000000:java";

  @TempDir static Path folder;
  @RegisterExtension static final ProofRecorder WITNESS = new ProofRecorder("SDK for Java");

  private static Carillon server;
  private static Clients root;
  private static S3Client s3;
  private static SqsClient sqs;
  private static SnsClient sns;
  private static IamClient iam;
  private static LambdaClient lambda;
  private static String queueUrl;

  @BeforeAll
  static void start() throws Exception {
    server = Carillon.start(folder, "--retry-time-scale", "0.01");
    root = Clients.root(server).interceptedBy(WITNESS);
    s3 = root.s3();
    sqs = root.sqs();
    sns = root.sns();
    iam = root.iam();
    lambda = root.lambda();
    s3.createBucket(r -> r.bucket(BUCKET));
    queueUrl =
        sqs.createQueue(
                r -> r.queueName("java").attributes(Map.of(QueueAttributeName.POLICY, open(QUEUE))))
            .queueUrl();
  }

  /// The policy of a queue that buckets and topics may send to.
  private static String open(String queue) {
    return """
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
     "Principal": {"Service": ["s3.amazonaws.com", "sns.amazonaws.com"]},
     "Action": "sqs:SendMessage", "Resource": "%s"}]}\
    """
        .formatted(queue);
  }

  @AfterAll
  static void stop() {
    List.of(s3, sqs, sns, iam, lambda).forEach(client -> client.close());
    server.close();
  }

  @Test
  @Proves({
    "s3:CreateBucket",
    "s3:HeadBucket",
    "s3:ListBuckets",
    "s3:GetBucketLocation",
    "s3:DeleteBucket"
  })
  void aBucketComesAndGoes() {
    assertThat(s3.createBucket(r -> r.bucket("java-brief")).location()).isEqualTo("/java-brief");
    assertThat(s3.waiter().waitUntilBucketExists(r -> r.bucket("java-brief")).matched().response())
        .hasValueSatisfying(head -> assertThat(head.bucketRegion()).isEqualTo("us-east-1"));
    assertThat(s3.listBuckets().buckets()).anyMatch(b -> b.name().equals("java-brief"));
    assertThat(s3.getBucketLocation(r -> r.bucket("java-brief")).locationConstraintAsString())
        .isNullOrEmpty();
    assertThat(s3.deleteBucket(r -> r.bucket("java-brief")).sdkHttpResponse().statusCode())
        .isEqualTo(204);
    assertThatThrownBy(() -> s3.headBucket(r -> r.bucket("java-brief")))
        .isInstanceOf(NoSuchBucketException.class);
  }

  @Test
  @Proves({"s3:PutObject", "s3:GetObject", "s3:HeadObject", "s3:DeleteObject"})
  void anObjectIsPutReadAndDeleted() {
    String key = "a b/ü+(1)/%2F?.txt";
    byte[] body = random(200_000);
    assertThat(
            s3.putObject(
                    r -> r.bucket(BUCKET).key(key).metadata(Map.of("colour", "blue")),
                    RequestBody.fromBytes(body))
                .checksumCRC32())
        .isNotEmpty();
    var got =
        s3.getObjectAsBytes(r -> r.bucket(BUCKET).key(key).checksumMode(ChecksumMode.ENABLED));
    assertThat(got.asByteArrayUnsafe()).isEqualTo(body);
    GetObjectResponse answer = got.response();
    assertThat(answer.metadata()).containsEntry("colour", "blue");
    assertThat(
            s3.getObjectAsBytes(r -> r.bucket(BUCKET).key(key).range("bytes=70000-130000"))
                .asByteArrayUnsafe())
        .isEqualTo(Arrays.copyOfRange(body, 70_000, 130_001));
    HeadObjectResponse head = s3.headObject(r -> r.bucket(BUCKET).key(key));
    assertThat(head.contentLength()).isEqualTo(200_000);
    assertThat(head.eTag()).isEqualTo(answer.eTag());
    assertThat(s3.deleteObject(r -> r.bucket(BUCKET).key(key)).sdkHttpResponse().statusCode())
        .isEqualTo(204);
    assertThatThrownBy(() -> s3.getObjectAsBytes(r -> r.bucket(BUCKET).key(key)))
        .isInstanceOf(NoSuchKeyException.class);
  }

  @Test
  @Proves("s3:PutObject")
  void everyChecksumThatTheSdkCanSendIsKept() {
    for (ChecksumAlgorithm algorithm :
        List.of(ChecksumAlgorithm.CRC32, ChecksumAlgorithm.SHA1, ChecksumAlgorithm.SHA256)) {
      var put =
          s3.putObject(
              r -> r.bucket(BUCKET).key("sum").checksumAlgorithm(algorithm),
              RequestBody.fromString("summed"));
      var head = s3.headObject(r -> r.bucket(BUCKET).key("sum").checksumMode("ENABLED"));
      assertThat(List.of(head.toString())).first().asString().contains("Checksum" + algorithm);
      assertThat(head.eTag()).isEqualTo(put.eTag());
    }
  }

  @Test
  @Proves({
    "s3:CreateMultipartUpload",
    "s3:UploadPart",
    "s3:ListParts",
    "s3:ListMultipartUploads",
    "s3:CompleteMultipartUpload",
    "s3:AbortMultipartUpload"
  })
  void partsBecomeAnObject() {
    byte[] first = random(5 << 20);
    byte[] second = random(1_000);
    String id = s3.createMultipartUpload(r -> r.bucket(BUCKET).key("parts")).uploadId();
    CompletedPart one = part(id, 1, first);
    CompletedPart two = part(id, 2, second);
    assertThat(s3.listParts(r -> r.bucket(BUCKET).key("parts").uploadId(id)).parts())
        .extracting(p -> p.size())
        .containsExactly(5L << 20, 1_000L);
    assertThat(s3.listMultipartUploads(r -> r.bucket(BUCKET)).uploads())
        .extracting(u -> u.uploadId())
        .containsExactly(id);
    assertThat(
            s3.completeMultipartUpload(
                    r ->
                        r.bucket(BUCKET)
                            .key("parts")
                            .uploadId(id)
                            .multipartUpload(m -> m.parts(one, two)))
                .eTag())
        .endsWith("-2\"");
    byte[] whole = s3.getObjectAsBytes(r -> r.bucket(BUCKET).key("parts")).asByteArrayUnsafe();
    assertThat(Arrays.copyOfRange(whole, 0, first.length)).isEqualTo(first);
    assertThat(Arrays.copyOfRange(whole, first.length, whole.length)).isEqualTo(second);

    String other = s3.createMultipartUpload(r -> r.bucket(BUCKET).key("never")).uploadId();
    assertThat(
            s3.abortMultipartUpload(r -> r.bucket(BUCKET).key("never").uploadId(other))
                .sdkHttpResponse()
                .statusCode())
        .isEqualTo(204);
    assertThat(s3.listMultipartUploads(r -> r.bucket(BUCKET)).uploads()).isEmpty();
  }

  /// The part's checksum is not sent: the upload named no algorithm, and S3 then refuses one.
  private static CompletedPart part(String upload, int number, byte[] body) {
    UploadPartResponse answer =
        s3.uploadPart(
            r -> r.bucket(BUCKET).key("parts").uploadId(upload).partNumber(number),
            RequestBody.fromBytes(body));
    return CompletedPart.builder().partNumber(number).eTag(answer.eTag()).build();
  }

  @Test
  @Proves({"s3:ListObjectsV2", "s3:CopyObject", "s3:DeleteObjects"})
  void objectsAreListedCopiedAndDeletedTogether() {
    for (String key : List.of("l/a/1", "l/a/2", "l/b", "l/c d")) {
      s3.putObject(r -> r.bucket(BUCKET).key(key), RequestBody.empty());
    }
    ListObjectsV2Response page =
        s3.listObjectsV2(r -> r.bucket(BUCKET).prefix("l/").delimiter("/"));
    assertThat(page.commonPrefixes()).extracting(CommonPrefix::prefix).containsExactly("l/a/");
    assertThat(page.contents()).extracting(S3Object::key).containsExactly("l/b", "l/c d");
    assertThat(s3.listObjectsV2Paginator(r -> r.bucket(BUCKET).prefix("l/").maxKeys(1)).contents())
        .extracting(S3Object::key)
        .containsExactly("l/a/1", "l/a/2", "l/b", "l/c d");
    assertThat(
            s3.copyObject(
                    r ->
                        r.sourceBucket(BUCKET)
                            .sourceKey("l/c d")
                            .destinationBucket(BUCKET)
                            .destinationKey("l/e"))
                .copyObjectResult()
                .eTag())
        .isEqualTo("\"d41d8cd98f00b204e9800998ecf8427e\"");
    assertThat(
            s3.deleteObjects(
                    r ->
                        r.bucket(BUCKET)
                            .delete(
                                d ->
                                    d.objects(
                                        ObjectIdentifier.builder().key("l/e").build(),
                                        ObjectIdentifier.builder().key("l/c d").build())))
                .deleted())
        .extracting(DeletedObject::key)
        .containsExactlyInAnyOrder("l/e", "l/c d");
    assertThat(s3.listObjectsV2(r -> r.bucket(BUCKET).prefix("l/")).keyCount()).isEqualTo(3);
  }

  @Test
  @Proves({"s3:PutObjectTagging", "s3:GetObjectTagging"})
  void anObjectHasTags() {
    s3.putObject(r -> r.bucket(BUCKET).key("tagged"), RequestBody.empty());
    Tag tag = Tag.builder().key("a b").value("ü").build();
    s3.putObjectTagging(r -> r.bucket(BUCKET).key("tagged").tagging(t -> t.tagSet(tag)));
    assertThat(s3.getObjectTagging(r -> r.bucket(BUCKET).key("tagged")).tagSet())
        .containsExactly(tag);
  }

  @Test
  void aPresignedUrlOpensOneObject() throws Exception {
    s3.putObject(r -> r.bucket(BUCKET).key("pre signed"), RequestBody.fromString("open"));
    try (S3Presigner presigner =
            S3Presigner.builder()
                .endpointOverride(root.endpoint())
                .region(root.region())
                .credentialsProvider(root.credentials())
                .serviceConfiguration(
                    S3Configuration.builder().pathStyleAccessEnabled(true).build())
                .build();
        HttpClient http = HttpClient.newHttpClient()) {
      String url =
          presigner
              .presignGetObject(
                  r ->
                      r.signatureDuration(Duration.ofMinutes(1))
                          .getObjectRequest(g -> g.bucket(BUCKET).key("pre signed")))
              .url()
              .toString();
      assertThat(get(http, url).body()).isEqualTo("open");
      assertThat(get(http, url.replace("pre%20signed", "tagged")).statusCode()).isEqualTo(403);
    }
  }

  private static HttpResponse<String> get(HttpClient http, String url) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  @Proves({
    "s3:PutBucketNotificationConfiguration",
    "s3:GetBucketNotificationConfiguration",
    "sqs:CreateQueue",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:DeleteQueue"
  })
  void anUploadReachesAQueue() throws Exception {
    String arn = QUEUE + "-events";
    String url =
        sqs.createQueue(
                r ->
                    r.queueName("java-events")
                        .attributes(Map.of(QueueAttributeName.POLICY, open(arn))))
            .queueUrl();
    s3.createBucket(r -> r.bucket("java-events"));
    s3.putBucketNotificationConfiguration(
        r ->
            r.bucket("java-events")
                .notificationConfiguration(
                    n ->
                        n.queueConfigurations(
                            QueueConfiguration.builder()
                                .id("all")
                                .queueArn(arn)
                                .events(Event.S3_OBJECT_CREATED)
                                .build())));
    assertThat(
            s3.getBucketNotificationConfiguration(r -> r.bucket("java-events"))
                .queueConfigurations())
        .singleElement()
        .satisfies(q -> assertThat(q.eventsAsStrings()).containsExactly("s3:ObjectCreated:*"));
    assertThat(receive(url).path("Event").asText()).isEqualTo("s3:TestEvent");
    s3.putObject(r -> r.bucket("java-events").key("ü k"), RequestBody.fromString("x"));
    assertThat(receive(url).at("/Records/0/s3/object/key").asText()).isEqualTo("%C3%BC+k");
    sqs.deleteQueue(r -> r.queueUrl(url));
    assertThatThrownBy(() -> sqs.getQueueUrl(r -> r.queueName("java-events")))
        .isInstanceOf(QueueDoesNotExistException.class);
  }

  /// Receives and deletes one message of the queue.
  private static JsonNode receive(String url) throws Exception {
    List<Message> messages =
        sqs.receiveMessage(r -> r.queueUrl(url).waitTimeSeconds(10)).messages();
    assertThat(messages).hasSize(1);
    sqs.deleteMessage(r -> r.queueUrl(url).receiptHandle(messages.getFirst().receiptHandle()));
    return JSON.readTree(messages.getFirst().body());
  }

  @Test
  void rawDeliveryKeepsTheTypesOfAttributes() {
    String arn = QUEUE + "-raw";
    String url =
        sqs.createQueue(
                r ->
                    r.queueName("java-raw")
                        .attributes(Map.of(QueueAttributeName.POLICY, open(arn))))
            .queueUrl();
    String topic = sns.createTopic(r -> r.name("java-raw")).topicArn();
    sns.subscribe(
        r ->
            r.topicArn(topic)
                .protocol("sqs")
                .endpoint(arn)
                .attributes(Map.of("RawMessageDelivery", "true")));
    SdkBytes bytes = SdkBytes.fromByteArray(new byte[] {0, -1});
    sns.publish(
        r ->
            r.topicArn(topic)
                .message("raw")
                .messageAttributes(
                    Map.of(
                        "n",
                        software.amazon.awssdk.services.sns.model.MessageAttributeValue.builder()
                            .dataType("Number")
                            .stringValue("1.5")
                            .build(),
                        "b",
                        software.amazon.awssdk.services.sns.model.MessageAttributeValue.builder()
                            .dataType("Binary")
                            .binaryValue(bytes)
                            .build())));

    Message message =
        sqs.receiveMessage(r -> r.queueUrl(url).waitTimeSeconds(10).messageAttributeNames("All"))
            .messages()
            .getFirst();
    assertThat(message.body()).isEqualTo("raw");
    assertThat(message.messageAttributes())
        .isEqualTo(
            Map.of(
                "n",
                MessageAttributeValue.builder().dataType("Number").stringValue("1.5").build(),
                "b",
                MessageAttributeValue.builder().dataType("Binary").binaryValue(bytes).build()));
  }

  /// Sources: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html and
  /// what users report of a role that lacks the permission.
  @Test
  void theRoleAndNoQueuePolicyLetsAFunctionsDeadLettersIn() throws Exception {
    String url = sqs.createQueue(r -> r.queueName("java-dead")).queueUrl();
    String dead = QUEUE.replace(":java", ":java-dead");
    String role =
        iam.createRole(
                r ->
                    r.roleName("java-dead")
                        .assumeRolePolicyDocument(Functions.trust("lambda.amazonaws.com")))
            .role()
            .arn();
    Functions.create(lambda, "java-dead", role, "raise ValueError('no')");
    assertThatThrownBy(
            () ->
                lambda.updateFunctionConfiguration(
                    r -> r.functionName("java-dead").deadLetterConfig(d -> d.targetArn(dead))))
        .isInstanceOf(InvalidParameterValueException.class)
        .hasMessageContaining(
            "The provided execution role does not have permissions to call SendMessage on SQS");
    iam.putRolePolicy(
        r ->
            r.roleName("java-dead")
                .policyName("send")
                .policyDocument(
                    """
                    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
                     "Action": "sqs:SendMessage", "Resource": "%s"}]}\
                    """
                        .formatted(dead)));
    lambda.updateFunctionConfiguration(
        r -> r.functionName("java-dead").deadLetterConfig(d -> d.targetArn(dead)));
    lambda.waiter().waitUntilFunctionUpdatedV2(r -> r.functionName("java-dead"));

    lambda.invoke(
        r ->
            r.functionName("java-dead")
                .invocationType(InvocationType.EVENT)
                .payload(SdkBytes.fromUtf8String("{\"n\":1}")));
    await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(
            () ->
                assertThat(
                        sqs.receiveMessage(
                                r ->
                                    r.queueUrl(url)
                                        .visibilityTimeout(0)
                                        .messageAttributeNames("All"))
                            .messages())
                    .singleElement()
                    .satisfies(
                        message -> {
                          assertThat(message.body()).isEqualTo("{\"n\":1}");
                          assertThat(message.messageAttributes())
                              .extractingByKey("ErrorCode")
                              .extracting(MessageAttributeValue::dataType)
                              .isEqualTo("Number");
                        }));
  }

  @Test
  @Proves({
    "sqs:GetQueueUrl",
    "sqs:ListQueues",
    "sqs:GetQueueAttributes",
    "sqs:SendMessage",
    "sqs:ReceiveMessage",
    "sqs:SendMessageBatch",
    "sqs:PurgeQueue"
  })
  void messagesComeThroughWithTheirAttributes() {
    String url = sqs.createQueue(r -> r.queueName("java-messages")).queueUrl();
    assertThat(sqs.getQueueUrl(r -> r.queueName("java-messages")).queueUrl()).isEqualTo(url);
    assertThat(sqs.listQueues(r -> r.queueNamePrefix("java-m")).queueUrls()).containsExactly(url);
    // The SDK compares the digests of body and attributes with its own.
    String id =
        sqs.sendMessage(
                r ->
                    r.queueUrl(url)
                        .messageBody("hällo")
                        .messageAttributes(
                            Map.of(
                                "n",
                                MessageAttributeValue.builder()
                                    .dataType("Number")
                                    .stringValue("1")
                                    .build())))
            .messageId();
    assertThat(
            sqs.receiveMessage(
                    r -> r.queueUrl(url).waitTimeSeconds(10).messageAttributeNames("All"))
                .messages())
        .singleElement()
        .satisfies(
            message -> {
              assertThat(message.messageId()).isEqualTo(id);
              assertThat(message.messageAttributes())
                  .extractingByKey("n")
                  .extracting(MessageAttributeValue::stringValue)
                  .isEqualTo("1");
            });
    SendMessageBatchResponse batch =
        sqs.sendMessageBatch(
            r ->
                r.queueUrl(url)
                    .entries(
                        SendMessageBatchRequestEntry.builder().id("a").messageBody("1").build(),
                        SendMessageBatchRequestEntry.builder()
                            .id("b")
                            .messageBody("2")
                            .delaySeconds(1_000)
                            .build()));
    assertThat(batch.successful())
        .singleElement()
        .satisfies(e -> assertThat(e.id()).isEqualTo("a"));
    assertThat(batch.failed()).extracting(BatchResultErrorEntry::id).containsExactly("b");
    sqs.purgeQueue(r -> r.queueUrl(url));
    assertThat(
            sqs.getQueueAttributes(
                    r ->
                        r.queueUrl(url)
                            .attributeNames(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES))
                .attributes())
        .containsEntry(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES, "0");
  }

  @Test
  @Proves({
    "sns:CreateTopic",
    "sns:Subscribe",
    "sns:Publish",
    "sns:ListSubscriptionsByTopic",
    "sns:GetTopicAttributes",
    "sns:Unsubscribe",
    "sns:DeleteTopic"
  })
  void aTopicFeedsAQueue() throws Exception {
    String topic = sns.createTopic(r -> r.name("java")).topicArn();
    String subscription =
        sns.subscribe(
                r -> r.topicArn(topic).protocol("sqs").endpoint(QUEUE).returnSubscriptionArn(true))
            .subscriptionArn();
    String id = sns.publish(r -> r.topicArn(topic).subject("S").message("hello")).messageId();
    JsonNode message = receive(queueUrl);
    assertThat(message.path("MessageId").asText()).isEqualTo(id);
    assertThat(message.path("Subject").asText()).isEqualTo("S");
    assertThat(sns.listSubscriptionsByTopic(r -> r.topicArn(topic)).subscriptions())
        .singleElement()
        .satisfies(s -> assertThat(s.subscriptionArn()).isEqualTo(subscription));
    assertThat(sns.getTopicAttributes(r -> r.topicArn(topic)).attributes())
        .containsEntry("SubscriptionsConfirmed", "1");
    sns.unsubscribe(r -> r.subscriptionArn(subscription));
    assertThat(sns.listSubscriptionsByTopic(r -> r.topicArn(topic)).subscriptions()).isEmpty();
    sns.deleteTopic(r -> r.topicArn(topic));
    assertThatThrownBy(() -> sns.publish(r -> r.topicArn(topic).message("m")))
        .isInstanceOf(NotFoundException.class);
  }

  @Test
  @Proves({
    "lambda:CreateFunction",
    "lambda:GetFunction",
    "lambda:GetFunctionConfiguration",
    "lambda:Invoke",
    "lambda:ListFunctions",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
    "lambda:AddPermission",
    "lambda:GetPolicy",
    "lambda:DeleteFunction",
    "logs:DescribeLogStreams",
    "logs:GetLogEvents",
    "logs:FilterLogEvents"
  })
  void aFunctionRunsAndLogs() throws Exception {
    Requirements.program("python3", "--version");
    String role = role("java-runs", "lambda.amazonaws.com");
    CreateFunctionResponse made = Functions.create(lambda, "java", role, "return event['n'] + 1");
    assertThat(made.functionArn()).isEqualTo("arn:aws:lambda:us-east-1:000000000000:function:java");
    InvokeResponse answer =
        lambda.invoke(
            r ->
                r.functionName("java")
                    .payload(SdkBytes.fromUtf8String("{\"n\": 1}"))
                    .logType(LogType.TAIL));
    assertThat(answer.payload().asUtf8String()).isEqualTo("2");
    assertThat(new String(Base64.getDecoder().decode(answer.logResult()), StandardCharsets.UTF_8))
        .contains("REPORT RequestId");
    InvokeResponse failed =
        lambda.invoke(r -> r.functionName("java").payload(SdkBytes.fromUtf8String("{}")));
    assertThat(failed.functionError()).isEqualTo("Unhandled");
    assertThat(failed.payload().asUtf8String()).contains("KeyError");
    assertThat(
            lambda
                .invoke(r -> r.functionName("java").invocationType(InvocationType.DRY_RUN))
                .statusCode())
        .isEqualTo(204);

    lambda.updateFunctionConfiguration(r -> r.functionName("java").timeout(9));
    lambda.waiter().waitUntilFunctionUpdatedV2(r -> r.functionName("java"));
    assertThat(lambda.getFunctionConfiguration(r -> r.functionName("java")).timeout()).isEqualTo(9);
    SdkBytes anew = Functions.zip("return 'anew'");
    String sha = lambda.updateFunctionCode(r -> r.functionName("java").zipFile(anew)).codeSha256();
    lambda.waiter().waitUntilFunctionUpdatedV2(r -> r.functionName("java"));
    assertThat(lambda.invoke(r -> r.functionName("java")).payload().asUtf8String())
        .isEqualTo("\"anew\"");
    assertThat(lambda.listFunctions().functions())
        .anySatisfy(f -> assertThat(f.codeSha256()).isEqualTo(sha));
    lambda.addPermission(
        r ->
            r.functionName("java")
                .statementId("s")
                .action("lambda:InvokeFunction")
                .principal("s3.amazonaws.com"));
    assertThat(lambda.getPolicy(r -> r.functionName("java")).policy()).contains("s3.amazonaws.com");

    try (CloudWatchLogsClient logs = root.logs()) {
      String group = "/aws/lambda/java";
      await()
          .until(
              () ->
                  logs.filterLogEvents(r -> r.logGroupName(group).filterPattern("REPORT"))
                          .events()
                          .size()
                      >= 3);
      String stream =
          logs.describeLogStreams(r -> r.logGroupName(group))
              .logStreams()
              .getFirst()
              .logStreamName();
      assertThat(
              logs.getLogEvents(
                      r -> r.logGroupName(group).logStreamName(stream).startFromHead(true))
                  .events())
          .anySatisfy(e -> assertThat(e.message()).startsWith("START RequestId"));
    }
    lambda.deleteFunction(r -> r.functionName("java"));
    assertThatThrownBy(() -> lambda.getFunction(r -> r.functionName("java")))
        .isInstanceOf(ResourceNotFoundException.class);
  }

  @Test
  @Proves({"lambda:PutFunctionRecursionConfig", "lambda:GetFunctionRecursionConfig"})
  void aFunctionMayBeAllowedToLoop() throws Exception {
    Requirements.program("python3", "--version");
    Functions.create(lambda, "java-loops", role("java-loops", "lambda.amazonaws.com"), "return 1");
    assertThat(loops("java-loops")).isEqualTo(RecursiveLoop.TERMINATE);
    lambda.putFunctionRecursionConfig(
        r -> r.functionName("java-loops").recursiveLoop(RecursiveLoop.ALLOW));
    assertThat(loops("java-loops")).isEqualTo(RecursiveLoop.ALLOW);
  }

  private static RecursiveLoop loops(String function) {
    return lambda.getFunctionRecursionConfig(r -> r.functionName(function)).recursiveLoop();
  }

  @Test
  @Proves({
    "iam:CreateUser",
    "iam:GetUser",
    "iam:CreateAccessKey",
    "iam:PutUserPolicy",
    "iam:DeleteUserPolicy",
    "iam:DeleteAccessKey",
    "iam:DeleteUser",
    "sts:GetCallerIdentity"
  })
  void aUserMayWhatItsPolicySays() {
    String arn = iam.createUser(r -> r.userName("java")).user().arn();
    assertThat(iam.getUser(r -> r.userName("java")).user().arn()).isEqualTo(arn);
    AccessKey key = iam.createAccessKey(r -> r.userName("java")).accessKey();
    iam.putUserPolicy(
        r -> r.userName("java").policyName("p").policyDocument(allow("s3:ListAllMyBuckets", "*")));
    Clients theirs =
        Clients.as(server, key.accessKeyId(), key.secretAccessKey()).interceptedBy(WITNESS);
    try (S3Client s3OfTheirs = theirs.s3();
        StsClient sts = theirs.sts()) {
      assertThat(sts.getCallerIdentity().arn()).isEqualTo(arn);
      assertThat(s3OfTheirs.listBuckets().buckets()).isNotEmpty();
      iam.deleteUserPolicy(r -> r.userName("java").policyName("p"));
      assertThatThrownBy(s3OfTheirs::listBuckets)
          .isInstanceOfSatisfying(
              AwsServiceException.class,
              e -> assertThat(e.awsErrorDetails().errorCode()).isEqualTo("AccessDenied"));
      iam.deleteAccessKey(r -> r.userName("java").accessKeyId(key.accessKeyId()));
      assertThatThrownBy(sts::getCallerIdentity)
          .isInstanceOfSatisfying(
              AwsServiceException.class,
              e -> assertThat(e.awsErrorDetails().errorCode()).isEqualTo("InvalidClientTokenId"));
    }
    iam.deleteUser(r -> r.userName("java"));
    assertThatThrownBy(() -> iam.getUser(r -> r.userName("java")))
        .isInstanceOf(NoSuchEntityException.class);
  }

  @Test
  @Proves({
    "iam:CreateRole",
    "iam:GetRole",
    "iam:AttachRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:PutRolePolicy",
    "sts:AssumeRole"
  })
  void aRoleIsAssumed() {
    String role = role("java-assumed", "lambda.amazonaws.com");
    assertThat(iam.getRole(r -> r.roleName("java-assumed")).role().arn()).isEqualTo(role);
    iam.updateAssumeRolePolicy(
        r ->
            r.roleName("java-assumed")
                .policyDocument(
                    """
                    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
                     "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}]}\
                    """));
    String managed = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    iam.attachRolePolicy(r -> r.roleName("java-assumed").policyArn(managed));
    assertThat(iam.listAttachedRolePolicies(r -> r.roleName("java-assumed")).attachedPolicies())
        .extracting(AttachedPolicy::policyArn)
        .containsExactly(managed);
    iam.putRolePolicy(
        r ->
            r.roleName("java-assumed")
                .policyName("p")
                .policyDocument(allow("sns:ListTopics", "*")));
    iam.createUser(r -> r.userName("java-assumer"));
    AccessKey key = iam.createAccessKey(r -> r.userName("java-assumer")).accessKey();
    iam.putUserPolicy(
        r ->
            r.userName("java-assumer")
                .policyName("p")
                .policyDocument(allow("sts:AssumeRole", role)));
    Credentials session;
    try (StsClient sts =
        Clients.as(server, key.accessKeyId(), key.secretAccessKey()).interceptedBy(WITNESS).sts()) {
      session = sts.assumeRole(r -> r.roleArn(role).roleSessionName("java")).credentials();
      assertThat(session.expiration()).isAfter(Instant.now());
    }
    Clients assumed = Clients.as(server, session).interceptedBy(WITNESS);
    try (S3Client s3OfTheirs = assumed.s3();
        SnsClient snsOfTheirs = assumed.sns()) {
      assertThat(s3OfTheirs.listBuckets().buckets()).isNotEmpty();
      assertThat(snsOfTheirs.listTopics().sdkHttpResponse().isSuccessful()).isTrue();
      assertThatThrownBy(() -> snsOfTheirs.createTopic(r -> r.name("java-no")))
          .hasMessageContaining("SNS:CreateTopic");
    }
  }

  private static String role(String name, String service) {
    return iam.createRole(r -> r.roleName(name).assumeRolePolicyDocument(Functions.trust(service)))
        .role()
        .arn();
  }

  private static String allow(String action, String resource) {
    return """
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "%s", "Resource": "%s"}]}\
    """
        .formatted(action, resource);
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }
}
