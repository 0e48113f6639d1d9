package io.carillon.sns;

import io.carillon.messaging.MessageAttribute;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.RetryPolicy;

/// Sends text messages to subscribed phones and to single numbers.
final class SmsSender implements ProtocolSender {
  private static final int MAX_CHARACTERS = 1_600;
  private static final int SHOWN_NAME = 10;

  private final SmsTransport transport;

  SmsSender(SmsTransport transport) {
    this.transport = transport;
  }

  @Override
  public DeliveryOutcome send(ResolvedDelivery resolved) {
    return switch (resolved) {
      case ResolvedDelivery.Notification notification ->
          send(
              notification.delivery(),
              notification.message(),
              prefix(notification.topic()) + notification.body());
      case ResolvedDelivery.Text text ->
          send(text.delivery(), text.message(), text.message().bodyFor(SubscriptionProtocol.SMS));
      case ResolvedDelivery.Handshake _ -> throw new IllegalStateException("Phones do not confirm");
    };
  }

  private DeliveryOutcome send(DeliveryRequest delivery, Message message, String text) {
    if (text.length() > MAX_CHARACTERS) {
      return new DeliveryOutcome.Rejected(
          "an SMS is limited to "
              + MAX_CHARACTERS
              + " characters, this message has "
              + text.length());
    }
    MessageAttribute sender = message.attributes().get("AWS.SNS.SMS.SenderID");
    return transport.send(
        new SmsTransport.TextMessage(
            delivery.messageId(), delivery.endpoint(), text, sender == null ? "" : sender.shown()));
  }

  /// AWS puts the first characters of the topic's display name before the text.
  private static String prefix(Topic topic) {
    String name = topic.attribute("DisplayName", "");
    return name.isEmpty() ? "" : name.substring(0, Math.min(name.length(), SHOWN_NAME)) + "> ";
  }

  @Override
  public RetryPolicy retryPolicy(ResolvedDelivery resolved) {
    return RetryPolicy.SNS_PEOPLE;
  }
}
