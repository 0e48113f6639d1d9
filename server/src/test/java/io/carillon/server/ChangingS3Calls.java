package io.carillon.server;

import io.carillon.server.RaceServer.Clients;
import java.util.List;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.BucketVersioningStatus;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.ObjectOwnership;
import software.amazon.awssdk.services.s3.model.OwnershipControlsRule;
import software.amazon.awssdk.services.s3.model.S3Error;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.Tag;
import software.amazon.awssdk.services.s3.model.Tagging;

/// The changing requests of S3, on buckets that [#on] makes.
@SuppressWarnings("unchecked") // the SDK takes builders as varargs
final class ChangingS3Calls {
  private static final String BUCKET = "bucket";
  private static final String EMPTY = "empty-bucket";
  private static final Tagging TAGS =
      Tagging.builder().tagSet(Tag.builder().key("a").value("b").build()).build();

  private ChangingS3Calls() {}

  static List<ChangingCalls> on(RaceServer server) {
    server.s3.createBucket(b -> b.bucket(BUCKET));
    server.s3.createBucket(b -> b.bucket(EMPTY));
    server.s3.putObject(
        b -> b.bucket(BUCKET).key("object").tagging(TAGS), RequestBody.fromString("x"));
    String upload = server.s3.createMultipartUpload(b -> b.bucket(BUCKET).key("large")).uploadId();
    String etag =
        server
            .s3
            .uploadPart(
                b -> b.bucket(BUCKET).key("large").uploadId(upload).partNumber(1),
                RequestBody.fromString("part"))
            .eTag();
    ChangingCalls calls = ChangingCalls.of("s3");
    addBuckets(calls);
    addObjects(calls);
    addUploads(calls, upload, etag);
    return List.of(calls);
  }

  private static void addBuckets(ChangingCalls calls) {
    calls
        .with("CreateBucket", c -> c.s3().createBucket(b -> b.bucket("new-bucket")))
        .with("DeleteBucket", c -> c.s3().deleteBucket(b -> b.bucket(EMPTY)))
        .with("PutBucketTagging", c -> c.s3().putBucketTagging(b -> b.bucket(BUCKET).tagging(TAGS)))
        .with("DeleteBucketTagging", c -> c.s3().deleteBucketTagging(b -> b.bucket(BUCKET)))
        .with(
            "PutBucketPolicy",
            c ->
                c.s3()
                    .putBucketPolicy(
                        b ->
                            b.bucket(BUCKET)
                                .policy(
                                    """
                                    {"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*",
                                     "Action":"s3:DeleteBucket","Resource":"arn:aws:s3:::bucket"}}
                                    """)))
        .with("DeleteBucketPolicy", c -> c.s3().deleteBucketPolicy(b -> b.bucket(BUCKET)))
        .with(
            "PutPublicAccessBlock",
            c ->
                c.s3()
                    .putPublicAccessBlock(
                        b ->
                            b.bucket(BUCKET)
                                .publicAccessBlockConfiguration(p -> p.blockPublicPolicy(true))))
        .with("DeletePublicAccessBlock", c -> c.s3().deletePublicAccessBlock(b -> b.bucket(BUCKET)))
        .with(
            "PutBucketOwnershipControls",
            c ->
                c.s3()
                    .putBucketOwnershipControls(
                        b ->
                            b.bucket(BUCKET)
                                .ownershipControls(
                                    o ->
                                        o.rules(
                                            OwnershipControlsRule.builder()
                                                .objectOwnership(ObjectOwnership.OBJECT_WRITER)
                                                .build()))))
        .with(
            "DeleteBucketOwnershipControls",
            c -> c.s3().deleteBucketOwnershipControls(b -> b.bucket(BUCKET)))
        .with(
            "PutBucketVersioning",
            c ->
                c.s3()
                    .putBucketVersioning(
                        b ->
                            b.bucket(BUCKET)
                                .versioningConfiguration(
                                    v -> v.status(BucketVersioningStatus.ENABLED))))
        .with(
            "PutBucketNotificationConfiguration",
            c ->
                c.s3()
                    .putBucketNotificationConfiguration(
                        b ->
                            b.bucket(BUCKET)
                                .notificationConfiguration(
                                    n -> n.eventBridgeConfiguration(e -> {}))))
        .without(
            "access control lists are fixed; only the default is accepted",
            "PutBucketAcl",
            "PutObjectAcl")
        .without(
            "a configuration that no bucket has, or only its default",
            "DeleteBucketAnalyticsConfiguration",
            "DeleteBucketCors",
            "DeleteBucketEncryption",
            "DeleteBucketIntelligentTieringConfiguration",
            "DeleteBucketInventoryConfiguration",
            "DeleteBucketLifecycle",
            "DeleteBucketMetricsConfiguration",
            "DeleteBucketReplication",
            "DeleteBucketWebsite",
            "PutBucketAbac",
            "PutBucketAccelerateConfiguration",
            "PutBucketAnalyticsConfiguration",
            "PutBucketCors",
            "PutBucketEncryption",
            "PutBucketIntelligentTieringConfiguration",
            "PutBucketInventoryConfiguration",
            "PutBucketLifecycleConfiguration",
            "PutBucketLogging",
            "PutBucketMetricsConfiguration",
            "PutBucketReplication",
            "PutBucketRequestPayment",
            "PutBucketWebsite",
            "PutObjectLegalHold",
            "PutObjectLockConfiguration",
            "PutObjectRetention");
  }

  private static void addObjects(ChangingCalls calls) {
    calls
        .with(
            "PutObject",
            c -> c.s3().putObject(b -> b.bucket(BUCKET).key("new"), RequestBody.fromString("new")))
        .with("DeleteObject", c -> c.s3().deleteObject(b -> b.bucket(BUCKET).key("object")))
        .with("DeleteObjects", ChangingS3Calls::deleteObjects)
        .with(
            "CopyObject",
            c ->
                c.s3()
                    .copyObject(
                        b ->
                            b.sourceBucket(BUCKET)
                                .sourceKey("object")
                                .destinationBucket(BUCKET)
                                .destinationKey("copy")))
        .with(
            "PutObjectTagging",
            c -> c.s3().putObjectTagging(b -> b.bucket(BUCKET).key("object").tagging(TAGS)))
        .with(
            "DeleteObjectTagging",
            c -> c.s3().deleteObjectTagging(b -> b.bucket(BUCKET).key("object")));
  }

  private static void addUploads(ChangingCalls calls, String upload, String etag) {
    calls
        .with(
            "CreateMultipartUpload",
            c -> c.s3().createMultipartUpload(b -> b.bucket(BUCKET).key("another")))
        .with(
            "UploadPart",
            c ->
                c.s3()
                    .uploadPart(
                        b -> b.bucket(BUCKET).key("large").uploadId(upload).partNumber(2),
                        RequestBody.fromString("part")))
        .with(
            "UploadPartCopy",
            c ->
                c.s3()
                    .uploadPartCopy(
                        b ->
                            b.sourceBucket(BUCKET)
                                .sourceKey("object")
                                .destinationBucket(BUCKET)
                                .destinationKey("large")
                                .uploadId(upload)
                                .partNumber(2)))
        .with(
            "CompleteMultipartUpload",
            c ->
                c.s3()
                    .completeMultipartUpload(
                        b ->
                            b.bucket(BUCKET)
                                .key("large")
                                .uploadId(upload)
                                .multipartUpload(
                                    m ->
                                        m.parts(
                                            CompletedPart.builder()
                                                .partNumber(1)
                                                .eTag(etag)
                                                .build()))))
        .with(
            "AbortMultipartUpload",
            c -> c.s3().abortMultipartUpload(b -> b.bucket(BUCKET).key("large").uploadId(upload)));
  }

  /// It reports each object's refusal in a successful response.
  private static void deleteObjects(Clients clients) {
    List<S3Error> errors =
        clients
            .s3()
            .deleteObjects(
                b ->
                    b.bucket(BUCKET)
                        .delete(d -> d.objects(ObjectIdentifier.builder().key("object").build())))
            .errors();
    for (S3Error error : errors) {
      throw S3Exception.builder()
          .awsErrorDetails(AwsErrorDetails.builder().errorCode(error.code()).build())
          .build();
    }
  }
}
