package io.carillon.s3.event;

import io.carillon.aws.Caller;
import io.carillon.base.Ids;
import io.carillon.kernel.Kernel;
import io.carillon.outbox.Outbox;
import io.carillon.outbox.Work;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.ContentRef;
import io.carillon.s3.model.ObjectKey;
import io.carillon.s3.model.ObjectMetadata;
import io.carillon.s3.model.ObjectVersion;
import io.carillon.s3.model.Versions;
import io.carillon.s3.model.Versions.NewVersion;
import io.carillon.store.KeyCodec;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tx;
import io.carillon.trace.Trace;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/// Plans what the rules of a bucket make of a change of an object. The effect runs in the
/// transaction that makes the change: no acknowledged object without its event.
public final class Notifications {
  /// The kind of work that [EventDelivery] performs.
  public static final String KIND = "s3.event";

  private final Table<String, NotificationRules> table =
      Table.cached("s3.notificationRules", KeyCodec.STRING, NotificationRules.class)
          .guardedBy(Buckets.GUARD, 1);
  private final Buckets buckets;
  private final Outbox outbox;
  private final Trace trace;
  private final InstantSource clock;
  private final Function<Caller, String> causes;
  private final Ids ids;

  public Notifications(Buckets buckets, Kernel kernel) {
    this.buckets = buckets;
    this.outbox = kernel.outbox();
    this.trace = kernel.trace();
    this.clock = kernel.clock();
    this.causes = kernel::causeOfEvent;
    this.ids = kernel.ids();
  }

  public NotificationRules rules(Snapshot snapshot, Bucket bucket) {
    return bucket.notifies()
        ? table.get(snapshot, bucket.name()).orElse(NotificationRules.NONE)
        : NotificationRules.NONE;
  }

  /// Replaces all of the bucket's rules.
  public void replace(Tx tx, Bucket bucket, NotificationRules rules) {
    boolean notifies = rules.notifiesAny();
    if (notifies) {
      table.put(tx, bucket.name(), rules);
    } else {
      table.delete(tx, bucket.name());
    }
    buckets.put(tx, bucket.withNotifies(notifies));
  }

  /// Deletes the rules of a deleted bucket.
  public void delete(Tx tx, Bucket bucket) {
    table.delete(tx, bucket.name());
  }

  public Consumer<Tx> objectCreated(
      Snapshot snapshot,
      Bucket bucket,
      ObjectKey key,
      ObjectVersion version,
      EventType type,
      Caller caller) {
    return plan(snapshot, bucket, key, version, version.sequence(), type, caller);
  }

  public Consumer<Tx> objectRemoved(
      Snapshot snapshot, Bucket bucket, ObjectKey key, Versions.Removal removal, Caller caller) {
    return switch (removal) {
      case Versions.Removal.Nothing _ -> _ -> {};
      case Versions.Removal.Gone(ObjectVersion version, long sequence) ->
          plan(snapshot, bucket, key, version, sequence, EventType.REMOVED_DELETE, caller);
      case Versions.Removal.Hidden(NewVersion marker) ->
          objectCreated(
              snapshot,
              bucket,
              key,
              marker.version(),
              EventType.REMOVED_DELETE_MARKER_CREATED,
              caller);
    };
  }

  /// DeleteObjects sends an event for each key of the request, whether or not the object exists.
  ///
  /// @param sequence orders the event among those of the key
  public Consumer<Tx> missingObjectRemoved(
      Snapshot snapshot, Bucket bucket, ObjectKey key, long sequence, Caller caller) {
    ObjectVersion nothing =
        new ObjectVersion(
            ObjectVersion.NULL_VERSION,
            sequence,
            clock.millis(),
            false,
            "",
            ContentRef.NONE,
            null,
            ObjectMetadata.NONE);
    return plan(snapshot, bucket, key, nothing, sequence, EventType.REMOVED_DELETE, caller);
  }

  public Consumer<Tx> objectTagged(
      Snapshot snapshot,
      Bucket bucket,
      ObjectKey key,
      ObjectVersion version,
      EventType type,
      Caller caller) {
    return plan(snapshot, bucket, key, version, version.sequence(), type, caller);
  }

  private Consumer<Tx> plan(
      Snapshot snapshot,
      Bucket bucket,
      ObjectKey key,
      ObjectVersion version,
      long sequence,
      EventType type,
      Caller caller) {
    if (!bucket.notifies()) {
      return _ -> {};
    }
    Instant now = clock.instant();
    NotificationRules rules = rules(snapshot, bucket);
    List<NotificationRule> matching = rules.matching(type, key.value());
    String cause = causes.apply(caller);
    List<Consumer<Tx>> effects = new ArrayList<>();
    effects.add(
        trace.plan(
            cause,
            Trace.Step.UPLOADED,
            Map.of(
                "bucket", bucket.name(),
                "key", key.value(),
                "version", version.versionId(),
                "event", type.eventName(),
                "size", String.valueOf(version.sizeBytes()),
                "rules", String.valueOf(matching.size() + (rules.eventBridge() ? 1 : 0)))));
    EventRecord event = new EventRecord(type, bucket, key, version, sequence, caller, now);
    for (NotificationRule rule : matching) {
      effects.add(matched(cause, rule.id(), rule.destination()));
      effects.add(deliver(snapshot, event, event.toJson(rule.id()), rule.destination(), cause));
    }
    if (rules.eventBridge()) {
      EventBridgeEvent onBus = new EventBridgeEvent(event, ids.uuid());
      effects.add(matched(cause, "EventBridgeConfiguration", onBus.bus().toString()));
      effects.add(deliver(snapshot, event, onBus.toJson(), onBus.bus().toString(), cause));
    }
    return tx -> effects.forEach(effect -> effect.accept(tx));
  }

  private Consumer<Tx> matched(String cause, String rule, String destination) {
    return trace.plan(cause, Trace.Step.MATCHED, Map.of("rule", rule, "destination", destination));
  }

  private Consumer<Tx> deliver(
      Snapshot snapshot, EventRecord event, byte[] message, String destination, String cause) {
    Bucket bucket = event.bucket();
    EventWork work =
        new EventWork(bucket.name(), bucket.account(), message, event.caller().traceHeader());
    return outbox.plan(snapshot, new Work(KIND, destination, event.time(), work.toBytes(), cause));
  }
}
