package io.carillon.s3;

import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Bucket.Ownership;
import io.carillon.s3.model.Bucket.PublicAccess;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.S3Error;
import io.carillon.store.Database;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.DeleteBucketOwnershipControlsRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketOwnershipControlsResponse;
import software.amazon.awssdk.services.s3.model.DeletePublicAccessBlockRequest;
import software.amazon.awssdk.services.s3.model.DeletePublicAccessBlockResponse;
import software.amazon.awssdk.services.s3.model.GetBucketOwnershipControlsRequest;
import software.amazon.awssdk.services.s3.model.GetBucketOwnershipControlsResponse;
import software.amazon.awssdk.services.s3.model.GetPublicAccessBlockRequest;
import software.amazon.awssdk.services.s3.model.GetPublicAccessBlockResponse;
import software.amazon.awssdk.services.s3.model.ObjectOwnership;
import software.amazon.awssdk.services.s3.model.OwnershipControlsRule;
import software.amazon.awssdk.services.s3.model.PublicAccessBlockConfiguration;
import software.amazon.awssdk.services.s3.model.PutBucketOwnershipControlsRequest;
import software.amazon.awssdk.services.s3.model.PutBucketOwnershipControlsResponse;
import software.amazon.awssdk.services.s3.model.PutPublicAccessBlockRequest;
import software.amazon.awssdk.services.s3.model.PutPublicAccessBlockResponse;

/// A bucket's public access block and ownership controls. Both are members of the bucket's row,
/// because other requests depend on them: [BucketPolicies] and the authorizer read the former,
/// [AccessControlLists] reads both.
///
/// Source:
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html,
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
final class BucketAccess {
  private final Database database;
  private final Buckets buckets;

  BucketAccess(Database database, Buckets buckets) {
    this.database = database;
    this.buckets = buckets;
  }

  PutPublicAccessBlockResponse putBlock(Caller caller, PutPublicAccessBlockRequest input) {
    PublicAccessBlockConfiguration given = input.publicAccessBlockConfiguration();
    if (given == null) {
      throw S3Error.MALFORMED_XML.exception();
    }
    PublicAccess blocked =
        new PublicAccess(
            Boolean.TRUE.equals(given.blockPublicAcls()),
            Boolean.TRUE.equals(given.ignorePublicAcls()),
            Boolean.TRUE.equals(given.blockPublicPolicy()),
            Boolean.TRUE.equals(given.restrictPublicBuckets()));
    change(caller, input.bucket(), input.expectedBucketOwner(), b -> b.withPublicAccess(blocked));
    return PutPublicAccessBlockResponse.builder().build();
  }

  GetPublicAccessBlockResponse getBlock(Caller caller, GetPublicAccessBlockRequest input) {
    PublicAccess blocked = find(caller, input.bucket(), input.expectedBucketOwner()).publicAccess();
    if (blocked == null) {
      throw S3Error.NO_SUCH_PUBLIC_ACCESS_BLOCK_CONFIGURATION.with("BucketName", input.bucket());
    }
    return GetPublicAccessBlockResponse.builder()
        .publicAccessBlockConfiguration(
            c ->
                c.blockPublicAcls(blocked.blockAcls())
                    .ignorePublicAcls(blocked.ignoreAcls())
                    .blockPublicPolicy(blocked.blockPolicy())
                    .restrictPublicBuckets(blocked.restrict()))
        .build();
  }

  DeletePublicAccessBlockResponse deleteBlock(Caller caller, DeletePublicAccessBlockRequest input) {
    change(caller, input.bucket(), input.expectedBucketOwner(), b -> b.withPublicAccess(null));
    return DeletePublicAccessBlockResponse.builder().build();
  }

  /// The permission for PutBucketOwnershipControls.
  static Need ownershipNeed(PutBucketOwnershipControlsRequest r) {
    Need need = Permissions.onBucket("PutBucketOwnershipControls", r.bucket());
    return r.ownershipControls() == null || r.ownershipControls().rules().isEmpty()
        ? need
        : need.with(
            "s3:x-amz-object-ownership",
            r.ownershipControls().rules().getFirst().objectOwnershipAsString());
  }

  PutBucketOwnershipControlsResponse putOwnership(
      Caller caller, PutBucketOwnershipControlsRequest input) {
    List<OwnershipControlsRule> rules =
        input.ownershipControls() == null ? List.of() : input.ownershipControls().rules();
    if (rules.size() != 1) {
      throw S3Error.MALFORMED_XML.exception();
    }
    Ownership ownership = ownership(rules.getFirst().objectOwnership());
    change(caller, input.bucket(), input.expectedBucketOwner(), b -> b.withOwnership(ownership));
    return PutBucketOwnershipControlsResponse.builder().build();
  }

  GetBucketOwnershipControlsResponse getOwnership(
      Caller caller, GetBucketOwnershipControlsRequest input) {
    ObjectOwnership ownership =
        switch (find(caller, input.bucket(), input.expectedBucketOwner()).effectiveOwnership()) {
          case BUCKET_OWNER_ENFORCED -> ObjectOwnership.BUCKET_OWNER_ENFORCED;
          case BUCKET_OWNER_PREFERRED -> ObjectOwnership.BUCKET_OWNER_PREFERRED;
          case OBJECT_WRITER -> ObjectOwnership.OBJECT_WRITER;
          case DELETED ->
              throw S3Error.OWNERSHIP_CONTROLS_NOT_FOUND.with("BucketName", input.bucket());
        };
    return GetBucketOwnershipControlsResponse.builder()
        .ownershipControls(
            c -> c.rules(OwnershipControlsRule.builder().objectOwnership(ownership).build()))
        .build();
  }

  DeleteBucketOwnershipControlsResponse deleteOwnership(
      Caller caller, DeleteBucketOwnershipControlsRequest input) {
    change(
        caller,
        input.bucket(),
        input.expectedBucketOwner(),
        b -> b.withOwnership(Ownership.DELETED));
    return DeleteBucketOwnershipControlsResponse.builder().build();
  }

  /// @throws io.carillon.aws.AwsException MalformedXML for null or an unknown value
  static Ownership ownership(@Nullable ObjectOwnership named) {
    return switch (named) {
      case BUCKET_OWNER_ENFORCED -> Ownership.BUCKET_OWNER_ENFORCED;
      case BUCKET_OWNER_PREFERRED -> Ownership.BUCKET_OWNER_PREFERRED;
      case OBJECT_WRITER -> Ownership.OBJECT_WRITER;
      case null, default -> throw S3Error.MALFORMED_XML.exception();
    };
  }

  private Bucket find(Caller caller, String bucket, @Nullable String expectedOwner) {
    return database.read(s -> buckets.require(s, caller, bucket, expectedOwner));
  }

  private void change(
      Caller caller, String bucket, @Nullable String expectedOwner, UnaryOperator<Bucket> change) {
    database.write(
        tx -> {
          buckets.put(tx, change.apply(buckets.require(tx, caller, bucket, expectedOwner)));
          return true;
        });
  }
}
