package io.carillon.sns;

import io.carillon.base.Arn;
import io.carillon.store.Snapshot;
import java.util.Optional;

/// Looks up what a parcel delivers.
final class Notices {
  private final Topics topics;
  private final Subscriptions subscriptions;
  private final Messages messages;

  Notices(Topics topics, Subscriptions subscriptions, Messages messages) {
    this.topics = topics;
    this.subscriptions = subscriptions;
    this.messages = messages;
  }

  /// Empty where there is nothing left to deliver: the topic or the subscription has gone, or the
  /// subscription no longer waits for this token.
  Optional<Notice> find(Snapshot snapshot, Parcel parcel) {
    if (parcel.topicArn().isEmpty()) {
      return messages
          .find(snapshot, parcel.messageId())
          .map(message -> new Notice.Text(parcel, message));
    }
    Optional<Topic> topic = topics.find(snapshot, Arn.parse(parcel.topicArn()), parcel.topicId());
    return topic.flatMap(
        found ->
            parcel.kind() == Parcel.Kind.NOTIFICATION
                ? notification(snapshot, parcel, found)
                : handshake(snapshot, parcel, found));
  }

  private Optional<Notice> notification(Snapshot snapshot, Parcel parcel, Topic topic) {
    return subscriptions
        .find(snapshot, parcel.topicId(), parcel.subscriptionId())
        .flatMap(
            subscription ->
                messages
                    .find(snapshot, parcel.messageId())
                    .map(message -> new Notice.Notification(parcel, topic, subscription, message)));
  }

  private Optional<Notice> handshake(Snapshot snapshot, Parcel parcel, Topic topic) {
    return subscriptions
        .findToken(snapshot, parcel.token())
        .map(_ -> new Notice.Handshake(parcel, topic));
  }
}
