package io.carillon.s3;

import io.carillon.admin.AdminViews;
import io.carillon.aws.Authorizer;
import io.carillon.aws.Caller;
import io.carillon.aws.DenialWording;
import io.carillon.aws.Need;
import io.carillon.aws.Operations;
import io.carillon.aws.ResourcePolicies;
import io.carillon.aws.ServiceSpec;
import io.carillon.aws.ServiceTrait;
import io.carillon.base.Arn;
import io.carillon.kernel.Chore;
import io.carillon.kernel.Kernel;
import io.carillon.kernel.Service;
import io.carillon.outbox.Delivery;
import io.carillon.s3.event.Destinations;
import io.carillon.s3.event.EventDelivery;
import io.carillon.s3.event.Notifications;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.ContentStore;
import io.carillon.s3.model.ObjectKey;
import io.carillon.s3.model.S3Error;
import io.carillon.s3.model.Sequence;
import io.carillon.s3.model.Uploads;
import io.carillon.s3.model.Versions;
import io.carillon.store.Database;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.AbortMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CreateBucketRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketOwnershipControlsRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketPolicyRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketTaggingRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectTaggingRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectsRequest;
import software.amazon.awssdk.services.s3.model.DeletePublicAccessBlockRequest;
import software.amazon.awssdk.services.s3.model.GetBucketAclRequest;
import software.amazon.awssdk.services.s3.model.GetBucketLocationRequest;
import software.amazon.awssdk.services.s3.model.GetBucketNotificationConfigurationRequest;
import software.amazon.awssdk.services.s3.model.GetBucketOwnershipControlsRequest;
import software.amazon.awssdk.services.s3.model.GetBucketPolicyRequest;
import software.amazon.awssdk.services.s3.model.GetBucketPolicyStatusRequest;
import software.amazon.awssdk.services.s3.model.GetBucketTaggingRequest;
import software.amazon.awssdk.services.s3.model.GetBucketVersioningRequest;
import software.amazon.awssdk.services.s3.model.GetObjectAclRequest;
import software.amazon.awssdk.services.s3.model.GetObjectAttributesRequest;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectTaggingRequest;
import software.amazon.awssdk.services.s3.model.GetPublicAccessBlockRequest;
import software.amazon.awssdk.services.s3.model.HeadBucketRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.ListBucketsRequest;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsRequest;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsRequest;
import software.amazon.awssdk.services.s3.model.ListObjectsRequest;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListPartsRequest;
import software.amazon.awssdk.services.s3.model.PutBucketAclRequest;
import software.amazon.awssdk.services.s3.model.PutBucketNotificationConfigurationRequest;
import software.amazon.awssdk.services.s3.model.PutBucketOwnershipControlsRequest;
import software.amazon.awssdk.services.s3.model.PutBucketPolicyRequest;
import software.amazon.awssdk.services.s3.model.PutBucketTaggingRequest;
import software.amazon.awssdk.services.s3.model.PutBucketVersioningRequest;
import software.amazon.awssdk.services.s3.model.PutObjectAclRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectTaggingRequest;
import software.amazon.awssdk.services.s3.model.PutPublicAccessBlockRequest;
import software.amazon.awssdk.services.s3.model.UploadPartCopyRequest;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/// Wires the S3 service together.
public final class S3Service implements Service {
  /// The largest document is CompleteMultipartUpload with 10,000 parts and their checksums.
  public static final ServiceSpec SPEC =
      ServiceSpec.of("s3", 4 << 20, S3Service.class, S3Protocol.WIRE)
          .with(
              ServiceTrait.ANONYMOUS_REQUESTS,
              ServiceTrait.VIRTUAL_HOSTS,
              ServiceTrait.DEFAULT_FOR_REQUESTS,
              ServiceTrait.HOST_IDS,
              ServiceTrait.SIGNED_PATH_AS_SENT,
              ServiceTrait.SIGNED_PAYLOAD_HASH,
              ServiceTrait.PRESIGNED_EXPIRY,
              ServiceTrait.PRESIGNED_VERSION_2,
              ServiceTrait.UPLOAD_FORMS)
          .with(DenialWording.ofResources(arn -> "\"" + arn + "\""))
          .with(S3ConditionKeys.OF_REQUESTS);

  /// The largest body that is stored in a row instead of a blob.
  public static final int INLINE_BYTES = 64 << 10;

  /// The minimum size of every part but the last: 5 MiB.
  private static final long MIN_PART_BYTES = 5L << 20;

  private static final Duration SWEEP_INTERVAL = Duration.ofMinutes(1);

  private final EventDelivery delivery;
  private final BucketPolicies policies;
  private final Operations operations;
  private final ReadObject objects;
  private final NotificationDiagnosis diagnosis;
  private final List<Chore> chores;
  private final Authorizer authorizer;

  /// @param blocksPublic whether new buckets block all public access, as on AWS
  public S3Service(Kernel kernel, boolean blocksPublic) {
    Database database = kernel.database();
    InstantSource clock = kernel.clock();
    Authorizer authorizer = kernel.authorizer();
    Buckets buckets = new Buckets();
    ContentStore contents = new ContentStore(kernel.blobs());
    Versions versions = new Versions(contents, new Sequence(database.isShared()), clock);
    Uploads uploads = new Uploads(contents);
    Bodies bodies = new Bodies(kernel.blobs(), INLINE_BYTES);
    Notifications notifications = new Notifications(buckets, kernel);
    Destinations destinations = new Destinations(kernel.recipients(), authorizer, clock);
    BucketTags bucketTags = new BucketTags(database, buckets);
    this.chores =
        List.of(
            Chore.ofOneNode("s3.uploads", SWEEP_INTERVAL, () -> uploads.sweep(database)),
            Chore.ofOneNode("s3.contents", SWEEP_INTERVAL, () -> contents.sweep(database)));
    this.authorizer = authorizer;
    this.delivery = new EventDelivery(kernel.recipients(), kernel.trace());
    this.policies = new BucketPolicies(database, buckets, versions, kernel.principals());
    this.diagnosis = new NotificationDiagnosis(database, buckets, versions, notifications);
    this.objects =
        new ReadObject(
            database,
            buckets,
            contents,
            versions,
            authorizer,
            new DamagedObjects(database, kernel.trace()));
    this.operations =
        Operations.of(SPEC)
            .checkingInputs(UnsupportedMembers::check)
            .explaining(new AccessDenials(buckets)::explain);
    mountBuckets(
        new CreateBucket(database, buckets, bucketTags, clock, blocksPublic),
        new DeleteBucket(database, buckets, versions, uploads, bucketTags, policies, notifications),
        new ListBuckets(database, buckets),
        new BucketAccess(database, buckets),
        bucketTags,
        policies,
        new BucketVersioning(database, buckets),
        new BucketNotification(
            database, buckets, notifications, destinations, kernel.trace(), kernel.ids()));
    BucketConfigurations.mount(database, buckets, operations);
    PutObject put = new PutObject(database, buckets, bodies, contents, versions, notifications);
    mountObjects(
        put,
        new PostObject(put, bodies),
        new GetObject(objects),
        new DeleteObject(database, buckets, versions, notifications, authorizer),
        new CopyObject(database, buckets, contents, versions, objects, notifications, authorizer),
        new ListObjects(database, buckets, versions),
        new ObjectTags(database, buckets, versions, objects, notifications),
        new GetObjectAttributes(objects));
    mountUploads(
        new CreateMultipartUpload(database, buckets, versions, uploads, kernel.ids(), clock),
        new UploadPart(database, buckets, bodies, contents, uploads, objects, clock),
        new CompleteMultipartUpload(
            kernel, buckets, contents, versions, uploads, notifications, MIN_PART_BYTES),
        new MultipartUploads(database, buckets, uploads, authorizer));
  }

  @Override
  public AdminViews adminViews() {
    return new AdminViews()
        .on("GET trace/diagnosis", call -> diagnosis(call.require("bucket"), call.require("key")));
  }

  /// Explains why an object caused no event, in lines of text.
  List<String> diagnosis(String bucket, String key) {
    return diagnosis.explain(bucket, key);
  }

  private void mountBuckets(
      CreateBucket create,
      DeleteBucket delete,
      ListBuckets list,
      BucketAccess access,
      BucketTags tags,
      BucketPolicies policies,
      BucketVersioning versioning,
      BucketNotification notification) {
    operations
        .needing(CreateBucketRequest.class, (_, r) -> CreateBucket.needs(r), create::run)
        .on(DeleteBucketRequest.class, (_, r) -> Arn.bucket(r.bucket()), delete::run)
        .needing(
            HeadBucketRequest.class,
            (_, r) -> List.of(Permissions.listBucket(r.bucket())),
            list::head)
        .needing(
            ListBucketsRequest.class,
            (_, _) -> List.of(Need.anywhere("s3:ListAllMyBuckets")),
            list::list)
        .on(GetBucketLocationRequest.class, (_, r) -> Arn.bucket(r.bucket()), list::location)
        .on(GetBucketAclRequest.class, (_, r) -> Arn.bucket(r.bucket()), list::acl)
        .needing(
            PutBucketAclRequest.class,
            (_, r) ->
                List.of(
                    Permissions.onBucket("PutBucketAcl", r.bucket())
                        .with("s3:x-amz-acl", r.aclAsString())),
            list::putAcl)
        .on(PutBucketTaggingRequest.class, (_, r) -> Arn.bucket(r.bucket()), tags::put)
        .on(GetBucketTaggingRequest.class, (_, r) -> Arn.bucket(r.bucket()), tags::get)
        .needing(
            DeleteBucketTaggingRequest.class,
            (_, r) -> List.of(Permissions.onBucket("PutBucketTagging", r.bucket())),
            tags::delete)
        .on(PutBucketPolicyRequest.class, (_, r) -> Arn.bucket(r.bucket()), policies::put)
        .on(GetBucketPolicyRequest.class, (_, r) -> Arn.bucket(r.bucket()), policies::get)
        .on(DeleteBucketPolicyRequest.class, (_, r) -> Arn.bucket(r.bucket()), policies::delete)
        .on(GetBucketPolicyStatusRequest.class, (_, r) -> Arn.bucket(r.bucket()), policies::status)
        .needing(
            PutPublicAccessBlockRequest.class,
            (_, r) -> List.of(Permissions.onBucket("PutBucketPublicAccessBlock", r.bucket())),
            access::putBlock)
        .needing(
            GetPublicAccessBlockRequest.class,
            (_, r) -> List.of(Permissions.onBucket("GetBucketPublicAccessBlock", r.bucket())),
            access::getBlock)
        .needing(
            DeletePublicAccessBlockRequest.class,
            (_, r) -> List.of(Permissions.onBucket("PutBucketPublicAccessBlock", r.bucket())),
            access::deleteBlock)
        .needing(
            PutBucketOwnershipControlsRequest.class,
            (_, r) -> List.of(BucketAccess.ownershipNeed(r)),
            access::putOwnership)
        .on(
            GetBucketOwnershipControlsRequest.class,
            (_, r) -> Arn.bucket(r.bucket()),
            access::getOwnership)
        .needing(
            DeleteBucketOwnershipControlsRequest.class,
            (_, r) -> List.of(Permissions.onBucket("PutBucketOwnershipControls", r.bucket())),
            access::deleteOwnership)
        .on(PutBucketVersioningRequest.class, (_, r) -> Arn.bucket(r.bucket()), versioning::put)
        .on(GetBucketVersioningRequest.class, (_, r) -> Arn.bucket(r.bucket()), versioning::get)
        .needing(
            PutBucketNotificationConfigurationRequest.class,
            (_, r) -> List.of(Permissions.onBucket("PutBucketNotification", r.bucket())),
            notification::put)
        .needing(
            GetBucketNotificationConfigurationRequest.class,
            (_, r) -> List.of(Permissions.onBucket("GetBucketNotification", r.bucket())),
            notification::get);
  }

  private void mountObjects(
      PutObject put,
      PostObject post,
      GetObject get,
      DeleteObject delete,
      CopyObject copy,
      ListObjects list,
      ObjectTags tags,
      GetObjectAttributes attributes) {
    operations
        .streaming(PutObjectRequest.class, (_, r) -> Permissions.putObject(r), put::run)
        .streaming("PostObject", PutObjectRequest.class, (_, r) -> PostObject.needs(r), post::run)
        .streaming(GetObjectRequest.class, (_, r) -> Permissions.getObject(r), get::get)
        .streaming(HeadObjectRequest.class, (_, r) -> Permissions.headObject(r), get::head)
        .needing(DeleteObjectRequest.class, (_, r) -> DeleteObject.needs(r), delete::one)
        // The request needs no permission itself: each object is authorized individually.
        .needing(DeleteObjectsRequest.class, (_, _) -> List.of(), delete::many)
        .needing(CopyObjectRequest.class, (_, r) -> CopyObject.needs(r), copy::run)
        .needing(ListObjectsRequest.class, (_, r) -> ListObjects.needs(r), list::listV1)
        .needing(ListObjectsV2Request.class, (_, r) -> ListObjects.needs(r), list::listV2)
        .needing(ListObjectVersionsRequest.class, (_, r) -> ListObjects.needs(r), list::versions)
        .needing(PutObjectTaggingRequest.class, (_, r) -> ObjectTags.needs(r), tags::put)
        .needing(
            GetObjectTaggingRequest.class,
            (_, r) ->
                List.of(
                    Permissions.versioned(
                        "s3:GetObjectTagging", r.bucket(), r.key(), r.versionId())),
            tags::get)
        .needing(
            DeleteObjectTaggingRequest.class,
            (_, r) ->
                List.of(
                    Permissions.versioned(
                        "s3:DeleteObjectTagging", r.bucket(), r.key(), r.versionId())),
            tags::delete)
        .needing(
            GetObjectAttributesRequest.class,
            (_, r) -> GetObjectAttributes.needs(r),
            attributes::attributes)
        .needing(
            GetObjectAclRequest.class,
            (_, r) ->
                List.of(
                    Permissions.versioned("s3:GetObjectAcl", r.bucket(), r.key(), r.versionId())),
            attributes::acl)
        .needing(
            PutObjectAclRequest.class,
            (_, r) ->
                List.of(
                    Permissions.versioned("s3:PutObjectAcl", r.bucket(), r.key(), r.versionId())
                        .with("s3:x-amz-acl", r.aclAsString())),
            attributes::putAcl);
  }

  private void mountUploads(
      CreateMultipartUpload create,
      UploadPart part,
      CompleteMultipartUpload complete,
      MultipartUploads uploads) {
    operations
        .needing(
            CreateMultipartUploadRequest.class,
            (_, r) -> CreateMultipartUpload.needs(r),
            create::run)
        .streaming(UploadPartRequest.class, (_, r) -> UploadPart.needs(r), part::send)
        .needing(UploadPartCopyRequest.class, (_, r) -> UploadPart.needs(r), part::copy)
        .needing(
            CompleteMultipartUploadRequest.class,
            (_, r) -> CompleteMultipartUpload.needs(r),
            complete::run)
        // Authorized once the upload is known, because its initiator is allowed.
        .needing(AbortMultipartUploadRequest.class, (_, _) -> List.of(), uploads::abort)
        .needing(ListPartsRequest.class, (_, _) -> List.of(), uploads::parts)
        .needing(
            ListMultipartUploadsRequest.class,
            (_, r) -> List.of(Permissions.onBucket("ListBucketMultipartUploads", r.bucket())),
            uploads::list);
  }

  /// Releases the parts of deleted large objects.
  @Override
  public List<Chore> chores() {
    return chores;
  }

  /// The operations of S3.
  @Override
  public ServiceSpec spec() {
    return SPEC;
  }

  @Override
  public Operations operations() {
    return operations;
  }

  /// The policies of buckets, which also apply to their objects.
  @Override
  public Optional<ResourcePolicies> resourcePolicies() {
    return Optional.of(policies);
  }

  /// Reads an object, such as function code, for another service with the permissions of `caller`.
  ///
  /// @param versionId null for the current version
  /// @throws io.carillon.aws.AwsException as GetObject does, AccessDenied among them;
  ///   EntityTooLarge if it has more than `limitBytes`
  public byte[] read(
      Caller caller, String bucket, String key, @Nullable String versionId, int limitBytes)
      throws IOException {
    var _ = authorizer.authorizeOnce(caller, List.of(Permissions.read(bucket, key, versionId)));
    ReadObject.Found found =
        objects.find(caller, bucket, new ObjectKey(key), versionId, null, true);
    ReadObject.requireReadable(found.version());
    long size = found.version().sizeBytes();
    if (size > limitBytes) {
      throw S3Error.ENTITY_TOO_LARGE
          .with("ProposedSize", String.valueOf(size))
          .with("MaxSizeAllowed", String.valueOf(limitBytes));
    }
    try (InputStream in = found.content().open(0, size)) {
      return in.readAllBytes();
    }
  }

  @Override
  public Map<String, Delivery> deliveries() {
    return Map.of(Notifications.KIND, delivery);
  }
}
