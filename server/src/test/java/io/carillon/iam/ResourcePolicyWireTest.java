package io.carillon.iam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.server.InMemoryServer;
import io.carillon.server.Server;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.iam.model.AccessKey;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/// Principals in the policies of buckets, topics and queues, on a whole server.
///
/// Source:
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
class ResourcePolicyWireTest {
  private static final String ALICE = "arn:aws:iam::000000000000:user/alice";

  private Server server;
  private SdkHttpClient http;
  private IamClient iam;
  private S3Client s3;

  @BeforeEach
  void start() throws IOException {
    server = InMemoryServer.start();
    http = UrlConnectionHttpClient.create();
    iam = client(IamClient.builder(), "test", "test");
    s3 = client(S3Client.builder().forcePathStyle(true), "test", "test");
    s3.createBucket(b -> b.bucket("bucket"));
    s3.putObject(b -> b.bucket("bucket").key("k"), RequestBody.fromString("hello"));
  }

  @AfterEach
  void stop() {
    http.close();
    server.close();
  }

  private <B extends AwsSyncClientBuilder<B, C> & AwsClientBuilder<B, C>, C> C client(
      B builder, String key, String secret) {
    return builder
        .httpClient(http)
        .endpointOverride(server.endpoint())
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create(key, secret)))
        .build();
  }

  /// A client of a new user alice without policies.
  private S3Client alice() {
    iam.createUser(b -> b.userName("alice"));
    AccessKey key = iam.createAccessKey(b -> b.userName("alice")).accessKey();
    return client(
        S3Client.builder().forcePathStyle(true), key.accessKeyId(), key.secretAccessKey());
  }

  private static String allow(String action, String resource) {
    return "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"
        + "{\"AWS\":\""
        + ALICE
        + "\"},\"Action\":\""
        + action
        + "\",\"Resource\":\""
        + resource
        + "\"}]}";
  }

  private static AwsErrorDetails refusal(Runnable call) {
    AwsServiceException refused = catchThrowableOfType(AwsServiceException.class, call::run);
    assertThat(refused).isNotNull();
    assertThat(refused.statusCode()).isEqualTo(400);
    return refused.awsErrorDetails();
  }

  @Test
  void aRecreatedUserHasNoAccessByABucketPolicy() {
    try (S3Client first = alice()) {
      s3.putBucketPolicy(
          b -> b.bucket("bucket").policy(allow("s3:GetObject", "arn:aws:s3:::bucket/*")));
      assertThat(first.getObjectAsBytes(b -> b.bucket("bucket").key("k")).asUtf8String())
          .isEqualTo("hello");
    }
    String id = iam.getUser(b -> b.userName("alice")).user().userId();
    String key =
        iam.listAccessKeys(b -> b.userName("alice")).accessKeyMetadata().getFirst().accessKeyId();
    iam.deleteAccessKey(b -> b.userName("alice").accessKeyId(key));
    iam.deleteUser(b -> b.userName("alice"));

    try (S3Client second = alice()) {
      AwsServiceException denied =
          catchThrowableOfType(
              AwsServiceException.class,
              () -> second.getObjectAsBytes(b -> b.bucket("bucket").key("k")));
      assertThat(denied.awsErrorDetails().errorCode()).isEqualTo("AccessDenied");
    }
    assertThat(s3.getBucketPolicy(b -> b.bucket("bucket")).policy())
        .contains(id)
        .doesNotContain(ALICE);
  }

  @Test
  void unknownPrincipalsAreRefusedWithTheServicesMessage() {
    AwsErrorDetails ofBucket =
        refusal(
            () ->
                s3.putBucketPolicy(
                    b -> b.bucket("bucket").policy(allow("s3:*", "arn:aws:s3:::bucket/*"))));
    assertThat(ofBucket.errorCode()).isEqualTo("MalformedPolicy");
    assertThat(ofBucket.errorMessage()).isEqualTo("Invalid principal in policy");

    try (SnsClient sns = client(SnsClient.builder(), "test", "test");
        SqsClient sqs = client(SqsClient.builder(), "test", "test")) {
      String topic = sns.createTopic(b -> b.name("t")).topicArn();
      AwsErrorDetails ofTopic =
          refusal(
              () ->
                  sns.setTopicAttributes(
                      b ->
                          b.topicArn(topic)
                              .attributeName("Policy")
                              .attributeValue(allow("sns:Publish", topic))));
      assertThat(ofTopic.errorCode()).isEqualTo("InvalidParameter");
      assertThat(ofTopic.errorMessage())
          .isEqualTo("Invalid parameter: Policy Error: PrincipalNotFound");

      String policy = allow("sqs:SendMessage", "arn:aws:sqs:us-east-1:000000000000:q");
      AwsErrorDetails ofQueue =
          refusal(
              () ->
                  sqs.createQueue(
                      b -> b.queueName("q").attributes(Map.of(QueueAttributeName.POLICY, policy))));
      assertThat(ofQueue.errorCode()).isEqualTo("InvalidAttributeValue");
      assertThat(ofQueue.errorMessage()).isEqualTo("Invalid value for the parameter Policy.");
    }
  }
}
