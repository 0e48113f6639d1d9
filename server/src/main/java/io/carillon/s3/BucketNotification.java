package io.carillon.s3;

import io.carillon.aws.Caller;
import io.carillon.base.Ids;
import io.carillon.s3.event.Destinations;
import io.carillon.s3.event.NotificationRule;
import io.carillon.s3.event.NotificationRules;
import io.carillon.s3.event.Notifications;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.S3Error;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import io.carillon.trace.Trace;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.s3.model.GetBucketNotificationConfigurationRequest;
import software.amazon.awssdk.services.s3.model.GetBucketNotificationConfigurationResponse;
import software.amazon.awssdk.services.s3.model.PutBucketNotificationConfigurationRequest;
import software.amazon.awssdk.services.s3.model.PutBucketNotificationConfigurationResponse;

/// The notification configuration of buckets. A put replaces it atomically, and only if every
/// destination allows S3 to send to it.
///
/// Source:
/// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
final class BucketNotification {
  private static final Logger log = LoggerFactory.getLogger(BucketNotification.class);

  private final Database database;
  private final Buckets buckets;
  private final Notifications notifications;
  private final Destinations destinations;
  private final Trace trace;
  private final Ids ids;

  BucketNotification(
      Database database,
      Buckets buckets,
      Notifications notifications,
      Destinations destinations,
      Trace trace,
      Ids ids) {
    this.database = database;
    this.buckets = buckets;
    this.notifications = notifications;
    this.destinations = destinations;
    this.trace = trace;
    this.ids = ids;
  }

  PutBucketNotificationConfigurationResponse put(
      Caller caller, PutBucketNotificationConfigurationRequest input) {
    if (input.notificationConfiguration() == null) {
      throw S3Error.MALFORMED_XML.exception();
    }
    Replacement replacement =
        database.change(
            snapshot -> plan(snapshot, caller, input),
            (tx, planned) -> {
              planned.testMessages().accept(tx);
              notifications.replace(tx, planned.bucket(), planned.rules());
              return planned;
            });
    logWarnings(input.bucket(), replacement.rules());
    return PutBucketNotificationConfigurationResponse.builder().build();
  }

  private record Replacement(Bucket bucket, NotificationRules rules, Consumer<Tx> testMessages) {}

  private Replacement plan(
      Snapshot snapshot, Caller caller, PutBucketNotificationConfigurationRequest input) {
    Bucket bucket = buckets.require(snapshot, caller, input.bucket(), input.expectedBucketOwner());
    NotificationRules rules =
        NotificationRules.parse(input.notificationConfiguration(), bucket, ids);
    return new Replacement(
        bucket,
        rules,
        Boolean.TRUE.equals(input.skipDestinationValidation())
            ? _ -> {}
            : destinations.validate(snapshot, rules, bucket, caller, trace.begin()));
  }

  /// S3 accepts filters that no key can match, so the log is the only place for a warning.
  private static void logWarnings(String bucket, NotificationRules rules) {
    for (NotificationRule rule : rules.rules()) {
      for (String warning : rule.warnings()) {
        log.warn("Notification rule {} of bucket {}: {}", rule.id(), bucket, warning);
      }
    }
  }

  GetBucketNotificationConfigurationResponse get(
      Caller caller, GetBucketNotificationConfigurationRequest input) {
    return database.read(
        snapshot ->
            notifications
                .rules(
                    snapshot,
                    buckets.require(snapshot, caller, input.bucket(), input.expectedBucketOwner()))
                .toModel());
  }
}
