package io.carillon.acceptance;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.model.Credentials;

/// The AWS SDK's clients for one server, as one caller in one region.
///
/// @param interceptors see every call of the clients
record Clients(
    URI endpoint,
    AwsCredentialsProvider credentials,
    Region region,
    List<ExecutionInterceptor> interceptors) {

  static Clients root(Carillon server) {
    return as(server, "test", "test");
  }

  static Clients as(Carillon server, String accessKeyId, String secretAccessKey) {
    return as(server, AwsBasicCredentials.create(accessKeyId, secretAccessKey));
  }

  static Clients as(Carillon server, Credentials session) {
    return as(
        server,
        AwsSessionCredentials.create(
            session.accessKeyId(), session.secretAccessKey(), session.sessionToken()));
  }

  private static Clients as(Carillon server, AwsCredentials credentials) {
    return new Clients(
        server.endpoint(),
        StaticCredentialsProvider.create(credentials),
        Region.US_EAST_1,
        List.of());
  }

  Clients in(Region other) {
    return new Clients(endpoint, credentials, other, interceptors);
  }

  Clients interceptedBy(ExecutionInterceptor witness) {
    return new Clients(endpoint, credentials, region, List.of(witness));
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
        .overrideConfiguration(c -> c.executionInterceptors(interceptors))
        .httpClientBuilder(
            UrlConnectionHttpClient.builder()
                .connectionTimeout(Duration.ofSeconds(10))
                .socketTimeout(Duration.ofSeconds(60)))
        .build();
  }
}
