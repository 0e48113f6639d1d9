package io.carillon.sns;

import io.carillon.base.Arn;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.MessageAttribute;
import io.carillon.outbox.Recipient;
import io.carillon.outbox.RetryPolicy;
import io.carillon.outbox.Sender;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Sends messages to queues and functions of this server. The message is stored there in the
/// transaction that ends its delivery.
final class ResourceSender implements ProtocolSender {
  private static final int MAX_RAW_ATTRIBUTES = 10;

  private final Map<String, Recipient> recipients;
  private final Envelopes envelopes;

  /// @param recipients by the service in their ARNs
  ResourceSender(Map<String, Recipient> recipients, Envelopes envelopes) {
    this.recipients = recipients;
    this.envelopes = envelopes;
  }

  @Override
  public DeliveryOutcome send(ResolvedDelivery resolved, String cause) {
    Arn destination = Arn.parse(resolved.delivery().endpoint());
    return switch (resolved) {
      case ResolvedDelivery.Notification n when n.delivery().protocol() == Protocol.LAMBDA ->
          send(n.topic(), destination, envelopes.functionEvent(n), Map.of(), null, null, cause);
      case ResolvedDelivery.Notification n -> toQueue(n, destination, cause);
      case ResolvedDelivery.Handshake h ->
          send(h.topic(), destination, envelopes.handshake(h), Map.of(), null, null, cause);
      case ResolvedDelivery.Text _ ->
          throw new IllegalStateException("A direct message to a phone has no queue");
    };
  }

  /// Sends to the queue of a subscription, or to its dead-letter queue, which gets the same
  /// message; the trace tells why it could not be delivered.
  DeliveryOutcome toQueue(ResolvedDelivery.Notification notification, Arn queue, String cause) {
    String groupId = notification.message().groupId();
    String trace = notification.message().traceHeader();
    if (!notification.subscription().raw()) {
      return send(
          notification.topic(),
          queue,
          envelopes.notification(notification),
          Map.of(),
          groupId,
          trace,
          cause);
    }
    if (notification.message().attributes().size() > MAX_RAW_ATTRIBUTES) {
      return new DeliveryOutcome.Rejected(
          "raw delivery to a queue is limited to " + MAX_RAW_ATTRIBUTES + " attributes");
    }
    return send(
        notification.topic(),
        queue,
        notification.body(),
        notification.message().attributes(),
        groupId,
        trace,
        cause);
  }

  private DeliveryOutcome send(
      Topic topic,
      Arn destination,
      String payload,
      Map<String, MessageAttribute> attributes,
      @Nullable String groupId,
      @Nullable String traceHeader,
      String cause) {
    Recipient recipient = recipients.get(destination.service());
    if (recipient == null) {
      return new DeliveryOutcome.Rejected("this server does not support " + destination.service());
    }
    return recipient.accept(
        new Recipient.ServiceMessage(
            new Sender.Service("sns.amazonaws.com", topic.arn(), topic.account()),
            destination,
            payload.getBytes(StandardCharsets.UTF_8),
            "",
            attributes,
            cause,
            groupId,
            traceHeader));
  }

  @Override
  public RetryPolicy retryPolicy(ResolvedDelivery resolved) {
    return RetryPolicy.SNS_MANAGED;
  }
}
