package io.carillon.sqs;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A queue with its attributes. Immutable, since the store caches it.
///
/// *Incarnations.* The incarnation is the name under which [QueueMessages] keeps the queue's
/// messages. It is a random identity, which tells a queue from an earlier one of the same name,
/// and, once the queue was purged, a dot and the number of purges. So a purge gives the queue a
/// new, empty range of messages, and a receipt handle from before it still names the queue.
///
/// @param pinned the unique ids of the users and roles that the policy named when it was written,
///   by ARN; null in rows of older versions
/// @param purgedMillis the time of the last purge; null if there was none, and in rows of older
///   versions
record QueueRow(
    String incarnation,
    Map<String, String> attributes,
    Map<String, String> tags,
    long createdSeconds,
    long modifiedSeconds,
    @Nullable Map<String, String> pinned,
    @Nullable Long purgedMillis) {

  QueueAttributes settings() {
    return new QueueAttributes(attributes);
  }

  Map<String, String> pins() {
    return pinned == null ? Map.of() : pinned;
  }

  QueueRow withAttributes(
      Map<String, String> changed, long changedSeconds, Map<String, String> pins) {
    return new QueueRow(
        incarnation, changed, tags, createdSeconds, changedSeconds, pins, purgedMillis);
  }

  QueueRow withTags(Map<String, String> changed) {
    return new QueueRow(
        incarnation, attributes, changed, createdSeconds, modifiedSeconds, pinned, purgedMillis);
  }

  /// The queue with an empty range of messages.
  QueueRow purgedAt(Instant now) {
    String identity = identity();
    long purges =
        identity.equals(incarnation)
            ? 0
            : Long.parseLong(incarnation.substring(identity.length() + 1));
    return new QueueRow(
        identity + "." + (purges + 1),
        attributes,
        tags,
        createdSeconds,
        modifiedSeconds,
        pinned,
        now.toEpochMilli());
  }

  String identity() {
    return identity(incarnation);
  }

  /// The identity of the queue that has or had this incarnation.
  static String identity(String incarnation) {
    int dot = incarnation.indexOf('.');
    return dot < 0 ? incarnation : incarnation.substring(0, dot);
  }
}
