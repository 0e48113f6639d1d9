package io.carillon.cli;

import io.carillon.server.Config;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.iam.model.EntityAlreadyExistsException;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.ResourceConflictException;
import software.amazon.awssdk.services.lambda.model.Runtime;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.Event;
import software.amazon.awssdk.services.s3.model.LambdaFunctionConfiguration;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sns.model.Subscription;

/// The demo's pipeline, built as any client of AWS would build it. Building it again changes
/// nothing.
final class DemoPipeline implements AutoCloseable {
  static final String BUCKET = "carillon-demo";
  private static final String FUNCTION = "upload-notifier";
  private static final String ROLE = "upload-notifier";
  private static final String TOPIC = "uploads";
  private static final String EMAIL = "you@example.com";
  private static final String PHONE = "+15555550100";

  private final Config config;
  private final Consumer<String> progress;
  private final SdkHttpClient http = UrlConnectionHttpClient.create();
  private final S3Client s3;
  private final IamClient iam;
  private final LambdaClient lambda;
  private final SnsClient sns;
  private String topicArn = "";

  /// @param progress gets a line for each step
  DemoPipeline(URI endpoint, Config config, Consumer<String> progress) {
    this.config = config;
    this.progress = progress;
    this.s3 = client(S3Client.builder().forcePathStyle(true), endpoint);
    this.iam = client(IamClient.builder(), endpoint);
    this.lambda = client(LambdaClient.builder(), endpoint);
    this.sns = client(SnsClient.builder(), endpoint);
  }

  private <B extends AwsClientBuilder<B, C> & AwsSyncClientBuilder<B, C>, C> C client(
      B builder, URI endpoint) {
    return builder
        .endpointOverride(endpoint)
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(
                AwsBasicCredentials.create(
                    config.accessKeyId(), config.secretAccessKey().reveal())))
        .httpClient(http)
        .build();
  }

  void provision(byte[] functionZip, int receiverPort) {
    s3.createBucket(r -> r.bucket(BUCKET));
    progress.accept("s3      create-bucket " + BUCKET);

    topicArn = sns.createTopic(r -> r.name(TOPIC)).topicArn();
    progress.accept("sns     create-topic " + TOPIC);

    String roleArn = role();
    progress.accept(
        "iam     create-role " + ROLE + ", allowed to publish to that topic and to write logs");

    String functionArn = function(roleArn, functionZip);
    progress.accept("lambda  create-function " + FUNCTION + " (java25)");

    trigger(functionArn);
    progress.accept(
        "s3      put-bucket-notification-configuration s3:ObjectCreated:* → " + FUNCTION);

    sns.subscribe(r -> r.topicArn(topicArn).protocol("email").endpoint(EMAIL));
    sns.subscribe(r -> r.topicArn(topicArn).protocol("sms").endpoint(PHONE));
    String url = "http://127.0.0.1:" + receiverPort + "/inbox";
    unsubscribeOldReceivers(url);
    sns.subscribe(r -> r.topicArn(topicArn).protocol("http").endpoint(url));
    progress.accept("sns     subscribe " + EMAIL + ", " + PHONE + ", " + url);
  }

  private String role() {
    try {
      iam.createRole(
          r ->
              r.roleName(ROLE)
                  .assumeRolePolicyDocument(
                      """
                      {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
                       "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}\
                      """));
    } catch (EntityAlreadyExistsException _) {
      // a second run
    }
    iam.putRolePolicy(
        r ->
            r.roleName(ROLE)
                .policyName("publish")
                .policyDocument(
                    """
                    {"Version": "2012-10-17", "Statement": [
                      {"Effect": "Allow", "Action": "sns:Publish", "Resource": "%s"},
                      {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}\
                    """
                        .formatted(topicArn)));
    return iam.getRole(r -> r.roleName(ROLE)).role().arn();
  }

  private String function(String roleArn, byte[] zip) {
    try {
      lambda.createFunction(
          r ->
              r.functionName(FUNCTION)
                  .runtime(Runtime.JAVA25)
                  .handler("io.carillon.examples.UploadNotifier::handleRequest")
                  .role(roleArn)
                  .memorySize(512)
                  .timeout(30)
                  .environment(e -> e.variables(Map.of("TOPIC_ARN", topicArn)))
                  .code(c -> c.zipFile(SdkBytes.fromByteArray(zip))));
    } catch (ResourceConflictException _) {
      lambda.updateFunctionCode(r -> r.functionName(FUNCTION).zipFile(SdkBytes.fromByteArray(zip)));
    }
    return lambda
        .waiter()
        .waitUntilFunctionActiveV2(r -> r.functionName(FUNCTION))
        .matched()
        .response()
        .orElseThrow()
        .configuration()
        .functionArn();
  }

  private void trigger(String functionArn) {
    try {
      lambda.addPermission(
          r ->
              r.functionName(FUNCTION)
                  .statementId("s3-trigger")
                  .action("lambda:InvokeFunction")
                  .principal("s3.amazonaws.com")
                  .sourceArn("arn:aws:s3:::" + BUCKET)
                  .sourceAccount(config.accountId().value()));
    } catch (ResourceConflictException _) {
      // a second run
    }
    s3.putBucketNotificationConfiguration(
        r ->
            r.bucket(BUCKET)
                .notificationConfiguration(
                    n ->
                        n.lambdaFunctionConfigurations(
                            LambdaFunctionConfiguration.builder()
                                .lambdaFunctionArn(functionArn)
                                .events(Event.S3_OBJECT_CREATED)
                                .build())));
  }

  /// The receivers of earlier runs are closed; deliveries to them would be retried in vain.
  private void unsubscribeOldReceivers(String current) {
    for (Subscription old : subscriptions()) {
      if (old.protocol().equals("http")
          && !old.endpoint().equals(current)
          && old.subscriptionArn().startsWith("arn:")) {
        sns.unsubscribe(r -> r.subscriptionArn(old.subscriptionArn()));
      }
    }
  }

  boolean allConfirmed() {
    return subscriptions().stream().filter(s -> s.subscriptionArn().startsWith("arn:")).count()
        >= 3;
  }

  private List<Subscription> subscriptions() {
    return sns.listSubscriptionsByTopic(r -> r.topicArn(topicArn)).subscriptions();
  }

  void upload(String key) {
    s3.putObject(
        r -> r.bucket(BUCKET).key(key).contentType("text/plain"),
        RequestBody.fromString("Hello, Carillon.\n"));
  }

  @Override
  public void close() {
    s3.close();
    iam.close();
    lambda.close();
    sns.close();
    http.close();
  }
}
