package io.carillon.sns;

import io.carillon.outbox.MessageAttribute;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A message as it is kept while deliveries of it are open.
///
/// @param topicArn empty for a message to a single phone
/// @param topicId which topic of that name
/// @param subject empty for none
/// @param body for every protocol that has none of its own
/// @param bodies by protocol, where the publisher gave them (`MessageStructure=json`)
/// @param groupId whose message it is, for queues; null for nobody's
/// @param traceHeader the X-Ray trace that it belongs to, for queues; null for none
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

  String bodyFor(Protocol protocol) {
    return bodies.getOrDefault(protocol.text(), body);
  }
}
