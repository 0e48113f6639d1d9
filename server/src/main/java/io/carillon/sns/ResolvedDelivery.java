package io.carillon.sns;

/// A delivery request with the rows it refers to, ready to be rendered for its protocol.
sealed interface ResolvedDelivery {
  DeliveryRequest delivery();

  /// A message to a subscriber.
  record Notification(
      DeliveryRequest delivery, Topic topic, Subscription subscription, Message message)
      implements ResolvedDelivery {

    String body() {
      return message.bodyFor(delivery.protocol());
    }
  }

  /// A confirmation of subscribing or unsubscribing, sent to an endpoint.
  record Handshake(DeliveryRequest delivery, Topic topic) implements ResolvedDelivery {}

  /// A message to a single phone.
  record Text(DeliveryRequest delivery, Message message) implements ResolvedDelivery {}
}
