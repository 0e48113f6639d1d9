package io.carillon.iam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.server.InMemoryServer;
import io.carillon.server.Server;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.iam.model.AccessKey;
import software.amazon.awssdk.services.iam.model.Tag;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.MetadataDirective;
import software.amazon.awssdk.services.s3.model.ObjectCannedACL;
import software.amazon.awssdk.services.s3.model.ObjectOwnership;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;
import software.amazon.awssdk.services.s3.model.StorageClass;
import software.amazon.awssdk.services.s3.model.Tagging;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.model.Credentials;

/// A Deny with a condition takes effect, for each supported condition key: real clients through the
/// request pipeline, with a user that is allowed everything else. Each row has a call that matches
/// the condition and one that does not.
///
/// Source: https://docs.aws.amazon.com/service-authorization/latest/reference/ and
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
class LeastPrivilegeTest {
  private static final String ACCOUNT = "000000000000";
  private static final String ALLOW_ALL =
      """
      {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}
      """;
  private static final String TRUST =
      """
      {"Version":"2012-10-17","Statement":[
       {"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}},
       {"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],
        "Principal":{"AWS":"arn:aws:iam::000000000000:root"}}]}
      """;
  private static final String ROLE = "arn:aws:iam::000000000000:role/role";
  private static final String BOUNDARY = "arn:aws:iam::000000000000:policy/fence";
  private static final String TOPIC = "arn:aws:sns:us-east-1:000000000000:";
  private static final Set<String> DENIALS =
      Set.of("AccessDenied", "AuthorizationError", "AccessDeniedException");

  private static Server server;
  private static SdkHttpClient http;
  private static IamClient root;
  private static String userId;
  private static S3Client s3;
  private static SnsClient sns;
  private static SqsClient sqs;
  private static LambdaClient lambda;
  private static IamClient iam;
  private static StsClient sts;

  @BeforeAll
  static void start() throws IOException {
    server = InMemoryServer.start();
    http = UrlConnectionHttpClient.create();
    root = client(IamClient.builder(), AwsBasicCredentials.create("test", "test"));
    userId = root.createUser(b -> b.userName("alice").tags(tag("team", "red"))).user().userId();
    root.putUserPolicy(b -> b.userName("alice").policyName("all").policyDocument(ALLOW_ALL));
    root.createRole(
        b -> b.roleName("role").assumeRolePolicyDocument(TRUST).tags(tag("team", "red")));
    root.putRolePolicy(b -> b.roleName("role").policyName("all").policyDocument(ALLOW_ALL));
    root.createPolicy(
        b -> b.policyName("fence").policyDocument(ALLOW_ALL).tags(tag("team", "red")));
    root.createUser(b -> b.userName("bounded").permissionsBoundary(BOUNDARY));
    root.createUser(b -> b.userName("free"));
    AccessKey key = root.createAccessKey(b -> b.userName("alice")).accessKey();
    AwsCredentials alice = AwsBasicCredentials.create(key.accessKeyId(), key.secretAccessKey());
    s3 = client(S3Client.builder().forcePathStyle(true), alice);
    sns = client(SnsClient.builder(), alice);
    sqs = client(SqsClient.builder(), alice);
    lambda = client(LambdaClient.builder(), alice);
    iam = client(IamClient.builder(), alice);
    sts = client(StsClient.builder(), alice);
    s3.createBucket(b -> b.bucket("bucket"));
    put("open", "class=open");
    put("secret", "class=secret");
    sns.createTopic(b -> b.name("red").tags(topicTag("team", "red")));
    sns.createTopic(b -> b.name("blue"));
    sqs.createQueue(b -> b.queueName("red").tags(Map.of("team", "red")));
    sqs.createQueue(b -> b.queueName("blue"));
    function("red", Map.of("team", "red"));
    function("blue", Map.of());
  }

  @AfterAll
  static void stop() {
    http.close();
    server.close();
  }

  private static <B extends AwsSyncClientBuilder<B, C> & AwsClientBuilder<B, C>, C> C client(
      B builder, AwsCredentials credentials) {
    return builder
        .httpClient(http)
        .endpointOverride(server.endpoint())
        .region(Region.US_EAST_1)
        .credentialsProvider(StaticCredentialsProvider.create(credentials))
        .overrideConfiguration(c -> c.retryStrategy(DefaultRetryStrategy.doNotRetry()))
        .build();
  }

  private static Tag tag(String key, String value) {
    return Tag.builder().key(key).value(value).build();
  }

  private static void put(String key, String tags) {
    s3.putObject(b -> b.bucket("bucket").key(key).tagging(tags), RequestBody.fromString("x"));
  }

  private static void get(String key) {
    s3.getObjectAsBytes(b -> b.bucket("bucket").key(key));
  }

  private static void copy(String from, MetadataDirective directive) {
    s3.copyObject(
        b ->
            b.sourceBucket("bucket")
                .sourceKey(from)
                .destinationBucket("bucket")
                .destinationKey("copy")
                .metadataDirective(directive));
  }

  private static void function(String name, Map<String, String> tags) {
    function(name, ROLE, tags);
  }

  private static void function(String name, String role, Map<String, String> tags) {
    lambda.createFunction(
        b ->
            b.functionName(name)
                .role(role)
                .runtime("provided.al2023")
                .handler("h")
                .tags(tags)
                .code(c -> c.zipFile(SdkBytes.fromByteArray(zip()))));
  }

  private static byte[] zip() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry("bootstrap"));
      zip.write("#!/bin/sh\n".getBytes(StandardCharsets.UTF_8));
      zip.closeEntry();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return bytes.toByteArray();
  }

  @Test
  void aUserWithoutPoliciesIsDeniedEverything() {
    root.createUser(b -> b.userName("nobody"));
    AccessKey key = root.createAccessKey(b -> b.userName("nobody")).accessKey();
    AwsCredentials nobody = AwsBasicCredentials.create(key.accessKeyId(), key.secretAccessKey());
    SnsClient itsSns = client(SnsClient.builder(), nobody);
    SqsClient itsSqs = client(SqsClient.builder(), nobody);
    S3Client itsS3 = client(S3Client.builder().forcePathStyle(true), nobody);
    LambdaClient itsLambda = client(LambdaClient.builder(), nobody);
    IamClient itsIam = client(IamClient.builder(), nobody);
    String queue = sqs.getQueueUrl(b -> b.queueName("red")).queueUrl();
    Map<String, ThrowingCallable> calls = new LinkedHashMap<>();
    calls.put(
        "SNS:Publish on resource: " + TOPIC + "red",
        () -> itsSns.publish(b -> b.topicArn(TOPIC + "red").message("m")));
    calls.put(
        "SNS:Publish on resource: +4912345678",
        () -> itsSns.publish(b -> b.phoneNumber("+4912345678").message("m")));
    calls.put(
        "SNS:Subscribe on resource: " + TOPIC + "red",
        () ->
            itsSns.subscribe(
                b -> b.topicArn(TOPIC + "red").protocol("sms").endpoint("+4912345678")));
    calls.put(
        "SNS:GetTopicAttributes on resource: " + TOPIC + "red",
        () -> itsSns.getTopicAttributes(b -> b.topicArn(TOPIC + "red")));
    calls.put(
        "SNS:DeleteTopic on resource: " + TOPIC + "red",
        () -> itsSns.deleteTopic(b -> b.topicArn(TOPIC + "red")));
    calls.put(
        "sqs:sendmessage on resource: arn:aws:sqs:us-east-1:000000000000:red",
        () -> itsSqs.sendMessage(b -> b.queueUrl(queue).messageBody("m")));
    calls.put(
        "sqs:deletequeue on resource: arn:aws:sqs:us-east-1:000000000000:red",
        () -> itsSqs.deleteQueue(b -> b.queueUrl(queue)));
    calls.put(
        "s3:GetObject on resource: \"arn:aws:s3:::bucket/open\"",
        () -> itsS3.getObjectAsBytes(b -> b.bucket("bucket").key("open")));
    calls.put(
        "s3:ListBucket on resource: \"arn:aws:s3:::bucket\"",
        () -> itsS3.listObjectsV2(b -> b.bucket("bucket")));
    calls.put(
        "s3:DeleteBucket on resource: \"arn:aws:s3:::bucket\"",
        () -> itsS3.deleteBucket(b -> b.bucket("bucket")));
    calls.put(
        "lambda:InvokeFunction on resource: arn:aws:lambda:us-east-1:000000000000:function:red",
        () -> itsLambda.invoke(b -> b.functionName("red")));
    calls.put(
        "lambda:DeleteFunction on resource: arn:aws:lambda:us-east-1:000000000000:function:red",
        () -> itsLambda.deleteFunction(b -> b.functionName("red")));
    calls.put("iam:ListUsers on resource: arn:aws:iam::000000000000:", itsIam::listUsers);
    calls.forEach(
        (denied, call) ->
            assertThatThrownBy(call)
                .as(denied)
                .isInstanceOfSatisfying(
                    AwsServiceException.class,
                    e -> assertThat(e.awsErrorDetails().errorCode()).isIn(DENIALS))
                .hasMessageContaining("is not authorized to perform: " + denied));
  }

  private static void grant(String function, String principal) {
    lambda.addPermission(
        b ->
            b.functionName(function)
                .statementId(principal.replace('.', '-'))
                .action("lambda:InvokeFunction")
                .principal(principal));
  }

  private static void assume(String session, @Nullable String externalId) {
    sts.assumeRole(b -> b.roleArn(ROLE).roleSessionName(session).externalId(externalId));
  }

  /// Calls that match the condition are denied, others are not.
  private static DynamicTest denies(
      String operator,
      String key,
      String value,
      ThrowingCallable matching,
      ThrowingCallable notMatching) {
    return DynamicTest.dynamicTest(
        key + " " + operator,
        () -> {
          deny("*", operator, key, value);
          try {
            assertThatCode(notMatching).doesNotThrowAnyException();
            assertDenied(matching);
          } finally {
            root.deleteUserPolicy(b -> b.userName("alice").policyName("deny"));
          }
        });
  }

  /// GetObject is denied with `value` in the condition, and not with `other`.
  private static DynamicTest denies(String operator, String key, String value, String other) {
    return DynamicTest.dynamicTest(
        key + " " + operator,
        () -> {
          try {
            deny("s3:GetObject", operator, key, other);
            assertThatCode(() -> get("open")).doesNotThrowAnyException();
            deny("s3:GetObject", operator, key, value);
            assertDenied(() -> get("open"));
          } finally {
            root.deleteUserPolicy(b -> b.userName("alice").policyName("deny"));
          }
        });
  }

  private static void deny(String action, String operator, String key, String value) {
    String document = denial(action, operator, key, value);
    root.putUserPolicy(b -> b.userName("alice").policyName("deny").policyDocument(document));
  }

  private static String denial(String action, String operator, String key, String value) {
    return """
    {"Version":"2012-10-17","Statement":{"Sid":"ThisOne","Effect":"Deny","Action":"%s",
     "Resource":"*","Condition":{"%s":{"%s":"%s"}}}}
    """
        .formatted(action, operator, key, value);
  }

  private static void assertDenied(ThrowingCallable call) {
    AwsServiceException denied = catchThrowableOfType(AwsServiceException.class, call);
    assertThat(denied).as("the exception").isNotNull();
    assertThat(denied.awsErrorDetails().errorCode()).isIn(DENIALS);
    assertThat(denied.awsErrorDetails().errorMessage())
        .contains("with an explicit deny in an identity-based policy", "ThisOne", "deny");
  }

  @TestFactory
  Stream<DynamicTest> byCallerTimeAndOrigin() {
    return Stream.of(
        denies("IpAddress", "aws:SourceIp", "127.0.0.1/32", "10.0.0.0/8"),
        denies("Bool", "aws:SecureTransport", "false", "true"),
        denies("StringLike", "aws:UserAgent", "aws-sdk-java/*", "curl/*"),
        denies(
            "DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"),
        denies("NumericGreaterThan", "aws:EpochTime", "1000000000", "99999999999"),
        denies("StringEquals", "aws:RequestedRegion", "us-east-1", "eu-west-1"),
        denies("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:user/alice", "arn:aws:iam::*:user/b"),
        denies("StringEquals", "aws:PrincipalAccount", ACCOUNT, "111111111111"),
        denies("StringEquals", "aws:PrincipalType", "User", "AssumedRole"),
        denies("StringEquals", "aws:PrincipalTag/team", "red", "blue"),
        denies("StringEquals", "aws:userid", userId, "AIDA"),
        denies("StringEquals", "aws:username", "alice", "bob"),
        denies("Bool", "aws:ViaAWSService", "false", "true"),
        denies("Bool", "aws:PrincipalIsAWSService", "false", "true"),
        denies("StringEquals", "aws:ResourceAccount", ACCOUNT, "111111111111"),
        denies("StringEquals", "s3:ResourceAccount", ACCOUNT, "111111111111"),
        denies("StringEquals", "s3:authType", "REST-HEADER", "REST-QUERY-STRING"),
        denies("StringEquals", "s3:signatureversion", "AWS4-HMAC-SHA256", "AWS"),
        denies("NumericLessThan", "s3:signatureAge", "600000", "0"));
  }

  @TestFactory
  Stream<DynamicTest> inS3() {
    return Stream.of(
        denies(
            "StringLike",
            "s3:prefix",
            "secret/*",
            () -> s3.listObjectsV2(b -> b.bucket("bucket").prefix("secret/a")),
            () -> s3.listObjectsV2(b -> b.bucket("bucket").prefix("open/"))),
        denies(
            "StringEquals",
            "s3:delimiter",
            "/",
            () -> s3.listObjectsV2(b -> b.bucket("bucket").delimiter("/")),
            () -> s3.listObjectsV2(b -> b.bucket("bucket"))),
        denies(
            "NumericGreaterThan",
            "s3:max-keys",
            "10",
            () -> s3.listObjectsV2(b -> b.bucket("bucket").maxKeys(11)),
            () -> s3.listObjectsV2(b -> b.bucket("bucket").maxKeys(10))),
        denies(
            "StringEquals",
            "s3:VersionId",
            "null",
            () -> s3.getObjectAsBytes(b -> b.bucket("bucket").key("open").versionId("null")),
            () -> get("open")),
        denies(
            "StringEquals",
            "s3:x-amz-acl",
            "private",
            () ->
                s3.putObject(
                    b -> b.bucket("bucket").key("k").acl(ObjectCannedACL.PRIVATE),
                    RequestBody.fromString("x")),
            () -> put("k", "")),
        denies(
            "StringEquals",
            "s3:x-amz-acl",
            "private",
            () -> s3.putObjectAcl(b -> b.bucket("bucket").key("open").acl(ObjectCannedACL.PRIVATE)),
            () ->
                s3.putObjectAcl(
                    b ->
                        b.bucket("bucket")
                            .key("open")
                            .acl(ObjectCannedACL.BUCKET_OWNER_FULL_CONTROL))),
        denies(
            "StringLike",
            "s3:x-amz-copy-source",
            "bucket/sec*",
            () -> copy("secret", MetadataDirective.COPY),
            () -> copy("open", MetadataDirective.COPY)),
        denies(
            "StringLike",
            "s3:x-amz-copy-source",
            "/bucket/sec*",
            () -> copy("secret", MetadataDirective.COPY),
            () -> copy("open", MetadataDirective.COPY)),
        denies(
            "StringEquals",
            "s3:x-amz-metadata-directive",
            "REPLACE",
            () -> copy("open", MetadataDirective.REPLACE),
            () -> copy("open", MetadataDirective.COPY)),
        denies(
            "StringEquals",
            "s3:x-amz-server-side-encryption",
            "AES256",
            () ->
                s3.putObject(
                    b ->
                        b.bucket("bucket")
                            .key("k")
                            .serverSideEncryption(ServerSideEncryption.AES256),
                    RequestBody.fromString("x")),
            () -> put("k", "")),
        denies(
            "StringEquals",
            "s3:x-amz-storage-class",
            "STANDARD",
            () ->
                s3.createMultipartUpload(
                    b -> b.bucket("bucket").key("k").storageClass(StorageClass.STANDARD)),
            () -> s3.createMultipartUpload(b -> b.bucket("bucket").key("k"))),
        denies(
            "StringEquals",
            "s3:x-amz-website-redirect-location",
            "/elsewhere",
            () ->
                s3.putObject(
                    b -> b.bucket("bucket").key("k").websiteRedirectLocation("/elsewhere"),
                    RequestBody.fromString("x")),
            () -> put("k", "")),
        denies(
            "StringEquals",
            "s3:if-none-match",
            "*",
            () ->
                s3.putObject(
                    b -> b.bucket("bucket").key("new").ifNoneMatch("*"),
                    RequestBody.fromString("x")),
            () -> put("k", "")),
        denies(
            "Bool",
            "s3:ObjectCreationOperation",
            "true",
            () -> put("k", ""),
            () -> s3.createMultipartUpload(b -> b.bucket("bucket").key("k"))),
        denies(
            "StringEquals",
            "s3:locationconstraint",
            "eu-west-1",
            () ->
                s3.createBucket(
                    b ->
                        b.bucket("elsewhere")
                            .createBucketConfiguration(c -> c.locationConstraint("eu-west-1"))),
            () -> s3.createBucket(b -> b.bucket("bucket"))),
        denies(
            "StringEquals",
            "s3:x-amz-object-ownership",
            "BucketOwnerEnforced",
            () ->
                s3.createBucket(
                    b -> b.bucket("owned").objectOwnership(ObjectOwnership.BUCKET_OWNER_ENFORCED)),
            () -> s3.createBucket(b -> b.bucket("bucket"))));
  }

  @TestFactory
  Stream<DynamicTest> byObjectTags() {
    Tagging secret =
        Tagging.builder()
            .tagSet(
                software.amazon.awssdk.services.s3.model.Tag.builder()
                    .key("class")
                    .value("secret")
                    .build())
            .build();
    Tagging open =
        Tagging.builder()
            .tagSet(
                software.amazon.awssdk.services.s3.model.Tag.builder()
                    .key("class")
                    .value("open")
                    .build())
            .build();
    return Stream.of(
        denies(
            "StringEquals",
            "s3:ExistingObjectTag/class",
            "secret",
            () -> get("secret"),
            () -> get("open")),
        denies(
            "StringEquals",
            "s3:ExistingObjectTag/class",
            "secret",
            () -> s3.getObjectAsBytes(b -> b.bucket("bucket").key("secret").versionId("null")),
            () -> put("secret", "class=secret")), // must not apply to writes
        denies(
            "StringEquals",
            "s3:ExistingObjectTag/class",
            "secret",
            () -> s3.deleteObjectTagging(b -> b.bucket("bucket").key("secret")),
            () -> s3.getObjectTagging(b -> b.bucket("bucket").key("open"))),
        denies(
            "StringEquals",
            "s3:ExistingObjectTag/class",
            "secret",
            () -> copy("secret", MetadataDirective.COPY),
            () -> copy("open", MetadataDirective.COPY)),
        denies(
            "StringEquals",
            "s3:RequestObjectTag/class",
            "secret",
            () -> put("k", "class=secret"),
            () -> put("k", "class=open")),
        denies(
            "StringEquals",
            "s3:RequestObjectTag/class",
            "secret",
            () -> s3.putObjectTagging(b -> b.bucket("bucket").key("open").tagging(secret)),
            () -> s3.putObjectTagging(b -> b.bucket("bucket").key("open").tagging(open))),
        denies(
            "StringEquals",
            "s3:RequestObjectTag/class",
            "secret",
            () ->
                s3.createMultipartUpload(b -> b.bucket("bucket").key("k").tagging("class=secret")),
            () -> s3.createMultipartUpload(b -> b.bucket("bucket").key("k").tagging("class=open"))),
        denies(
            "ForAnyValue:StringEquals",
            "s3:RequestObjectTagKeys",
            "class",
            () -> put("k", "other=1&class=secret"),
            () -> put("k", "other=1")));
  }

  @TestFactory
  Stream<DynamicTest> inSnsAndSqs() {
    return Stream.of(
        denies(
            "StringEquals",
            "sns:Protocol",
            "sqs",
            () -> subscribe("sqs", "arn:aws:sqs:us-east-1:000000000000:red"),
            () -> subscribe("email", "a@example.com")),
        denies(
            "StringLike",
            "sns:Endpoint",
            "*@example.com",
            () -> subscribe("email", "a@example.com"),
            () -> subscribe("email", "a@example.org")),
        denies(
            "StringEquals",
            "aws:RequestTag/team",
            "red",
            () -> sns.createTopic(b -> b.name("t1").tags(topicTag("team", "red"))),
            () -> sns.createTopic(b -> b.name("t2").tags(topicTag("team", "blue")))),
        denies(
            "ForAnyValue:StringEquals",
            "aws:TagKeys",
            "team",
            () -> sns.untagResource(b -> b.resourceArn(TOPIC + "blue").tagKeys("team")),
            () -> sns.untagResource(b -> b.resourceArn(TOPIC + "blue").tagKeys("other"))),
        denies(
            "StringEquals",
            "aws:ResourceTag/team",
            "red",
            () -> sns.publish(b -> b.topicArn(TOPIC + "red").message("m")),
            () -> sns.publish(b -> b.topicArn(TOPIC + "blue").message("m"))),
        denies(
            "StringEquals",
            "aws:RequestTag/team",
            "red",
            () -> sqs.createQueue(b -> b.queueName("q1").tags(Map.of("team", "red"))),
            () -> sqs.createQueue(b -> b.queueName("q2").tags(Map.of("team", "blue")))),
        denies(
            "StringEquals",
            "aws:ResourceTag/team",
            "red",
            () -> sqs.sendMessage(b -> b.queueUrl(queue("red")).messageBody("m")),
            () -> sqs.sendMessage(b -> b.queueUrl(queue("blue")).messageBody("m"))));
  }

  private static void subscribe(String protocol, String endpoint) {
    sns.subscribe(b -> b.topicArn(TOPIC + "blue").protocol(protocol).endpoint(endpoint));
  }

  private static String queue(String name) {
    return server.endpoint() + "/" + ACCOUNT + "/" + name;
  }

  @TestFactory
  Stream<DynamicTest> inLambda() {
    return Stream.of(
        denies(
            "StringEquals",
            "lambda:Principal",
            "sns.amazonaws.com",
            () -> grant("blue", "sns.amazonaws.com"),
            () -> grant("blue", "s3.amazonaws.com")),
        denies(
            "StringEquals",
            "aws:RequestTag/team",
            "red",
            () -> function("f1", Map.of("team", "red")),
            () -> function("f2", Map.of("team", "blue"))),
        denies(
            "StringEquals",
            "aws:ResourceTag/team",
            "red",
            () -> lambda.getFunction(b -> b.functionName("red")),
            () -> lambda.getFunction(b -> b.functionName("blue"))),
        denies(
            "StringEquals",
            "iam:PassedToService",
            "lambda.amazonaws.com",
            () -> function("f3", Map.of()),
            () -> lambda.getFunction(b -> b.functionName("blue"))),
        denies(
            "ArnLike",
            "iam:AssociatedResourceArn",
            "arn:aws:lambda:*:*:function:f4",
            () -> function("f4", Map.of()),
            () -> function("f5", Map.of())));
  }

  @TestFactory
  Stream<DynamicTest> inIamAndSts() {
    return Stream.of(
        denies(
            "ArnEquals",
            "iam:PolicyARN",
            BOUNDARY,
            () -> iam.attachUserPolicy(b -> b.userName("free").policyArn(BOUNDARY)),
            () ->
                iam.attachUserPolicy(
                    b ->
                        b.userName("free").policyArn("arn:aws:iam::aws:policy/IAMReadOnlyAccess"))),
        denies(
            "StringEquals",
            "iam:PermissionsBoundary",
            BOUNDARY,
            () -> iam.createUser(b -> b.userName("u1").permissionsBoundary(BOUNDARY)),
            () -> iam.createUser(b -> b.userName("u2"))),
        denies(
            "StringEquals",
            "iam:PermissionsBoundary",
            BOUNDARY,
            () -> iam.deleteUserPermissionsBoundary(b -> b.userName("bounded")),
            () -> iam.getUser(b -> b.userName("bounded"))),
        denies(
            "StringNotEquals",
            "iam:PermissionsBoundary",
            BOUNDARY,
            () ->
                iam.putUserPolicy(
                    b -> b.userName("free").policyName("p").policyDocument(ALLOW_ALL)),
            () ->
                iam.putUserPolicy(
                    b -> b.userName("bounded").policyName("p").policyDocument(ALLOW_ALL))),
        denies(
            "StringEquals",
            "aws:RequestTag/team",
            "red",
            () -> iam.createUser(b -> b.userName("u3").tags(tag("team", "red"))),
            () -> iam.createUser(b -> b.userName("u4").tags(tag("team", "blue")))),
        denies(
            "StringEquals",
            "aws:ResourceTag/team",
            "red",
            () -> iam.getUser(b -> b.userName("alice")),
            () -> iam.getUser(b -> b.userName("free"))),
        denies(
            "StringEquals",
            "iam:ResourceTag/team",
            "red",
            () -> iam.getPolicy(b -> b.policyArn(BOUNDARY)),
            () -> iam.getUser(b -> b.userName("free"))),
        denies(
            "StringEquals",
            "sts:ExternalId",
            "one",
            () -> assume("session", "one"),
            () -> assume("session", "two")),
        denies(
            "StringEquals",
            "sts:RoleSessionName",
            "evil",
            () -> assume("evil", null),
            () -> assume("good", null)));
  }

  private static software.amazon.awssdk.services.sns.model.Tag topicTag(String key, String value) {
    return software.amazon.awssdk.services.sns.model.Tag.builder().key(key).value(value).build();
  }

  private static software.amazon.awssdk.services.sts.model.Tag sessionTag(
      String key, String value) {
    return software.amazon.awssdk.services.sts.model.Tag.builder().key(key).value(value).build();
  }

  private static void assumeTagged(String tag, String value, String... transitive) {
    sts.assumeRole(
        b ->
            b.roleArn(ROLE)
                .roleSessionName("session")
                .tags(sessionTag(tag, value))
                .transitiveTagKeys(transitive));
  }

  @TestFactory
  Stream<DynamicTest> bySessionTags() {
    return Stream.of(
        denies(
            "StringEquals",
            "aws:RequestTag/project",
            "red",
            () -> assumeTagged("project", "red"),
            () -> assumeTagged("project", "blue")),
        denies(
            "ForAnyValue:StringEquals",
            "sts:TransitiveTagKeys",
            "project",
            () -> assumeTagged("project", "red", "project"),
            () -> assumeTagged("project", "red")));
  }

  @Test
  void sessionTagsCountAsPrincipalTags() {
    root.putRolePolicy(
        b ->
            b.roleName("role")
                .policyName("deny")
                .policyDocument(denial("s3:*", "StringEquals", "aws:PrincipalTag/project", "red")));
    assertThatCode(() -> session("blue").listBuckets()).doesNotThrowAnyException();
    assertDenied(() -> session("red").listBuckets());
  }

  private static S3Client session(String project) {
    Credentials issued =
        sts.assumeRole(
                b ->
                    b.roleArn(ROLE).roleSessionName("session").tags(sessionTag("project", project)))
            .credentials();
    return client(
        S3Client.builder().forcePathStyle(true),
        AwsSessionCredentials.create(
            issued.accessKeyId(), issued.secretAccessKey(), issued.sessionToken()));
  }

  /// A caller limited to a path cannot move users out of it.
  @Test
  void renamingNeedsPermissionForTheNewName() {
    root.createUser(b -> b.userName("carl").path("/dev/"));
    root.putUserPolicy(
        b ->
            b.userName("alice")
                .policyName("deny")
                .policyDocument(
                    """
                    {"Version":"2012-10-17","Statement":{"Sid":"ThisOne","Effect":"Deny",
                     "Action":"*","NotResource":"arn:aws:iam::000000000000:user/dev/*"}}
                    """));
    try {
      assertThatCode(() -> iam.updateUser(b -> b.userName("carl").newUserName("charles")))
          .doesNotThrowAnyException();
      assertDenied(() -> iam.updateUser(b -> b.userName("charles").newPath("/admin/")));
    } finally {
      root.deleteUserPolicy(b -> b.userName("alice").policyName("deny"));
    }
  }

  /// A role may trust Lambda for one function only.
  @Test
  void aTrustPolicyCanTestTheFunction() {
    root.createRole(
        b ->
            b.roleName("picky")
                .assumeRolePolicyDocument(
                    """
                    {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole",
                     "Principal":{"Service":"lambda.amazonaws.com"},"Condition":{"ArnLike":
                     {"aws:SourceArn":"arn:aws:lambda:us-east-1:000000000000:function:good"}}}}
                    """));
    String role = "arn:aws:iam::000000000000:role/picky";
    assertThatCode(() -> function("good", role, Map.of())).doesNotThrowAnyException();
    assertThat(
            catchThrowableOfType(AwsServiceException.class, () -> function("evil", role, Map.of()))
                .awsErrorDetails()
                .errorMessage())
        .contains("cannot be assumed by Lambda");
  }

  /// A request that creates a resource with tags needs both actions.
  @TestFactory
  Stream<DynamicTest> taggingOnCreationNeedsTheTagAction() {
    Map<String, String> red = Map.of("team", "red");
    Map<String, ThrowingCallable> calls =
        Map.of(
            "sns:TagResource",
            () -> sns.createTopic(b -> b.name("n1").tags(topicTag("team", "red"))),
            "sqs:TagQueue",
            () -> sqs.createQueue(b -> b.queueName("n1").tags(red)),
            "lambda:TagResource",
            () -> function("n1", red),
            "iam:TagUser",
            () -> iam.createUser(b -> b.userName("n1").tags(tag("team", "red"))),
            "iam:TagRole",
            () ->
                iam.createRole(
                    b -> b.roleName("n1").assumeRolePolicyDocument(TRUST).tags(tag("team", "red"))),
            "iam:TagPolicy",
            () ->
                iam.createPolicy(
                    b -> b.policyName("n1").policyDocument(ALLOW_ALL).tags(tag("team", "red"))));
    return calls.entrySet().stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(
                    entry.getKey(),
                    () -> {
                      deny(entry.getKey(), "StringEquals", "aws:username", "alice");
                      try {
                        assertDenied(entry.getValue());
                      } finally {
                        root.deleteUserPolicy(b -> b.userName("alice").policyName("deny"));
                      }
                    }));
  }
}
