package io.carillon.sns;

import io.carillon.base.Arn;
import io.carillon.messaging.Acceptance;
import io.carillon.messaging.MessageAttribute;
import io.carillon.messaging.Recipient;
import io.carillon.messaging.Sender;
import io.carillon.messaging.ServiceMessage;
import io.carillon.store.Snapshot;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Sends messages to queues and functions of this server.
final class ResourceSender {
  private static final int MAX_RAW_ATTRIBUTES = 10;

  private final Recipient recipients;
  private final Envelopes envelopes;

  ResourceSender(Recipient recipients, Envelopes envelopes) {
    this.recipients = recipients;
    this.envelopes = envelopes;
  }

  Acceptance send(Snapshot snapshot, ResolvedDelivery resolved, String cause) {
    Arn destination = Arn.parse(resolved.delivery().endpoint());
    return switch (resolved) {
      case ResolvedDelivery.Notification n
          when n.delivery().protocol() == SubscriptionProtocol.LAMBDA ->
          send(
              snapshot,
              n.topic(),
              destination,
              envelopes.functionEvent(n),
              Map.of(),
              null,
              null,
              cause);
      case ResolvedDelivery.Notification n -> toQueue(snapshot, n, destination, cause);
      case ResolvedDelivery.Handshake h ->
          send(
              snapshot,
              h.topic(),
              destination,
              envelopes.handshake(h),
              Map.of(),
              null,
              null,
              cause);
      case ResolvedDelivery.Text _ ->
          throw new IllegalStateException("A direct message to a phone has no queue");
    };
  }

  /// Sends to the queue of a subscription, or to its dead-letter queue, which gets the same
  /// message; the trace tells why it could not be delivered.
  Acceptance toQueue(
      Snapshot snapshot, ResolvedDelivery.Notification notification, Arn queue, String cause) {
    String groupId = notification.message().groupId();
    String trace = notification.message().traceHeader();
    if (!notification.subscription().raw()) {
      return send(
          snapshot,
          notification.topic(),
          queue,
          envelopes.notification(notification),
          Map.of(),
          groupId,
          trace,
          cause);
    }
    if (notification.message().attributes().size() > MAX_RAW_ATTRIBUTES) {
      return new Acceptance.Refused(
          "raw delivery to a queue is limited to " + MAX_RAW_ATTRIBUTES + " attributes");
    }
    return send(
        snapshot,
        notification.topic(),
        queue,
        notification.body(),
        notification.message().attributes(),
        groupId,
        trace,
        cause);
  }

  private Acceptance send(
      Snapshot snapshot,
      Topic topic,
      Arn destination,
      String payload,
      Map<String, MessageAttribute> attributes,
      @Nullable String groupId,
      @Nullable String traceHeader,
      String cause) {
    return recipients.accept(
        snapshot,
        new ServiceMessage(
            new Sender.Service("sns.amazonaws.com", topic.arn(), topic.account()),
            destination,
            payload.getBytes(StandardCharsets.UTF_8),
            "",
            attributes,
            cause,
            groupId,
            traceHeader));
  }
}
