package io.carillon.sns;

import io.carillon.base.Arn;
import io.carillon.store.Snapshot;
import java.util.Optional;

/// Looks up the rows that a delivery request refers to.
final class DeliveryResolver {
  private final Topics topics;
  private final Subscriptions subscriptions;
  private final PublishedMessages messages;

  DeliveryResolver(Topics topics, Subscriptions subscriptions, PublishedMessages messages) {
    this.topics = topics;
    this.subscriptions = subscriptions;
    this.messages = messages;
  }

  /// Empty if the topic, subscription or message no longer exists, or the token is no longer valid.
  Optional<ResolvedDelivery> resolve(Snapshot snapshot, DeliveryRequest delivery) {
    if (delivery.topicArn().isEmpty()) {
      return messages
          .find(snapshot, delivery.messageId())
          .map(message -> new ResolvedDelivery.Text(delivery, message));
    }
    Optional<Topic> topic =
        topics.find(snapshot, Arn.parse(delivery.topicArn()), delivery.topicId());
    return topic.flatMap(
        found ->
            delivery.kind() == DeliveryRequest.Kind.NOTIFICATION
                ? notification(snapshot, delivery, found)
                : handshake(snapshot, delivery, found));
  }

  private Optional<ResolvedDelivery> notification(
      Snapshot snapshot, DeliveryRequest delivery, Topic topic) {
    return subscriptions
        .find(snapshot, delivery.topicId(), delivery.subscriptionId())
        .flatMap(
            subscription ->
                messages
                    .find(snapshot, delivery.messageId())
                    .map(
                        message ->
                            new ResolvedDelivery.Notification(
                                delivery, topic, subscription, message)));
  }

  private Optional<ResolvedDelivery> handshake(
      Snapshot snapshot, DeliveryRequest delivery, Topic topic) {
    return subscriptions
        .findToken(snapshot, delivery.token())
        .map(_ -> new ResolvedDelivery.Handshake(delivery, topic));
  }
}
