package io.carillon.s3;

import io.carillon.aws.Authorizer;
import io.carillon.aws.Operations;
import io.carillon.base.Arn;
import io.carillon.base.Ids;
import io.carillon.outbox.Outbox;
import io.carillon.outbox.Recipient;
import io.carillon.s3.event.Destinations;
import io.carillon.s3.event.EventDelivery;
import io.carillon.s3.event.Notifications;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.Contents;
import io.carillon.s3.model.Sequence;
import io.carillon.s3.model.Versions;
import io.carillon.store.Blobs;
import io.carillon.store.Database;
import io.carillon.trace.Trace;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.s3.model.CreateBucketRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketTaggingRequest;
import software.amazon.awssdk.services.s3.model.GetBucketNotificationConfigurationRequest;
import software.amazon.awssdk.services.s3.model.GetBucketTaggingRequest;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.PutBucketNotificationConfigurationRequest;
import software.amazon.awssdk.services.s3.model.PutBucketTaggingRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/// S3: the service, put together.
public final class S3Service {
  /// The largest body that is kept in a row instead of a blob.
  public static final int INLINE_BYTES = 64 << 10;

  private final EventDelivery delivery;
  private final CreateBucket createBucket;
  private final BucketTags bucketTags;
  private final BucketNotification bucketNotification;
  private final PutObject putObject;
  private final GetObject getObject;

  /// @param recipients by the service of a destination's ARN (`lambda`, `sns`, `sqs`); read at each
  ///   use, so they may be filled in later
  public S3Service(
      Database database,
      Blobs blobs,
      Outbox outbox,
      Trace trace,
      Ids ids,
      InstantSource clock,
      Authorizer authorizer,
      Map<String, Recipient> recipients) {
    Buckets buckets = new Buckets();
    Contents contents = new Contents(blobs);
    Versions versions = new Versions(contents, new Sequence(clock), clock);
    Bodies bodies = new Bodies(blobs, INLINE_BYTES);
    Notifications notifications = new Notifications(buckets, outbox, trace, clock);
    Destinations destinations = new Destinations(recipients, authorizer, clock);
    ReadObject readObject = new ReadObject(database, buckets, contents, versions, authorizer);
    this.delivery = new EventDelivery(recipients);
    this.bucketTags = new BucketTags(database, buckets);
    this.createBucket = new CreateBucket(database, buckets, bucketTags, clock);
    this.bucketNotification =
        new BucketNotification(database, buckets, notifications, destinations, trace, ids);
    this.putObject = new PutObject(database, buckets, bodies, contents, versions, notifications);
    this.getObject = new GetObject(readObject);
  }

  /// What S3 can do.
  public Operations operations() {
    return Operations.of("s3")
        .on(CreateBucketRequest.class, r -> Arn.bucket(r.bucket()), createBucket::run)
        .on(PutBucketTaggingRequest.class, r -> Arn.bucket(r.bucket()), bucketTags::put)
        .on(GetBucketTaggingRequest.class, r -> Arn.bucket(r.bucket()), bucketTags::get)
        .needing(
            DeleteBucketTaggingRequest.class,
            r -> List.of(Permissions.onBucket("PutBucketTagging", r.bucket())),
            bucketTags::delete)
        .needing(
            PutBucketNotificationConfigurationRequest.class,
            r -> List.of(Permissions.onBucket("PutBucketNotification", r.bucket())),
            bucketNotification::put)
        .needing(
            GetBucketNotificationConfigurationRequest.class,
            r -> List.of(Permissions.onBucket("GetBucketNotification", r.bucket())),
            bucketNotification::get)
        .streaming(PutObjectRequest.class, Permissions::putObject, putObject::run)
        .streaming(GetObjectRequest.class, Permissions::getObject, getObject::get)
        .streaming(HeadObjectRequest.class, Permissions::headObject, getObject::head);
  }

  /// Delivers work of the kind [Notifications#KIND].
  public EventDelivery delivery() {
    return delivery;
  }
}
