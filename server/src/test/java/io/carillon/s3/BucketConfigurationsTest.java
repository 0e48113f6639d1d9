package io.carillon.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.aws.AwsException;
import io.carillon.aws.Need;
import io.carillon.base.Arn;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.s3.model.DeleteBucketEncryptionRequest;
import software.amazon.awssdk.services.s3.model.GetBucketEncryptionRequest;
import software.amazon.awssdk.services.s3.model.GetBucketEncryptionResponse;
import software.amazon.awssdk.services.s3.model.GetBucketRequestPaymentRequest;
import software.amazon.awssdk.services.s3.model.GetBucketRequestPaymentResponse;
import software.amazon.awssdk.services.s3.model.ListBucketInventoryConfigurationsRequest;
import software.amazon.awssdk.services.s3.model.ListBucketInventoryConfigurationsResponse;
import software.amazon.awssdk.services.s3.model.Payer;
import software.amazon.awssdk.services.s3.model.PutBucketAbacRequest;
import software.amazon.awssdk.services.s3.model.PutBucketAccelerateConfigurationRequest;
import software.amazon.awssdk.services.s3.model.PutBucketAnalyticsConfigurationRequest;
import software.amazon.awssdk.services.s3.model.PutBucketCorsRequest;
import software.amazon.awssdk.services.s3.model.PutBucketEncryptionRequest;
import software.amazon.awssdk.services.s3.model.PutBucketIntelligentTieringConfigurationRequest;
import software.amazon.awssdk.services.s3.model.PutBucketInventoryConfigurationRequest;
import software.amazon.awssdk.services.s3.model.PutBucketLifecycleConfigurationRequest;
import software.amazon.awssdk.services.s3.model.PutBucketLoggingRequest;
import software.amazon.awssdk.services.s3.model.PutBucketMetricsConfigurationRequest;
import software.amazon.awssdk.services.s3.model.PutBucketReplicationRequest;
import software.amazon.awssdk.services.s3.model.PutBucketRequestPaymentRequest;
import software.amazon.awssdk.services.s3.model.PutBucketWebsiteRequest;
import software.amazon.awssdk.services.s3.model.PutObjectLockConfigurationRequest;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;
import software.amazon.awssdk.services.s3.model.ServerSideEncryptionRule;
import software.amazon.awssdk.utils.builder.Buildable;

/// Configurations of unsupported features: every bucket responds like a new bucket on AWS.
///
/// Sources: the operations' pages under https://docs.aws.amazon.com/AmazonS3/latest/API/ and, for
/// actions, https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
class BucketConfigurationsTest {
  private final S3Fixture fixture = new S3Fixture();

  @BeforeEach
  void createBucket() {
    fixture.createBucket("bucket");
  }

  /// A request of an operation with only the members that name its target.
  private static SdkPojo request(String operation, String bucket) {
    try {
      SdkPojo builder =
          (SdkPojo)
              Class.forName("software.amazon.awssdk.services.s3.model." + operation + "Request")
                  .getMethod("builder")
                  .invoke(null);
      for (SdkField<?> field : builder.sdkFields()) {
        switch (field.locationName()) {
          case "Bucket" -> field.set(builder, bucket);
          case "id" -> field.set(builder, "one");
          case "Key" -> field.set(builder, "k");
          default -> {}
        }
      }
      return (SdkPojo) ((Buildable) builder).build();
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(operation, e);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GetBucketCors, s3:GetBucketCORS, NoSuchCORSConfiguration",
    "GetBucketLifecycleConfiguration, s3:GetLifecycleConfiguration, NoSuchLifecycleConfiguration",
    "GetBucketReplication, s3:GetReplicationConfiguration, ReplicationConfigurationNotFoundError",
    "GetBucketWebsite, s3:GetBucketWebsite, NoSuchWebsiteConfiguration",
    "GetObjectLockConfiguration, s3:GetBucketObjectLockConfiguration,"
        + " ObjectLockConfigurationNotFoundError",
    "GetBucketAnalyticsConfiguration, s3:GetAnalyticsConfiguration, NoSuchConfiguration",
    "GetBucketIntelligentTieringConfiguration, s3:GetIntelligentTieringConfiguration,"
        + " NoSuchConfiguration",
    "GetBucketInventoryConfiguration, s3:GetInventoryConfiguration, NoSuchConfiguration",
    "GetBucketMetricsConfiguration, s3:GetMetricsConfiguration, NoSuchConfiguration",
    "DeleteBucketAnalyticsConfiguration, s3:PutAnalyticsConfiguration, NoSuchConfiguration",
    "DeleteBucketIntelligentTieringConfiguration, s3:PutIntelligentTieringConfiguration,"
        + " NoSuchConfiguration",
    "DeleteBucketInventoryConfiguration, s3:PutInventoryConfiguration, NoSuchConfiguration",
    "DeleteBucketMetricsConfiguration, s3:PutMetricsConfiguration, NoSuchConfiguration"
  })
  void missingConfigurationsAreNotFound(String operation, String action, String code) {
    assertThat(action(operation)).isEqualTo(action);
    AwsException refused = refused(request(operation, "bucket"));
    assertThat(refused.error().code()).isEqualTo(code);
    assertThat(refused.error().status()).isEqualTo(404);
    assertThat(refused.members()).containsEntry("BucketName", "bucket");
    assertThat(refused(request(operation, "nowhere")).error().code()).isEqualTo("NoSuchBucket");
  }

  @ParameterizedTest
  @CsvSource({
    "GetBucketLogging, s3:GetBucketLogging",
    "GetBucketRequestPayment, s3:GetBucketRequestPayment",
    "GetBucketAccelerateConfiguration, s3:GetAccelerateConfiguration",
    "GetBucketEncryption, s3:GetEncryptionConfiguration",
    "GetBucketAbac, s3:GetBucketAbac",
    "ListBucketAnalyticsConfigurations, s3:GetAnalyticsConfiguration",
    "ListBucketIntelligentTieringConfigurations, s3:GetIntelligentTieringConfiguration",
    "ListBucketInventoryConfigurations, s3:GetInventoryConfiguration",
    "ListBucketMetricsConfigurations, s3:GetMetricsConfiguration",
    "DeleteBucketCors, s3:PutBucketCORS",
    "DeleteBucketEncryption, s3:PutEncryptionConfiguration",
    "DeleteBucketLifecycle, s3:PutLifecycleConfiguration",
    "DeleteBucketReplication, s3:PutReplicationConfiguration",
    "DeleteBucketWebsite, s3:DeleteBucketWebsite"
  })
  void defaultConfigurationsAreReturned(String operation, String action) {
    assertThat(action(operation)).isEqualTo(action);
    assertThat(fixture.<SdkPojo, SdkPojo>call(fixture.alice, request(operation, "bucket")))
        .isNotNull();
    assertThat(refused(request(operation, "nowhere")).error().code()).isEqualTo("NoSuchBucket");
  }

  @Test
  void newBucketsEncryptWithS3ManagedKeys() {
    GetBucketEncryptionResponse read =
        fixture.call(fixture.alice, GetBucketEncryptionRequest.builder().bucket("bucket").build());

    ServerSideEncryptionRule rule = read.serverSideEncryptionConfiguration().rules().getFirst();
    assertThat(rule.applyServerSideEncryptionByDefault().sseAlgorithm())
        .isEqualTo(ServerSideEncryption.AES256);
    assertThat(rule.bucketKeyEnabled()).isFalse();
    fixture.call(
        fixture.alice,
        PutBucketEncryptionRequest.builder()
            .bucket("bucket")
            .serverSideEncryptionConfiguration(read.serverSideEncryptionConfiguration())
            .build());
    fixture.call(fixture.alice, DeleteBucketEncryptionRequest.builder().bucket("bucket").build());
  }

  @Test
  void ownerPaysAndListsAreEmpty() {
    GetBucketRequestPaymentResponse payment =
        fixture.call(
            fixture.alice, GetBucketRequestPaymentRequest.builder().bucket("bucket").build());
    assertThat(payment.payer()).isEqualTo(Payer.BUCKET_OWNER);
    ListBucketInventoryConfigurationsResponse inventories =
        fixture.call(
            fixture.alice,
            ListBucketInventoryConfigurationsRequest.builder().bucket("bucket").build());
    assertThat(inventories.isTruncated()).isFalse();
    assertThat(inventories.inventoryConfigurationList()).isEmpty();
  }

  static Stream<SdkPojo> defaultsCanBePut() {
    return Stream.of(
        PutBucketLoggingRequest.builder().bucket("bucket").bucketLoggingStatus(_ -> {}).build(),
        PutBucketRequestPaymentRequest.builder()
            .bucket("bucket")
            .requestPaymentConfiguration(c -> c.payer(Payer.BUCKET_OWNER))
            .build(),
        PutBucketAccelerateConfigurationRequest.builder()
            .bucket("bucket")
            .accelerateConfiguration(c -> c.status("Suspended"))
            .build(),
        PutBucketEncryptionRequest.builder()
            .bucket("bucket")
            .serverSideEncryptionConfiguration(
                c ->
                    c.rules(
                        ServerSideEncryptionRule.builder()
                            .applyServerSideEncryptionByDefault(d -> d.sseAlgorithm("AES256"))
                            .build()))
            .build(),
        PutBucketAbacRequest.builder()
            .bucket("bucket")
            .abacStatus(s -> s.status("Disabled"))
            .build());
  }

  @ParameterizedTest
  @MethodSource
  void defaultsCanBePut(SdkPojo put) {
    assertThat(fixture.<SdkPojo, SdkPojo>call(fixture.alice, put)).isNotNull();
  }

  static Stream<Arguments> others() {
    return Map.<String, SdkPojo>ofEntries(
            Map.entry(
                "Server access logging",
                PutBucketLoggingRequest.builder()
                    .bucket("bucket")
                    .bucketLoggingStatus(
                        s -> s.loggingEnabled(l -> l.targetBucket("b").targetPrefix("p")))
                    .build()),
            Map.entry(
                "Requester Pays",
                PutBucketRequestPaymentRequest.builder()
                    .bucket("bucket")
                    .requestPaymentConfiguration(c -> c.payer(Payer.REQUESTER))
                    .build()),
            Map.entry(
                "Transfer Acceleration",
                PutBucketAccelerateConfigurationRequest.builder()
                    .bucket("bucket")
                    .accelerateConfiguration(c -> c.status("Enabled"))
                    .build()),
            Map.entry(
                "Encryption",
                PutBucketEncryptionRequest.builder()
                    .bucket("bucket")
                    .serverSideEncryptionConfiguration(
                        c ->
                            c.rules(
                                ServerSideEncryptionRule.builder()
                                    .applyServerSideEncryptionByDefault(
                                        d -> d.sseAlgorithm("aws:kms"))
                                    .build()))
                    .build()),
            Map.entry(
                "access control",
                PutBucketAbacRequest.builder()
                    .bucket("bucket")
                    .abacStatus(s -> s.status("Enabled"))
                    .build()),
            Map.entry("CORS", PutBucketCorsRequest.builder().bucket("bucket").build()),
            Map.entry(
                "Lifecycle",
                PutBucketLifecycleConfigurationRequest.builder().bucket("bucket").build()),
            Map.entry(
                "Replication", PutBucketReplicationRequest.builder().bucket("bucket").build()),
            Map.entry("Website", PutBucketWebsiteRequest.builder().bucket("bucket").build()),
            Map.entry(
                "Object Lock",
                PutObjectLockConfigurationRequest.builder().bucket("bucket").build()),
            Map.entry(
                "Storage class analysis",
                PutBucketAnalyticsConfigurationRequest.builder().bucket("bucket").id("i").build()),
            Map.entry(
                "Intelligent-Tiering",
                PutBucketIntelligentTieringConfigurationRequest.builder()
                    .bucket("bucket")
                    .id("i")
                    .build()),
            Map.entry(
                "Inventory",
                PutBucketInventoryConfigurationRequest.builder().bucket("bucket").id("i").build()),
            Map.entry(
                "metrics",
                PutBucketMetricsConfigurationRequest.builder().bucket("bucket").id("i").build()))
        .entrySet()
        .stream()
        .map(e -> Arguments.of(e.getKey(), e.getValue()));
  }

  @ParameterizedTest
  @MethodSource("others")
  void otherConfigurationsAreRefusedByFeatureName(String feature, SdkPojo put) {
    AwsException refused = refused(put);

    assertThat(refused.error().status()).isEqualTo(501);
    assertThat(refused).hasMessageContaining(feature);
  }

  @Test
  void customerProvidedKeysCannotBeUnblocked() {
    assertThat(
            refused(
                    PutBucketEncryptionRequest.builder()
                        .bucket("bucket")
                        .serverSideEncryptionConfiguration(
                            c ->
                                c.rules(
                                    ServerSideEncryptionRule.builder()
                                        .blockedEncryptionTypes(
                                            t -> t.encryptionTypeWithStrings("NONE"))
                                        .build()))
                        .build())
                .error()
                .status())
        .isEqualTo(501);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GetObjectLegalHold",
        "PutObjectLegalHold",
        "GetObjectRetention",
        "PutObjectRetention"
      })
  void objectLockOperationsAreRefused(String operation) {
    assertThat(fixture.needs(request(operation, "bucket")))
        .containsExactly(Need.of("s3:" + operation, Arn.object("bucket", "k")));
    AwsException refused = refused(request(operation, "bucket"));
    assertThat(refused.error().status()).isEqualTo(400);
    assertThat(refused).hasMessage("Bucket is missing Object Lock Configuration");
    assertThat(refused(request(operation, "nowhere")).error().code()).isEqualTo("NoSuchBucket");
  }

  private String action(String operation) {
    List<Need> needs = fixture.needs(request(operation, "bucket"));
    assertThat(needs).hasSize(1);
    assertThat(needs.getFirst().resource()).isEqualTo("arn:aws:s3:::bucket");
    return needs.getFirst().action();
  }

  private AwsException refused(SdkPojo request) {
    AwsException refused =
        catchThrowableOfType(AwsException.class, () -> fixture.call(fixture.alice, request));
    assertThat(refused).as("%s", request).isNotNull();
    return refused;
  }
}
