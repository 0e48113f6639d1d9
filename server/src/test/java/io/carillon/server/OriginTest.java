package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.Specs;
import io.carillon.aws.sigv4.Signer;
import io.carillon.base.Secret;
import io.carillon.http.Headers;
import io.carillon.http.HttpEngine;
import io.carillon.http.Limits;
import io.carillon.http.RawClient;
import io.carillon.http.Response;
import io.carillon.lambda.DeploymentPackage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sqs.SqsClient;

/// URLs in responses name the host that the client used; URLs sent to others do not.
@Tag("slow")
class OriginTest {
  private final BlockingQueue<String> posts = new LinkedBlockingQueue<>();

  private static <C, B extends AwsClientBuilder<B, C>> C client(B builder, String endpoint) {
    return builder
        .endpointOverride(URI.create(endpoint))
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
        .build();
  }

  @Test
  void queueUrlsNameTheHostOfTheRequestAndAnyHostIsAccepted() throws IOException {
    try (Server server = InMemoryServer.start(Map.of())) {
      for (String host : List.of("127.0.0.1", "localhost")) {
        String origin = "http://" + host + ":" + server.port();
        String url = origin + "/000000000000/q";
        SqsClient sqs = client(SqsClient.builder(), origin);
        assertThat(sqs.createQueue(b -> b.queueName("q")).queueUrl()).isEqualTo(url);
        assertThat(sqs.getQueueUrl(b -> b.queueName("q")).queueUrl()).isEqualTo(url);
        assertThat(sqs.listQueues().queueUrls()).containsExactly(url);
        String elsewhere = "http://elsewhere.example:1/000000000000/q";
        sqs.sendMessage(b -> b.queueUrl(elsewhere).messageBody("m"));
      }
    }
  }

  @Test
  void theLocationOfAnUploadNamesTheHostOfTheRequest() throws IOException {
    try (Server server = InMemoryServer.start(Map.of())) {
      String origin = "http://localhost:" + server.port();
      S3Client s3 = client(S3Client.builder().forcePathStyle(true), origin);
      s3.createBucket(b -> b.bucket("bucket"));
      String id = s3.createMultipartUpload(b -> b.bucket("bucket").key("k")).uploadId();
      String etag =
          s3.uploadPart(
                  b -> b.bucket("bucket").key("k").uploadId(id).partNumber(1),
                  RequestBody.fromString("x"))
              .eTag();
      CompletedPart part = CompletedPart.builder().partNumber(1).eTag(etag).build();
      assertThat(
              s3.completeMultipartUpload(
                      b ->
                          b.bucket("bucket")
                              .key("k")
                              .uploadId(id)
                              .multipartUpload(m -> m.parts(part)))
                  .location())
          .isEqualTo(origin + "/bucket/k");
    }
  }

  @Test
  void codeLinksNameTheHostOfTheRequest() throws IOException {
    try (Server server = InMemoryServer.start(Map.of())) {
      String role =
          client(IamClient.builder(), "http://127.0.0.1:" + server.port())
              .createRole(
                  b ->
                      b.roleName("role")
                          .assumeRolePolicyDocument(
                              """
                              {"Version": "2012-10-17", "Statement": {"Effect": "Allow",
                               "Action": "sts:AssumeRole",
                               "Principal": {"Service": "lambda.amazonaws.com"}}}
                              """))
              .role()
              .arn();
      for (String host : List.of("127.0.0.1", "localhost")) {
        String origin = "http://" + host + ":" + server.port();
        LambdaClient lambda = client(LambdaClient.builder(), origin);
        String name = host.replace('.', '-');
        lambda.createFunction(
            b ->
                b.functionName(name)
                    .role(role)
                    .runtime("provided.al2023")
                    .handler("h")
                    .code(
                        c -> c.zipFile(SdkBytes.fromByteArray(DeploymentPackage.doingNothing()))));
        assertThat(lambda.getFunction(b -> b.functionName(name)).code().location())
            .startsWith(origin + "/");
      }
    }
  }

  /// A proxy that terminates TLS forwards the public host name over plain HTTP.
  @Test
  void requestsToThePublicUrlAreAnsweredWithIt() throws IOException {
    try (Server server = InMemoryServer.start(Map.of("public-url", "https://aws.example.org/"))) {
      assertThat(createQueue(server, "AWS.example.org"))
          .contains("<QueueUrl>https://aws.example.org/000000000000/q</QueueUrl>");
      assertThat(createQueue(server, "127.0.0.1:" + server.port()))
          .contains("<QueueUrl>http://127.0.0.1:" + server.port() + "/000000000000/q</QueueUrl>");
    }
  }

  @Test
  void invalidHostsAreNotEchoed() throws IOException {
    try (Server server =
        InMemoryServer.start(
            Map.of("access-key-id", "AKIDOFTHISTEST", "secret-access-key", "secretofthistest"))) {
      assertThat(createQueue(server, "&'$x"))
          .contains("<QueueUrl>" + server.endpoint() + "/000000000000/q</QueueUrl>");
    }
  }

  private static String createQueue(Server server, String host) throws IOException {
    String body = "Action=CreateQueue&Version=2012-11-05&QueueName=q";
    URI uri = URI.create("http://127.0.0.1/");
    Headers fields =
        new Headers().add("Host", host).add("Content-Type", "application/x-www-form-urlencoded");
    boolean usual = !host.contains("&");
    Headers signed =
        new Signer(
                usual ? "test" : "AKIDOFTHISTEST",
                new Secret(usual ? "test" : "secretofthistest"),
                Optional.empty(),
                io.carillon.base.Region.US_EAST_1,
                Specs.of("sqs"),
                Clock.systemUTC())
            .sign("POST", uri, fields, body.getBytes(StandardCharsets.UTF_8));
    StringBuilder request =
        new StringBuilder("POST / HTTP/1.1\r\nContent-Length: " + body.length());
    fields.forEach((name, value) -> request.append("\r\n" + name + ": " + value));
    signed.forEach((name, value) -> request.append("\r\n" + name + ": " + value));
    try (RawClient client = RawClient.connect(server.port())) {
      return client.send(request + "\r\n\r\n" + body).answer().text();
    }
  }

  @Test
  void deliveriesNameTheServersOwnAddressWhateverTheHostOfTheRequest() throws Exception {
    try (HttpEngine subscriber =
            HttpEngine.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Limits.standard(),
                request -> {
                  posts.add(new String(request.body().readAll(1 << 20), StandardCharsets.UTF_8));
                  return Response.of(200);
                });
        Server server = InMemoryServer.start(Map.of())) {
      SnsClient sns = client(SnsClient.builder(), "http://localhost:" + server.port());
      String topic = sns.createTopic(b -> b.name("t")).topicArn();
      sns.subscribe(
          b ->
              b.topicArn(topic)
                  .protocol("http")
                  .endpoint("http://127.0.0.1:" + subscriber.port() + "/"));
      String post = String.valueOf(posts.poll(60, TimeUnit.SECONDS));
      assertThat(post)
          .contains("\"SubscribeURL\" : \"" + server.endpoint())
          .contains("\"SigningCertURL\" : \"" + server.endpoint())
          .doesNotContain("localhost");
    }
  }
}
