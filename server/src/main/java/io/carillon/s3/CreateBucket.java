package io.carillon.s3;

import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.base.Arn;
import io.carillon.base.Region;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Bucket.Ownership;
import io.carillon.s3.model.Bucket.PublicAccess;
import io.carillon.s3.model.BucketName;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.S3Error;
import io.carillon.store.Database;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.CreateBucketConfiguration;
import software.amazon.awssdk.services.s3.model.CreateBucketRequest;
import software.amazon.awssdk.services.s3.model.CreateBucketResponse;
import software.amazon.awssdk.services.s3.model.ObjectOwnership;

/// CreateBucket: takes a name from the namespace that all accounts share.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
final class CreateBucket {
  /// The old name of eu-west-1, from when it was the only European region.
  private static final String EU = "EU";

  private final Database database;
  private final Buckets buckets;
  private final BucketTags tags;
  private final InstantSource clock;
  private final boolean blocksPublic;

  /// @param blocksPublic whether new buckets block all public access, as on AWS since April 2023
  CreateBucket(
      Database database,
      Buckets buckets,
      BucketTags tags,
      InstantSource clock,
      boolean blocksPublic) {
    this.database = database;
    this.buckets = buckets;
    this.tags = tags;
    this.clock = clock;
    this.blocksPublic = blocksPublic;
  }

  static List<Need> needs(CreateBucketRequest r) {
    CreateBucketConfiguration configuration = r.createBucketConfiguration();
    Map<String, String> tags =
        configuration == null ? Map.of() : TagSets.ofBucket(configuration.tags());
    Arn bucket = Arn.bucket(r.bucket());
    List<Need> needs = new ArrayList<>(1);
    needs.add(
        Need.of("s3:CreateBucket", bucket)
            .with("s3:x-amz-acl", r.aclAsString())
            .with("s3:x-amz-object-ownership", r.objectOwnershipAsString())
            .with(
                "s3:locationconstraint",
                configuration == null ? null : configuration.locationConstraintAsString())
            .tagging(tags));
    if (r.acl() != null) {
      needs.add(Need.of("s3:PutBucketAcl", bucket).with("s3:x-amz-acl", r.aclAsString()));
    }
    if (r.objectOwnership() != null) {
      needs.add(
          Need.of("s3:PutBucketOwnershipControls", bucket)
              .with("s3:x-amz-object-ownership", r.objectOwnershipAsString()));
    }
    if (!tags.isEmpty()) {
      needs.add(Need.of("s3:TagResource", bucket).tagging(tags));
    }
    return needs;
  }

  CreateBucketResponse run(Caller caller, CreateBucketRequest input) {
    BucketName name = new BucketName(input.bucket());
    Bucket requested = requestedBucket(caller, name, input);
    AccessControlLists.requireForNew(requested, input);
    CreateBucketConfiguration configuration = input.createBucketConfiguration();
    if (configuration != null
        && (configuration.location() != null || configuration.bucket() != null)) {
      throw S3Error.NOT_IMPLEMENTED
          .because("Directory buckets are not implemented.")
          .with("Element", configuration.location() != null ? "Location" : "Bucket");
    }
    String constraint = configuration == null ? null : configuration.locationConstraintAsString();
    Region region = regionOf(caller.region(), constraint);
    Map<String, String> given =
        configuration == null ? Map.of() : TagSets.ofBucket(configuration.tags());
    return database.write(
        tx -> {
          Optional<Bucket> existing = buckets.find(tx, name.value());
          if (existing.isPresent()) {
            requireRecreatable(existing.get(), caller, region);
          } else {
            if (buckets.isFull(tx, caller.account().value())) {
              throw S3Error.TOO_MANY_BUCKETS.exception();
            }
            Bucket bucket =
                requested.withRegion(region).withConstraint(EU.equals(constraint) ? EU : null);
            buckets.put(tx, bucket);
            tags.put(tx, bucket, given);
          }
          return CreateBucketResponse.builder()
              .location(location(caller, name, region))
              .bucketArn("arn:aws:s3:::" + name)
              .build();
        });
  }

  /// The requested bucket, without its final region.
  private Bucket requestedBucket(Caller caller, BucketName name, CreateBucketRequest input) {
    Bucket bucket = Bucket.of(caller.account(), name.value(), caller.region(), clock.instant());
    ObjectOwnership ownership = input.objectOwnership();
    if (ownership == ObjectOwnership.UNKNOWN_TO_SDK_VERSION) {
      throw S3Error.INVALID_ARGUMENT
          .because("Invalid x-amz-object-ownership header: " + input.objectOwnershipAsString())
          .with("ArgumentName", "x-amz-object-ownership");
    }
    return bucket
        .withPublicAccess(blocksPublic ? PublicAccess.ALL_BLOCKED : null)
        .withOwnership(
            ownership == null
                ? Ownership.BUCKET_OWNER_ENFORCED
                : BucketAccess.ownership(ownership));
  }

  /// A path if the bucket is in us-east-1, else a URL.
  private static String location(Caller caller, BucketName name, Region region) {
    return region.equals(Region.US_EAST_1)
        ? "/" + name
        : caller.origin().map(origin -> Locations.bucket(origin, name.value())).orElse("/" + name);
  }

  /// Creating a bucket again succeeds only for its owner and in us-east-1.
  private static void requireRecreatable(Bucket existing, Caller caller, Region region) {
    if (!existing.account().equals(caller.account().value())) {
      throw S3Error.BUCKET_ALREADY_EXISTS.with("BucketName", existing.name());
    }
    boolean allowed = existing.home().equals(Region.US_EAST_1) && region.equals(Region.US_EAST_1);
    if (!allowed) {
      throw S3Error.BUCKET_ALREADY_OWNED_BY_YOU.with("BucketName", existing.name());
    }
  }

  /// The region of the bucket: the one of the signature, which the constraint must repeat unless it
  /// is us-east-1. A signature for us-east-1 may also be for S3's global endpoint, which accepts
  /// every constraint except `us-east-1`.
  private static Region regionOf(Region signed, @Nullable String constraint) {
    if (signed.equals(Region.US_EAST_1)) {
      if (constraint == null) {
        return signed;
      }
      if (constraint.equals(signed.name())) {
        throw S3Error.INVALID_LOCATION_CONSTRAINT.with("LocationConstraint", constraint);
      }
      return region(constraint);
    }
    if (constraint == null) {
      throw S3Error.ILLEGAL_LOCATION_CONSTRAINT.exception();
    }
    if (!nameOf(constraint).equals(signed.name())) {
      throw S3Error.ILLEGAL_LOCATION_CONSTRAINT.because(
          "The "
              + constraint
              + " location constraint is incompatible for the region specific endpoint this request"
              + " was sent to.");
    }
    return signed;
  }

  private static Region region(String constraint) {
    String name = nameOf(constraint);
    if (!Region.isValid(name)) {
      throw S3Error.INVALID_LOCATION_CONSTRAINT.with("LocationConstraint", constraint);
    }
    return new Region(name);
  }

  private static String nameOf(String constraint) {
    return constraint.equals(EU) ? "eu-west-1" : constraint;
  }
}
