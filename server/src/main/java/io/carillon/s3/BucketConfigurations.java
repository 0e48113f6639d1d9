package io.carillon.s3;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.aws.Operations;
import io.carillon.base.Arn;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.S3Error;
import io.carillon.store.Database;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.s3.model.BucketAbacStatus;
import software.amazon.awssdk.services.s3.model.BucketAccelerateStatus;
import software.amazon.awssdk.services.s3.model.DeleteBucketAnalyticsConfigurationRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketCorsRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketCorsResponse;
import software.amazon.awssdk.services.s3.model.DeleteBucketEncryptionRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketEncryptionResponse;
import software.amazon.awssdk.services.s3.model.DeleteBucketIntelligentTieringConfigurationRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketInventoryConfigurationRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketLifecycleRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketLifecycleResponse;
import software.amazon.awssdk.services.s3.model.DeleteBucketMetricsConfigurationRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketReplicationRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketReplicationResponse;
import software.amazon.awssdk.services.s3.model.DeleteBucketWebsiteRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketWebsiteResponse;
import software.amazon.awssdk.services.s3.model.EncryptionType;
import software.amazon.awssdk.services.s3.model.GetBucketAbacRequest;
import software.amazon.awssdk.services.s3.model.GetBucketAbacResponse;
import software.amazon.awssdk.services.s3.model.GetBucketAccelerateConfigurationRequest;
import software.amazon.awssdk.services.s3.model.GetBucketAccelerateConfigurationResponse;
import software.amazon.awssdk.services.s3.model.GetBucketAnalyticsConfigurationRequest;
import software.amazon.awssdk.services.s3.model.GetBucketCorsRequest;
import software.amazon.awssdk.services.s3.model.GetBucketEncryptionRequest;
import software.amazon.awssdk.services.s3.model.GetBucketEncryptionResponse;
import software.amazon.awssdk.services.s3.model.GetBucketIntelligentTieringConfigurationRequest;
import software.amazon.awssdk.services.s3.model.GetBucketInventoryConfigurationRequest;
import software.amazon.awssdk.services.s3.model.GetBucketLifecycleConfigurationRequest;
import software.amazon.awssdk.services.s3.model.GetBucketLoggingRequest;
import software.amazon.awssdk.services.s3.model.GetBucketLoggingResponse;
import software.amazon.awssdk.services.s3.model.GetBucketMetricsConfigurationRequest;
import software.amazon.awssdk.services.s3.model.GetBucketReplicationRequest;
import software.amazon.awssdk.services.s3.model.GetBucketRequestPaymentRequest;
import software.amazon.awssdk.services.s3.model.GetBucketRequestPaymentResponse;
import software.amazon.awssdk.services.s3.model.GetBucketWebsiteRequest;
import software.amazon.awssdk.services.s3.model.GetObjectLegalHoldRequest;
import software.amazon.awssdk.services.s3.model.GetObjectLockConfigurationRequest;
import software.amazon.awssdk.services.s3.model.GetObjectRetentionRequest;
import software.amazon.awssdk.services.s3.model.ListBucketAnalyticsConfigurationsRequest;
import software.amazon.awssdk.services.s3.model.ListBucketAnalyticsConfigurationsResponse;
import software.amazon.awssdk.services.s3.model.ListBucketIntelligentTieringConfigurationsRequest;
import software.amazon.awssdk.services.s3.model.ListBucketIntelligentTieringConfigurationsResponse;
import software.amazon.awssdk.services.s3.model.ListBucketInventoryConfigurationsRequest;
import software.amazon.awssdk.services.s3.model.ListBucketInventoryConfigurationsResponse;
import software.amazon.awssdk.services.s3.model.ListBucketMetricsConfigurationsRequest;
import software.amazon.awssdk.services.s3.model.ListBucketMetricsConfigurationsResponse;
import software.amazon.awssdk.services.s3.model.Payer;
import software.amazon.awssdk.services.s3.model.PutBucketAbacRequest;
import software.amazon.awssdk.services.s3.model.PutBucketAbacResponse;
import software.amazon.awssdk.services.s3.model.PutBucketAccelerateConfigurationRequest;
import software.amazon.awssdk.services.s3.model.PutBucketAccelerateConfigurationResponse;
import software.amazon.awssdk.services.s3.model.PutBucketAnalyticsConfigurationRequest;
import software.amazon.awssdk.services.s3.model.PutBucketCorsRequest;
import software.amazon.awssdk.services.s3.model.PutBucketEncryptionRequest;
import software.amazon.awssdk.services.s3.model.PutBucketEncryptionResponse;
import software.amazon.awssdk.services.s3.model.PutBucketIntelligentTieringConfigurationRequest;
import software.amazon.awssdk.services.s3.model.PutBucketInventoryConfigurationRequest;
import software.amazon.awssdk.services.s3.model.PutBucketLifecycleConfigurationRequest;
import software.amazon.awssdk.services.s3.model.PutBucketLoggingRequest;
import software.amazon.awssdk.services.s3.model.PutBucketLoggingResponse;
import software.amazon.awssdk.services.s3.model.PutBucketMetricsConfigurationRequest;
import software.amazon.awssdk.services.s3.model.PutBucketReplicationRequest;
import software.amazon.awssdk.services.s3.model.PutBucketRequestPaymentRequest;
import software.amazon.awssdk.services.s3.model.PutBucketRequestPaymentResponse;
import software.amazon.awssdk.services.s3.model.PutBucketWebsiteRequest;
import software.amazon.awssdk.services.s3.model.PutObjectLegalHoldRequest;
import software.amazon.awssdk.services.s3.model.PutObjectLockConfigurationRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRetentionRequest;
import software.amazon.awssdk.services.s3.model.S3Request;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;
import software.amazon.awssdk.services.s3.model.ServerSideEncryptionConfiguration;
import software.amazon.awssdk.services.s3.model.ServerSideEncryptionRule;

/// The bucket configurations that are not implemented. Reading one returns what a new bucket on AWS
/// returns, since tools that manage buckets read all of them. Putting the default and deleting a
/// missing configuration succeed. Putting anything else is NotImplemented with the name of the
/// feature, so that no caller believes that it works.
///
/// Sources: the pages of the operations under https://docs.aws.amazon.com/AmazonS3/latest/API/, and
/// for the actions
/// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
final class BucketConfigurations {
  private static final String REMARK = "as a new bucket: nothing else can be put";

  private final Database database;
  private final Buckets buckets;
  private final Operations operations;

  private BucketConfigurations(Database database, Buckets buckets, Operations operations) {
    this.database = database;
    this.buckets = buckets;
    this.operations = operations;
  }

  static void mount(Database database, Buckets buckets, Operations operations) {
    BucketConfigurations all = new BucketConfigurations(database, buckets, operations);
    all.mountNotFound();
    all.mountFixed();
    all.mountLists();
    all.mountObjectLock();
  }

  /// Configurations that a new bucket does not have.
  private void mountNotFound() {
    notFound(GetBucketCorsRequest.class, "GetBucketCORS", S3Error.NO_SUCH_CORS_CONFIGURATION);
    unsupported(PutBucketCorsRequest.class, "PutBucketCORS", "CORS");
    deletesNothing(
        DeleteBucketCorsRequest.class, "PutBucketCORS", DeleteBucketCorsResponse.builder()::build);

    notFound(
        GetBucketLifecycleConfigurationRequest.class,
        "GetLifecycleConfiguration",
        S3Error.NO_SUCH_LIFECYCLE_CONFIGURATION);
    unsupported(
        PutBucketLifecycleConfigurationRequest.class,
        "PutLifecycleConfiguration",
        "Lifecycle configuration");
    deletesNothing(
        DeleteBucketLifecycleRequest.class,
        "PutLifecycleConfiguration",
        DeleteBucketLifecycleResponse.builder()::build);

    notFound(
        GetBucketReplicationRequest.class,
        "GetReplicationConfiguration",
        S3Error.REPLICATION_CONFIGURATION_NOT_FOUND);
    unsupported(PutBucketReplicationRequest.class, "PutReplicationConfiguration", "Replication");
    deletesNothing(
        DeleteBucketReplicationRequest.class,
        "PutReplicationConfiguration",
        DeleteBucketReplicationResponse.builder()::build);

    notFound(
        GetBucketWebsiteRequest.class, "GetBucketWebsite", S3Error.NO_SUCH_WEBSITE_CONFIGURATION);
    unsupported(PutBucketWebsiteRequest.class, "PutBucketWebsite", "Website hosting");
    deletesNothing(
        DeleteBucketWebsiteRequest.class,
        "DeleteBucketWebsite",
        DeleteBucketWebsiteResponse.builder()::build);

    notFound(
        GetObjectLockConfigurationRequest.class,
        "GetBucketObjectLockConfiguration",
        S3Error.OBJECT_LOCK_CONFIGURATION_NOT_FOUND);
    unsupported(
        PutObjectLockConfigurationRequest.class, "PutBucketObjectLockConfiguration", "Object Lock");
  }

  /// Configurations that every bucket has with a default value.
  private void mountFixed() {
    fixed(
        GetBucketLoggingRequest.class,
        "GetBucketLogging",
        GetBucketLoggingResponse.builder()::build);
    acceptsDefault(
        PutBucketLoggingRequest.class,
        "PutBucketLogging",
        "Server access logging",
        r -> r.bucketLoggingStatus() != null && r.bucketLoggingStatus().loggingEnabled() == null,
        PutBucketLoggingResponse.builder()::build);

    fixed(
        GetBucketRequestPaymentRequest.class,
        "GetBucketRequestPayment",
        GetBucketRequestPaymentResponse.builder().payer(Payer.BUCKET_OWNER)::build);
    acceptsDefault(
        PutBucketRequestPaymentRequest.class,
        "PutBucketRequestPayment",
        "Requester Pays",
        r ->
            r.requestPaymentConfiguration() != null
                && r.requestPaymentConfiguration().payer() == Payer.BUCKET_OWNER,
        PutBucketRequestPaymentResponse.builder()::build);

    fixed(
        GetBucketAccelerateConfigurationRequest.class,
        "GetAccelerateConfiguration",
        GetBucketAccelerateConfigurationResponse.builder()::build);
    acceptsDefault(
        PutBucketAccelerateConfigurationRequest.class,
        "PutAccelerateConfiguration",
        "Transfer Acceleration",
        r ->
            r.accelerateConfiguration() != null
                && r.accelerateConfiguration().status() == BucketAccelerateStatus.SUSPENDED,
        PutBucketAccelerateConfigurationResponse.builder()::build);

    fixed(
        GetBucketEncryptionRequest.class,
        "GetEncryptionConfiguration",
        GetBucketEncryptionResponse.builder()
                .serverSideEncryptionConfiguration(
                    c ->
                        c.rules(
                            ServerSideEncryptionRule.builder()
                                .applyServerSideEncryptionByDefault(
                                    d -> d.sseAlgorithm(ServerSideEncryption.AES256))
                                .bucketKeyEnabled(false)
                                .blockedEncryptionTypes(t -> t.encryptionType(EncryptionType.SSE_C))
                                .build()))
            ::build);
    acceptsDefault(
        PutBucketEncryptionRequest.class,
        "PutEncryptionConfiguration",
        "Encryption other than with the keys of S3 (AES256)",
        r -> isDefaultEncryption(r.serverSideEncryptionConfiguration()),
        PutBucketEncryptionResponse.builder()::build);
    deletesNothing(
        DeleteBucketEncryptionRequest.class,
        "PutEncryptionConfiguration",
        DeleteBucketEncryptionResponse.builder()::build);

    fixed(
        GetBucketAbacRequest.class,
        "GetBucketAbac",
        GetBucketAbacResponse.builder().abacStatus(s -> s.status(BucketAbacStatus.DISABLED))
            ::build);
    acceptsDefault(
        PutBucketAbacRequest.class,
        "PutBucketAbac",
        "Attribute-based access control by the tags of buckets",
        r -> r.abacStatus() != null && r.abacStatus().status() == BucketAbacStatus.DISABLED,
        PutBucketAbacResponse.builder()::build);
  }

  /// Configurations that a bucket can have several of; here it has none.
  private void mountLists() {
    fixed(
        ListBucketAnalyticsConfigurationsRequest.class,
        "GetAnalyticsConfiguration",
        ListBucketAnalyticsConfigurationsResponse.builder().isTruncated(false)::build);
    notFound(
        GetBucketAnalyticsConfigurationRequest.class,
        "GetAnalyticsConfiguration",
        S3Error.NO_SUCH_CONFIGURATION);
    unsupported(
        PutBucketAnalyticsConfigurationRequest.class,
        "PutAnalyticsConfiguration",
        "Storage class analysis");
    notFound(
        DeleteBucketAnalyticsConfigurationRequest.class,
        "PutAnalyticsConfiguration",
        S3Error.NO_SUCH_CONFIGURATION);

    fixed(
        ListBucketIntelligentTieringConfigurationsRequest.class,
        "GetIntelligentTieringConfiguration",
        ListBucketIntelligentTieringConfigurationsResponse.builder().isTruncated(false)::build);
    notFound(
        GetBucketIntelligentTieringConfigurationRequest.class,
        "GetIntelligentTieringConfiguration",
        S3Error.NO_SUCH_CONFIGURATION);
    unsupported(
        PutBucketIntelligentTieringConfigurationRequest.class,
        "PutIntelligentTieringConfiguration",
        "Archive tiers of S3 Intelligent-Tiering");
    notFound(
        DeleteBucketIntelligentTieringConfigurationRequest.class,
        "PutIntelligentTieringConfiguration",
        S3Error.NO_SUCH_CONFIGURATION);

    fixed(
        ListBucketInventoryConfigurationsRequest.class,
        "GetInventoryConfiguration",
        ListBucketInventoryConfigurationsResponse.builder().isTruncated(false)::build);
    notFound(
        GetBucketInventoryConfigurationRequest.class,
        "GetInventoryConfiguration",
        S3Error.NO_SUCH_CONFIGURATION);
    unsupported(
        PutBucketInventoryConfigurationRequest.class, "PutInventoryConfiguration", "S3 Inventory");
    notFound(
        DeleteBucketInventoryConfigurationRequest.class,
        "PutInventoryConfiguration",
        S3Error.NO_SUCH_CONFIGURATION);

    fixed(
        ListBucketMetricsConfigurationsRequest.class,
        "GetMetricsConfiguration",
        ListBucketMetricsConfigurationsResponse.builder().isTruncated(false)::build);
    notFound(
        GetBucketMetricsConfigurationRequest.class,
        "GetMetricsConfiguration",
        S3Error.NO_SUCH_CONFIGURATION);
    unsupported(
        PutBucketMetricsConfigurationRequest.class, "PutMetricsConfiguration", "Request metrics");
    notFound(
        DeleteBucketMetricsConfigurationRequest.class,
        "PutMetricsConfiguration",
        S3Error.NO_SUCH_CONFIGURATION);
  }

  /// Properties that only objects in buckets with Object Lock have.
  private void mountObjectLock() {
    objectLock(GetObjectLegalHoldRequest.class, "GetObjectLegalHold");
    objectLock(PutObjectLegalHoldRequest.class, "PutObjectLegalHold");
    objectLock(GetObjectRetentionRequest.class, "GetObjectRetention");
    objectLock(PutObjectRetentionRequest.class, "PutObjectRetention");
  }

  private <I extends S3Request> void objectLock(Class<I> input, String action) {
    operations.remark(input, "no bucket has Object Lock");
    operations.needing(
        input,
        (_, r) ->
            List.<Need>of(
                Need.of(
                    "s3:" + action,
                    Arn.object(bucket(r), r.getValueForField("Key", String.class).orElseThrow()))),
        (caller, r) -> {
          requireBucket(caller, r);
          throw S3Error.INVALID_REQUEST.because("Bucket is missing Object Lock Configuration");
        });
  }

  /// Whether the configuration is one rule with AES256. Bucket keys only save KMS calls, and
  /// customer-provided keys (SSE-C) are refused whether they are blocked or not.
  private static boolean isDefaultEncryption(ServerSideEncryptionConfiguration given) {
    if (given == null || given.rules().size() != 1) {
      return false;
    }
    ServerSideEncryptionRule rule = given.rules().getFirst();
    boolean blocksOthers =
        rule.blockedEncryptionTypes() == null
            || rule.blockedEncryptionTypes().encryptionType().equals(List.of(EncryptionType.SSE_C));
    return blocksOthers
        && (rule.applyServerSideEncryptionByDefault() == null
            || (rule.applyServerSideEncryptionByDefault().sseAlgorithm()
                    == ServerSideEncryption.AES256
                && rule.applyServerSideEncryptionByDefault().kmsMasterKeyID() == null));
  }

  private <I extends S3Request> void notFound(Class<I> input, String action, S3Error missing) {
    mount(
        input,
        action,
        r -> {
          throw missing.with("BucketName", bucket(r));
        });
  }

  private <I extends S3Request> void fixed(
      Class<I> input, String action, Supplier<? extends SdkPojo> response) {
    mount(input, action, _ -> response.get());
  }

  /// Deletes a configuration that does not exist.
  private <I extends S3Request> void deletesNothing(
      Class<I> input, String action, Supplier<? extends SdkPojo> response) {
    mount(input, action, _ -> response.get());
  }

  private <I extends S3Request> void acceptsDefault(
      Class<I> input,
      String action,
      String feature,
      Predicate<I> isDefault,
      Supplier<? extends SdkPojo> response) {
    mount(
        input,
        action,
        r -> {
          if (!isDefault.test(r)) {
            throw notImplemented(feature);
          }
          return response.get();
        });
  }

  private <I extends S3Request> void unsupported(Class<I> input, String action, String feature) {
    mount(
        input,
        action,
        _ -> {
          throw notImplemented(feature);
        });
  }

  private static AwsException notImplemented(String feature) {
    return S3Error.NOT_IMPLEMENTED.because(feature + " is not implemented.");
  }

  private <I extends S3Request> void mount(
      Class<I> input, String action, Function<I, SdkPojo> run) {
    operations.remark(input, REMARK);
    operations.needing(
        input,
        (_, r) -> List.<Need>of(Permissions.onBucket(action, bucket(r))),
        (caller, r) -> {
          requireBucket(caller, r);
          return run.apply(r);
        });
  }

  private void requireBucket(Caller caller, S3Request r) {
    database.read(
        s ->
            buckets.require(
                s,
                caller,
                bucket(r),
                r.getValueForField("ExpectedBucketOwner", String.class).orElse(null)));
  }

  private static String bucket(S3Request r) {
    return r.getValueForField("Bucket", String.class).orElseThrow();
  }
}
