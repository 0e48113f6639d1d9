package io.carillon.s3;

import io.carillon.aws.Authorizer;
import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.aws.Principal;
import io.carillon.aws.RequestAuthorization;
import io.carillon.base.Arn;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.Etags;
import io.carillon.s3.model.Listing;
import io.carillon.s3.model.ObjectKey;
import io.carillon.s3.model.OwnerId;
import io.carillon.s3.model.Paging;
import io.carillon.s3.model.S3Error;
import io.carillon.s3.model.Uploads;
import io.carillon.s3.model.Uploads.UploadedPart;
import io.carillon.store.Database;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.services.s3.model.AbortMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.AbortMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.Initiator;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsRequest;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.ListPartsRequest;
import software.amazon.awssdk.services.s3.model.ListPartsResponse;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.Owner;
import software.amazon.awssdk.services.s3.model.Part;

/// AbortMultipartUpload, ListParts and ListMultipartUploads.
final class MultipartUploads {
  private static final int MAX_RESULTS = 1000;

  private final Database database;
  private final Buckets buckets;
  private final Uploads uploads;
  private final Authorizer authorizer;

  MultipartUploads(Database database, Buckets buckets, Uploads uploads, Authorizer authorizer) {
    this.authorizer = authorizer;
    this.database = database;
    this.buckets = buckets;
    this.uploads = uploads;
  }

  AbortMultipartUploadResponse abort(Caller caller, AbortMultipartUploadRequest input) {
    ObjectKey key = new ObjectKey(input.key());
    Optional<Uploads.Upload> found =
        database.read(
            snapshot ->
                uploads.find(
                    snapshot,
                    buckets.require(snapshot, caller, input.bucket(), input.expectedBucketOwner()),
                    key,
                    input.uploadId()));
    authorize(
        caller, found, Need.of("s3:AbortMultipartUpload", Arn.object(input.bucket(), input.key())));
    Uploads.Upload upload =
        found.orElseThrow(() -> S3Error.NO_SUCH_UPLOAD.with("UploadId", input.uploadId()));
    if (input.ifMatchInitiatedTime() != null
        && !input.ifMatchInitiatedTime().equals(upload.initiated())) {
      throw S3Error.PRECONDITION_FAILED.with("Condition", "x-amz-if-match-initiated-time");
    }
    Uploads.Name name = new Uploads.Name(input.bucket(), key.value(), upload.id());
    if (!database.<Boolean>write(tx -> uploads.abort(tx, name))) {
      throw S3Error.NO_SUCH_UPLOAD.with("UploadId", input.uploadId()); // it has ended meanwhile
    }
    return AbortMultipartUploadResponse.builder().build();
  }

  ListPartsResponse parts(Caller caller, ListPartsRequest input) {
    ObjectKey key = new ObjectKey(input.key());
    int limit = Paging.limit("max-parts", input.maxParts(), MAX_RESULTS);
    int after = input.partNumberMarker() == null ? 0 : input.partNumberMarker();
    record Read(Bucket bucket, Uploads.Upload upload, List<UploadedPart> parts) {}
    Optional<Read> found =
        database.read(
            snapshot -> {
              Bucket bucket =
                  buckets.require(snapshot, caller, input.bucket(), input.expectedBucketOwner());
              return uploads
                  .find(snapshot, bucket, key, input.uploadId())
                  .map(
                      upload ->
                          new Read(
                              bucket, upload, uploads.parts(snapshot, upload, after, limit + 1)));
            });
    authorize(
        caller,
        found.map(Read::upload),
        Need.of("s3:ListMultipartUploadParts", Arn.object(input.bucket(), input.key())));
    Read read = found.orElseThrow(() -> S3Error.NO_SUCH_UPLOAD.with("UploadId", input.uploadId()));
    boolean more = read.parts().size() > limit;
    List<UploadedPart> page = more ? read.parts().subList(0, limit) : read.parts();
    ListPartsResponse.Builder response =
        ListPartsResponse.builder()
            .bucket(input.bucket())
            .key(input.key())
            .uploadId(input.uploadId())
            .partNumberMarker(after)
            .nextPartNumberMarker(page.isEmpty() ? 0 : page.getLast().part().number())
            .maxParts(limit)
            .isTruncated(more && limit > 0)
            .parts(page.stream().map(part -> toModel(read.upload(), part)).toList())
            .storageClass(read.upload().description().storageClass().name())
            .owner(owner(read.bucket()))
            .initiator(initiator(read.upload()));
    if (read.upload().algorithm() != null) {
      response
          .checksumAlgorithm(read.upload().algorithmOfObject().name())
          .checksumType(read.upload().type().name());
    }
    return response.build();
  }

  /// The initiator of an upload may list its parts and abort it, unless a policy denies it.
  ///
  /// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuAndPermissions.html
  private void authorize(Caller caller, Optional<Uploads.Upload> upload, Need need) {
    boolean initiator =
        upload
            .filter(found -> found.initiator().equals(caller.principal().arn()))
            .filter(_ -> !(caller.principal() instanceof Principal.Anonymous))
            .isPresent();
    RequestAuthorization.require(
        authorizer.authorize(
            snapshot -> {
              if (!initiator || authorizer.denies(snapshot, caller, need)) {
                authorizer.require(snapshot, caller, List.of(need));
              }
            }));
  }

  ListMultipartUploadsResponse list(Caller caller, ListMultipartUploadsRequest input) {
    KeyEncoding encoding = KeyEncoding.of(input.encodingTypeAsString());
    Paging paging = Paging.of(input.prefix(), input.delimiter(), input.maxUploads());
    String keyMarker = input.keyMarker() == null ? "" : input.keyMarker();
    String uploadIdMarker =
        keyMarker.isEmpty() || input.uploadIdMarker() == null ? "" : input.uploadIdMarker();
    record Read(Bucket bucket, Listing<Uploads.Upload> listing) {}
    Read read =
        database.read(
            snapshot -> {
              Bucket bucket =
                  buckets.require(snapshot, caller, input.bucket(), input.expectedBucketOwner());
              return new Read(
                  bucket, uploads.list(snapshot, bucket, paging, keyMarker, uploadIdMarker));
            });
    List<MultipartUpload> shown = new ArrayList<>();
    for (Listing.Entry<Uploads.Upload> entry : read.listing().entries()) {
      if (entry instanceof Listing.Item<Uploads.Upload>(String key, Uploads.Upload upload)) {
        MultipartUpload.Builder one =
            MultipartUpload.builder()
                .key(encoding.encode(key))
                .uploadId(upload.id())
                .initiated(upload.initiated())
                .storageClass(upload.description().storageClass().name())
                .owner(owner(read.bucket()))
                .initiator(initiator(upload));
        if (upload.algorithm() != null) {
          one.checksumAlgorithm(upload.algorithmOfObject().name())
              .checksumType(upload.type().name());
        }
        shown.add(one.build());
      }
    }
    ListMultipartUploadsResponse.Builder response =
        ListMultipartUploadsResponse.builder()
            .bucket(input.bucket())
            .keyMarker(encoding.encode(keyMarker))
            .uploadIdMarker(uploadIdMarker)
            .nextKeyMarker("")
            .nextUploadIdMarker("")
            .prefix(paging.prefix().isEmpty() ? null : encoding.encode(paging.prefix()))
            .delimiter(encoding.encodeOptional(paging.delimiter()))
            .encodingType(input.encodingTypeAsString())
            .maxUploads(paging.maxKeys())
            .isTruncated(read.listing().truncated())
            .uploads(shown)
            .commonPrefixes(encoding.commonPrefixes(read.listing()));
    if (!read.listing().entries().isEmpty()) {
      switch (read.listing().entries().getLast()) {
        case Listing.Item<Uploads.Upload>(String key, Uploads.Upload upload) ->
            response.nextKeyMarker(encoding.encode(key)).nextUploadIdMarker(upload.id());
        case Listing.CommonPrefix<Uploads.Upload>(String prefix) -> {
          if (read.listing().truncated()) {
            response.nextKeyMarker(encoding.encode(prefix));
          }
        }
      }
    }
    return response.build();
  }

  /// Parts have checksums if the upload named an algorithm; S3's default checksum is not returned.
  private static Part toModel(Uploads.Upload upload, UploadedPart uploaded) {
    Part.Builder part =
        Part.builder()
            .partNumber(uploaded.part().number())
            .eTag(Etags.quoted(uploaded.part().etag()))
            .size(uploaded.part().content().sizeBytes())
            .lastModified(uploaded.modified());
    if (upload.algorithm() != null) {
      ModelChecksums.set(part, uploaded.part().checksum());
    }
    return part.build();
  }

  private static Owner owner(Bucket bucket) {
    return Owner.builder().id(OwnerId.canonical(bucket.owner())).build();
  }

  /// The initiator is a user's or role's ARN, as on AWS.
  private static Initiator initiator(Uploads.Upload upload) {
    String name = Arn.tryParse(upload.initiator()).map(Arn::resource).orElse(upload.initiator());
    return Initiator.builder().id(upload.initiator()).displayName(name).build();
  }
}
