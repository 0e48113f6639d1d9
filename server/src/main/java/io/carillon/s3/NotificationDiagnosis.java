package io.carillon.s3;

import io.carillon.s3.event.NotificationRule;
import io.carillon.s3.event.NotificationRules;
import io.carillon.s3.event.Notifications;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.ObjectKey;
import io.carillon.s3.model.Versions;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Explains why an object caused no event, in lines of text (promise 5).
final class NotificationDiagnosis {
  private final Database database;
  private final Buckets buckets;
  private final Versions versions;
  private final Notifications notifications;

  NotificationDiagnosis(
      Database database, Buckets buckets, Versions versions, Notifications notifications) {
    this.database = database;
    this.buckets = buckets;
    this.versions = versions;
    this.notifications = notifications;
  }

  List<String> explain(String bucketName, String key) {
    return database.read(
        snapshot -> {
          Optional<Bucket> bucket = buckets.find(snapshot, bucketName);
          if (bucket.isEmpty()) {
            return List.of("There is no bucket " + bucketName + ".");
          }
          List<String> lines = new ArrayList<>();
          if (versions.head(snapshot, bucket.get(), new ObjectKey(key)).isEmpty()) {
            lines.add("There is no object " + key + " in bucket " + bucketName + ".");
          }
          lines.addAll(rules(snapshot, bucket.get(), key));
          return lines;
        });
  }

  private List<String> rules(Snapshot snapshot, Bucket bucket, String key) {
    NotificationRules rules = notifications.rules(snapshot, bucket);
    if (!rules.notifiesAny()) {
      return List.of(
          "Bucket %s has no notification configuration, so its objects cause no events."
              .formatted(bucket.name()),
          "Set one with `aws s3api put-bucket-notification-configuration`.");
    }
    List<String> lines = new ArrayList<>();
    if (rules.eventBridge()) {
      lines.add("All events of bucket " + bucket.name() + " go to the default event bus.");
    }
    for (NotificationRule rule : rules.rules()) {
      String to = "Rule " + rule.id() + " (to " + rule.destination() + ") ";
      lines.add(
          rule.mismatch(key)
              .map(mismatch -> to + "is for keys that " + mismatch + ".")
              .orElse(
                  to + "is for this key and the events " + String.join(", ", rule.events()) + "."));
    }
    return lines;
  }
}
