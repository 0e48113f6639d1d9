package io.carillon.acceptance;

import java.net.URI;
import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sts.StsClient;

/// The AWS SDK's clients for one server, as one caller in one region.
record Clients(URI endpoint, AwsCredentialsProvider credentials, Region region) {

  static Clients root(Carillon server) {
    return as(server, "test", "test");
  }

  static Clients as(Carillon server, String accessKeyId, String secretAccessKey) {
    return new Clients(
        server.endpoint(),
        StaticCredentialsProvider.create(AwsBasicCredentials.create(accessKeyId, secretAccessKey)),
        Region.US_EAST_1);
  }

  Clients in(Region other) {
    return new Clients(endpoint, credentials, other);
  }

  S3Client s3() {
    return build(S3Client.builder().forcePathStyle(true));
  }

  SnsClient sns() {
    return build(SnsClient.builder());
  }

  SqsClient sqs() {
    return build(SqsClient.builder());
  }

  LambdaClient lambda() {
    return build(LambdaClient.builder());
  }

  IamClient iam() {
    return build(IamClient.builder());
  }

  StsClient sts() {
    return build(StsClient.builder());
  }

  CloudWatchLogsClient logs() {
    return build(CloudWatchLogsClient.builder());
  }

  private <B extends AwsClientBuilder<B, C> & AwsSyncClientBuilder<B, C>, C> C build(B builder) {
    return builder
        .endpointOverride(endpoint)
        .credentialsProvider(credentials)
        .region(region)
        .httpClientBuilder(
            UrlConnectionHttpClient.builder()
                .connectionTimeout(Duration.ofSeconds(10))
                .socketTimeout(Duration.ofSeconds(60)))
        .build();
  }
}
