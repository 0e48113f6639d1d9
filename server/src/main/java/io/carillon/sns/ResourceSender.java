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

/// Hands messages to queues and functions. They are of this server, so the message arrives in the
/// very transaction that ends its delivery.
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
  public DeliveryOutcome carry(ResolvedDelivery notice, String cause) {
    Arn destination = Arn.parse(notice.delivery().endpoint());
    return switch (notice) {
      case ResolvedDelivery.Notification n when n.delivery().protocol() == Protocol.LAMBDA ->
          hand(n.topic(), destination, envelopes.functionEvent(n), Map.of(), null, null, cause);
      case ResolvedDelivery.Notification n -> toQueue(n, destination, cause);
      case ResolvedDelivery.Handshake h ->
          hand(h.topic(), destination, envelopes.handshake(h), Map.of(), null, null, cause);
      case ResolvedDelivery.Text _ ->
          throw new IllegalStateException("A message to a phone in a queue");
    };
  }

  /// To the queue of a subscription, or to its dead-letter queue, which gets the same: why it could
  /// not be delivered is told by the trace.
  DeliveryOutcome toQueue(ResolvedDelivery.Notification notice, Arn queue, String cause) {
    String groupId = notice.message().groupId();
    String trace = notice.message().traceHeader();
    if (!notice.subscription().raw()) {
      return hand(
          notice.topic(), queue, envelopes.notification(notice), Map.of(), groupId, trace, cause);
    }
    if (notice.message().attributes().size() > MAX_RAW_ATTRIBUTES) {
      return new DeliveryOutcome.Rejected(
          "raw delivery to a queue carries up to " + MAX_RAW_ATTRIBUTES + " attributes");
    }
    return hand(
        notice.topic(), queue, notice.body(), notice.message().attributes(), groupId, trace, cause);
  }

  private DeliveryOutcome hand(
      Topic topic,
      Arn destination,
      String payload,
      Map<String, MessageAttribute> attributes,
      @Nullable String groupId,
      @Nullable String traceHeader,
      String cause) {
    Recipient recipient = recipients.get(destination.service());
    if (recipient == null) {
      return new DeliveryOutcome.Rejected("this server has no " + destination.service());
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
  public RetryPolicy retryPolicy(ResolvedDelivery notice) {
    return RetryPolicy.SNS_MANAGED;
  }
}
