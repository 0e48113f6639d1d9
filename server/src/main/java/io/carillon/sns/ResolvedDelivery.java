package io.carillon.sns;

/// What a parcel delivers, looked up and ready to be put into the form its protocol wants.
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

  /// A question to an endpoint: whether it wants to subscribe, or to come back.
  record Handshake(DeliveryRequest delivery, Topic topic) implements ResolvedDelivery {}

  /// A message to a single phone.
  record Text(DeliveryRequest delivery, Message message) implements ResolvedDelivery {}
}
