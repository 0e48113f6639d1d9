package io.carillon.s3;

import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.aws.checksum.ChecksumAlgorithm;
import io.carillon.base.Ids;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.ObjectKey;
import io.carillon.s3.model.ObjectMetadata;
import io.carillon.s3.model.ObjectVersion;
import io.carillon.s3.model.S3Error;
import io.carillon.s3.model.StoredChecksum;
import io.carillon.s3.model.Uploads;
import io.carillon.s3.model.Versions;
import io.carillon.store.Database;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadResponse;

/// CreateMultipartUpload: begins the upload of an object in parts.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
final class CreateMultipartUpload {
  private final Database database;
  private final Buckets buckets;
  private final Versions versions;
  private final Uploads uploads;
  private final Ids ids;
  private final InstantSource clock;

  CreateMultipartUpload(
      Database database,
      Buckets buckets,
      Versions versions,
      Uploads uploads,
      Ids ids,
      InstantSource clock) {
    this.database = database;
    this.buckets = buckets;
    this.versions = versions;
    this.uploads = uploads;
    this.ids = ids;
    this.clock = clock;
  }

  static List<Need> needs(CreateMultipartUploadRequest r) {
    Need put =
        Permissions.preparing(r.bucket(), r.key())
            .with("s3:x-amz-acl", r.aclAsString())
            .with("s3:x-amz-storage-class", r.storageClassAsString())
            .with("s3:x-amz-server-side-encryption", r.serverSideEncryptionAsString())
            .with("s3:x-amz-website-redirect-location", r.websiteRedirectLocation());
    return Permissions.writeNeeds(
        r.bucket(), r.key(), put, r.tagging(), r.aclAsString(), null, null);
  }

  CreateMultipartUploadResponse run(Caller caller, CreateMultipartUploadRequest input) {
    ObjectKey key = new ObjectKey(input.key());
    ObjectMetadata description = RequestMetadata.of(input);
    ChecksumAlgorithm algorithm = algorithm(input.checksumAlgorithmAsString());
    StoredChecksum.Type type = type(algorithm, input.checksumTypeAsString());
    long now = clock.millis();
    String id = String.format("%012x", now) + ids.token(18);
    return database.write(
        tx -> {
          Bucket bucket = buckets.require(tx, caller, input.bucket(), input.expectedBucketOwner());
          AccessControlLists.requireForObject(caller, bucket, key.value(), "s3:PutObject", input);
          long begunOn = versions.live(tx, bucket, key).map(ObjectVersion::sequence).orElse(0L);
          Uploads.Upload upload =
              new Uploads.Upload(
                  id, now, caller.principal().arn(), description, algorithm, type, begunOn);
          uploads.begin(tx, bucket, key, upload);
          CreateMultipartUploadResponse.Builder response =
              CreateMultipartUploadResponse.builder()
                  .bucket(input.bucket())
                  .key(input.key())
                  .uploadId(upload.id())
                  .serverSideEncryption("AES256");
          if (algorithm != null) {
            response.checksumAlgorithm(algorithm.name()).checksumType(type.name());
          }
          return response.build();
        });
  }

  private static @Nullable ChecksumAlgorithm algorithm(@Nullable String named) {
    return named == null ? null : ModelChecksums.algorithm(named);
  }

  private static StoredChecksum.Type type(
      @Nullable ChecksumAlgorithm algorithm, @Nullable String named) {
    if (algorithm == null) {
      if (named != null) {
        throw S3Error.INVALID_REQUEST.because(
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm"
                + " header.");
      }
      return StoredChecksum.Type.FULL_OBJECT;
    }
    if (named == null) {
      return algorithm.composes() ? StoredChecksum.Type.COMPOSITE : StoredChecksum.Type.FULL_OBJECT;
    }
    boolean possible =
        switch (named) {
          case "FULL_OBJECT" -> algorithm.combines();
          case "COMPOSITE" -> algorithm.composes();
          default ->
              throw S3Error.INVALID_REQUEST.because(
                  "Value for x-amz-checksum-type header is invalid.");
        };
    if (!possible) {
      throw S3Error.INVALID_REQUEST.because(
          "The "
              + named
              + " checksum type cannot be used with the "
              + algorithm.name().toLowerCase(java.util.Locale.ROOT)
              + " checksum algorithm.");
    }
    return StoredChecksum.Type.valueOf(named);
  }
}
