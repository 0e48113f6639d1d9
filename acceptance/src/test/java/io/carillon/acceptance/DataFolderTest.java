package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedMultipartUpload;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.ListPartsResponse;
import software.amazon.awssdk.services.s3.model.ObjectVersion;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sns.model.Subscription;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/// A data folder that commit 9a1c3ca wrote, over two starts and two kills, opens: everything that
/// outlives a retention period is there and works.
class DataFolderTest {
  private static final String ACCOUNT = "000000000000";

  @TempDir static Path folder;
  private static Carillon server;
  private static Clients root;

  @BeforeAll
  static void start() throws Exception {
    try (InputStream found = DataFolderTest.class.getResourceAsStream("/data-9a1c3ca.zip");
        ZipInputStream zip = new ZipInputStream(found)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Path file = folder.resolve(entry.getName());
        Files.createDirectories(file.getParent());
        Files.copy(zip, file);
      }
    }
    server = Carillon.start(folder, "--retry-time-scale", "0.01");
    root = Clients.root(server);
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void objectsAndVersionsAreUnchanged() {
    try (S3Client s3 = root.s3()) {
      byte[] large = new byte[200_000];
      for (int i = 0; i < large.length; i++) {
        large[i] = (byte) (i % 251);
      }
      assertThat(read(s3, "uploads", "large.bin")).isEqualTo(large);
      assertThat(new String(read(s3, "uploads", "a/later.txt"), StandardCharsets.UTF_8))
          .isEqualTo("three");
      List<ObjectVersion> versions =
          s3.listObjectVersions(r -> r.bucket("uploads").prefix("a/small.txt")).versions();
      assertThat(versions).hasSize(2);
      assertThat(
              s3.getObjectAsBytes(
                      r ->
                          r.bucket("uploads")
                              .key("a/small.txt")
                              .versionId(versions.getLast().versionId()))
                  .asUtf8String())
          .isEqualTo("one");
      assertThat(s3.headObject(r -> r.bucket("uploads").key("a/small.txt")).metadata()).isEmpty();
      assertThat(s3.getBucketTagging(r -> r.bucket("uploads")).tagSet()).hasSize(1);
      assertThat(
              s3.getBucketNotificationConfiguration(r -> r.bucket("uploads"))
                  .lambdaFunctionConfigurations())
          .hasSize(1);
    }
  }

  @Test
  void unfinishedMultipartUploadsCanBeCompleted() {
    try (S3Client s3 = root.s3()) {
      String upload =
          s3.listMultipartUploads(r -> r.bucket("uploads")).uploads().getFirst().uploadId();
      ListPartsResponse parts =
          s3.listParts(r -> r.bucket("uploads").key("parts.bin").uploadId(upload));
      s3.completeMultipartUpload(
          r ->
              r.bucket("uploads")
                  .key("parts.bin")
                  .uploadId(upload)
                  .multipartUpload(
                      CompletedMultipartUpload.builder()
                          .parts(
                              CompletedPart.builder()
                                  .partNumber(1)
                                  .eTag(parts.parts().getFirst().eTag())
                                  .build())
                          .build()));
      assertThat(read(s3, "uploads", "parts.bin")).hasSize(100_000).containsOnly('p');
    }
  }

  /// A bucket older than public access blocks stays as public as its policy made it.
  @Test
  void publicBucketsStayPublic() throws Exception {
    assertThat(server.get("/public/page.txt").body()).isEqualTo("for all");
  }

  @Test
  void identitiesAccountsAndPoliciesWork() {
    Clients ann =
        Clients.as(server, "AKIACRMQLYRJX6GHLG64", "E09v7xy6LfCOnnYv5ZfWurneZzgk6cvIBhv5lfMx");
    try (S3Client s3 = ann.s3()) {
      assertThat(read(s3, "uploads", "a/later.txt")).hasSize(5);
      assertThat(s3.listObjectsV2(r -> r.bucket("uploads")).contents()).isNotEmpty();
      assertThatThrownBy(
              () -> s3.putObject(r -> r.bucket("uploads").key("x"), RequestBody.fromString("x")))
          .isInstanceOfSatisfying(
              S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(403));
    }
    Clients other =
        Clients.as(server, "AKIAUJCSEBEBIYUWT7OD", "qoHgganXQpAGb1qqe664aOGhGUH2Ah7fsaMZiNf5");
    try (S3Client s3 = other.s3();
        IamClient iam = root.iam()) {
      assertThat(s3.listBuckets().buckets()).isEmpty();
      assertThat(iam.getRole(r -> r.roleName("fn")).role().permissionsBoundary()).isNotNull();
    }
  }

  @Test
  void functionsTopicsAndQueuesWork() {
    try (LambdaClient lambda = root.lambda();
        SnsClient sns = root.sns();
        SqsClient sqs = root.sqs()) {
      Requirements.program("python3", "--version");
      assertThat(
              lambda
                  .invoke(
                      r ->
                          r.functionName("ingest")
                              .qualifier("live")
                              .payload(SdkBytes.fromUtf8String("{}")))
                  .payload()
                  .asUtf8String())
          .isEqualTo("{\"ok\": true}");
      assertThat(
              sns.listSubscriptionsByTopic(
                      r -> r.topicArn("arn:aws:sns:us-east-1:" + ACCOUNT + ":uploaded"))
                  .subscriptions())
          .extracting(Subscription::protocol)
          .contains("sqs", "email", "sms");
      String queue = sqs.getQueueUrl(r -> r.queueName("inbox")).queueUrl();
      assertThat(
              sqs.getQueueAttributes(r -> r.queueUrl(queue).attributeNames(QueueAttributeName.ALL))
                  .attributes())
          .containsKeys(QueueAttributeName.POLICY, QueueAttributeName.REDRIVE_POLICY);
    }
  }

  @Test
  void everyRowAndBodyIsReadable() throws Exception {
    List<String> tables = new ArrayList<>();
    new ObjectMapper().readTree(server.admin("inspect")).forEach(t -> tables.add(t.asText()));
    assertThat(tables).contains("outbox.shelf", "s3.objects", "iam.identities");
    for (String table : tables) {
      assertThat(new ObjectMapper().readTree(server.admin("inspect?table=" + table)).isArray())
          .as(table)
          .isTrue();
    }
    server.cli("verify").expectSuccess();
    assertThat(server.cli("dead-letters").expectSuccess().output()).contains("function:fails");
  }

  private static byte[] read(S3Client s3, String bucket, String key) {
    return s3.getObjectAsBytes(r -> r.bucket(bucket).key(key)).asByteArray();
  }
}
