package io.carillon.sns;

import io.carillon.store.RowCodec;
import java.time.Instant;

/// The payload of a delivery's outbox work. A notification refers to its message; the other kinds
/// are self-contained.
///
/// @param topicArn empty for a message to a single phone
/// @param subscriptionId empty for a message to a single phone
/// @param token for confirmations; else empty
record DeliveryRequest(
    Kind kind,
    String messageId,
    String topicArn,
    String topicId,
    String subscriptionId,
    SubscriptionProtocol protocol,
    String endpoint,
    String token,
    Instant created) {

  /// The values of `x-amz-sns-message-type`.
  enum Kind {
    NOTIFICATION("Notification"),
    SUBSCRIPTION_CONFIRMATION("SubscriptionConfirmation"),
    UNSUBSCRIBE_CONFIRMATION("UnsubscribeConfirmation");

    private final String type;

    Kind(String type) {
      this.type = type;
    }

    String type() {
      return type;
    }
  }

  private static final RowCodec<DeliveryRequest> CODEC = RowCodec.of(DeliveryRequest.class);

  static DeliveryRequest decode(byte[] payload) {
    return CODEC.decode(payload);
  }

  byte[] encode() {
    return CODEC.encode(this);
  }

  static DeliveryRequest of(Message message, Subscription to) {
    return about(Kind.NOTIFICATION, to, message.id(), "", message.published());
  }

  static DeliveryRequest about(
      Kind kind, Subscription to, String messageId, String token, Instant created) {
    return new DeliveryRequest(
        kind,
        messageId,
        to.topicArn(),
        to.topicId(),
        to.id(),
        to.protocol(),
        to.endpoint(),
        token,
        created);
  }

  static DeliveryRequest toPhone(Message message, String number) {
    return new DeliveryRequest(
        Kind.NOTIFICATION,
        message.id(),
        "",
        "",
        "",
        SubscriptionProtocol.SMS,
        number,
        "",
        message.published());
  }

  String subscriptionArn() {
    return topicArn + ":" + subscriptionId;
  }

  /// The subscription's ARN, or the phone number of a direct message.
  String lane() {
    return topicArn.isEmpty() ? "sms:" + endpoint : subscriptionArn();
  }
}
