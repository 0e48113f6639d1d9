package io.carillon.sns;

/// What a parcel delivers, looked up and ready to be put into the form its protocol wants.
sealed interface Notice {
  Parcel parcel();

  /// A message to a subscriber.
  record Notification(Parcel parcel, Topic topic, Subscription subscription, Message message)
      implements Notice {

    String body() {
      return message.bodyFor(parcel.protocol());
    }
  }

  /// A question to an endpoint: whether it wants to subscribe, or to come back.
  record Handshake(Parcel parcel, Topic topic) implements Notice {}

  /// A message to a single phone.
  record Text(Parcel parcel, Message message) implements Notice {}
}
