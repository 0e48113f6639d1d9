package io.carillon.iam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.lambda.DeploymentPackage;
import io.carillon.server.InMemoryServer;
import io.carillon.server.Server;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
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
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sts.StsClient;

/// A server with a user, `alice`, who is allowed everything, and resources of each service. A
/// denial under a condition key is checked by a call that matches the condition and one that does
/// not.
abstract class LeastPrivilegeFixture {
  static final String ACCOUNT = "000000000000";
  static final String ALLOW_ALL =
      """
      {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}
      """;
  static final String TRUST =
      """
      {"Version":"2012-10-17","Statement":[
       {"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}},
       {"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],
        "Principal":{"AWS":"arn:aws:iam::000000000000:root"}}]}
      """;
  static final String ROLE = "arn:aws:iam::000000000000:role/role";
  static final String BOUNDARY = "arn:aws:iam::000000000000:policy/fence";
  static final String TOPIC = "arn:aws:sns:us-east-1:000000000000:";
  static final Set<String> DENIALS =
      Set.of("AccessDenied", "AuthorizationError", "AccessDeniedException");

  static Server server;
  static SdkHttpClient http;
  static IamClient root;
  static String userId;
  static S3Client s3;
  static SnsClient sns;
  static SqsClient sqs;
  static LambdaClient lambda;
  static IamClient iam;
  static StsClient sts;

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

  static <B extends AwsSyncClientBuilder<B, C> & AwsClientBuilder<B, C>, C> C client(
      B builder, AwsCredentials credentials) {
    return builder
        .httpClient(http)
        .endpointOverride(server.endpoint())
        .region(Region.US_EAST_1)
        .credentialsProvider(StaticCredentialsProvider.create(credentials))
        .overrideConfiguration(c -> c.retryStrategy(DefaultRetryStrategy.doNotRetry()))
        .build();
  }

  static Tag tag(String key, String value) {
    return Tag.builder().key(key).value(value).build();
  }

  static void put(String key, String tags) {
    s3.putObject(b -> b.bucket("bucket").key(key).tagging(tags), RequestBody.fromString("x"));
  }

  static void get(String key) {
    s3.getObjectAsBytes(b -> b.bucket("bucket").key(key));
  }

  static void function(String name, Map<String, String> tags) {
    function(name, ROLE, tags);
  }

  static void function(String name, String role, Map<String, String> tags) {
    lambda.createFunction(
        b ->
            b.functionName(name)
                .role(role)
                .runtime("provided.al2023")
                .handler("h")
                .tags(tags)
                .code(c -> c.zipFile(SdkBytes.fromByteArray(DeploymentPackage.doingNothing()))));
  }

  static software.amazon.awssdk.services.sns.model.Tag topicTag(String key, String value) {
    return software.amazon.awssdk.services.sns.model.Tag.builder().key(key).value(value).build();
  }

  /// Calls that match the condition are denied, others are not.
  static DynamicTest denies(
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
  static DynamicTest denies(String operator, String key, String value, String other) {
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

  static void deny(String action, String operator, String key, String value) {
    String document = denial(action, operator, key, value);
    root.putUserPolicy(b -> b.userName("alice").policyName("deny").policyDocument(document));
  }

  static String denial(String action, String operator, String key, String value) {
    return """
    {"Version":"2012-10-17","Statement":{"Sid":"ThisOne","Effect":"Deny","Action":"%s",
     "Resource":"*","Condition":{"%s":{"%s":"%s"}}}}
    """
        .formatted(action, operator, key, value);
  }

  static void assertDenied(ThrowingCallable call) {
    AwsServiceException denied = catchThrowableOfType(AwsServiceException.class, call);
    assertThat(denied).as("the exception").isNotNull();
    assertThat(denied.awsErrorDetails().errorCode()).isIn(DENIALS);
    assertThat(denied.awsErrorDetails().errorMessage())
        .contains("with an explicit deny in an identity-based policy", "ThisOne", "deny");
  }
}
