package io.carillon.sns;

import io.carillon.messaging.MessageAttribute;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A message, stored as long as deliveries refer to it.
///
/// @param topicArn empty for a message to a single phone
/// @param topicId tells apart topics that had the same name
/// @param subject empty for none
/// @param body for every protocol without an entry in `bodies`
/// @param bodies by protocol, where the publisher gave them (`MessageStructure=json`)
/// @param groupId the `MessageGroupId`, for queues; null for none
/// @param traceHeader the X-Ray trace header, for queues; null for none
record Message(
    String id,
    String topicArn,
    String topicId,
    String subject,
    String body,
    Map<String, String> bodies,
    Map<String, MessageAttribute> attributes,
    @Nullable String groupId,
    @Nullable String traceHeader,
    Instant published) {

  String bodyFor(SubscriptionProtocol protocol) {
    return bodies.getOrDefault(protocol.text(), body);
  }
}
