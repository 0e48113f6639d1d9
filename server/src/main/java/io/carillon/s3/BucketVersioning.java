package io.carillon.s3;

import io.carillon.aws.Caller;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Bucket.Versioning;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.S3Error;
import io.carillon.store.Database;
import software.amazon.awssdk.services.s3.model.BucketVersioningStatus;
import software.amazon.awssdk.services.s3.model.GetBucketVersioningRequest;
import software.amazon.awssdk.services.s3.model.GetBucketVersioningResponse;
import software.amazon.awssdk.services.s3.model.MFADelete;
import software.amazon.awssdk.services.s3.model.PutBucketVersioningRequest;
import software.amazon.awssdk.services.s3.model.PutBucketVersioningResponse;

/// Enables and suspends versioning. Once enabled, it can be suspended but not removed.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
final class BucketVersioning {
  private final Database database;
  private final Buckets buckets;

  BucketVersioning(Database database, Buckets buckets) {
    this.database = database;
    this.buckets = buckets;
  }

  PutBucketVersioningResponse put(Caller caller, PutBucketVersioningRequest input) {
    if (input.versioningConfiguration() == null) {
      throw S3Error.MALFORMED_XML.exception();
    }
    if (input.versioningConfiguration().mfaDelete() == MFADelete.ENABLED) {
      throw S3Error.NOT_IMPLEMENTED
          .because("MFA delete is not implemented.")
          .with("Element", "MfaDelete");
    }
    Versioning versioning =
        switch (input.versioningConfiguration().status()) {
          case ENABLED -> Versioning.ENABLED;
          case SUSPENDED -> Versioning.SUSPENDED;
          case null -> throw S3Error.ILLEGAL_VERSIONING_CONFIGURATION.exception();
          default -> throw S3Error.MALFORMED_XML.exception();
        };
    return database.write(
        tx -> {
          Bucket bucket = buckets.require(tx, caller, input.bucket(), input.expectedBucketOwner());
          buckets.put(tx, bucket.withVersioning(versioning));
          return PutBucketVersioningResponse.builder().build();
        });
  }

  GetBucketVersioningResponse get(Caller caller, GetBucketVersioningRequest input) {
    Bucket bucket =
        database.read(s -> buckets.require(s, caller, input.bucket(), input.expectedBucketOwner()));
    GetBucketVersioningResponse.Builder response = GetBucketVersioningResponse.builder();
    if (bucket.versioning() != null) {
      response.status(
          switch (bucket.versioning()) {
            case ENABLED -> BucketVersioningStatus.ENABLED;
            case SUSPENDED -> BucketVersioningStatus.SUSPENDED;
          });
    }
    return response.build();
  }
}
