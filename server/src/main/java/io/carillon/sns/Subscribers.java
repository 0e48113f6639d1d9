package io.carillon.sns;

import io.carillon.store.GuardedCache;
import io.carillon.store.Snapshot;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Finds the subscriptions that a message is for. The first ones of busy topics are kept in memory
/// with their compiled filters, for as long as no subscription of the topic changes.
final class Subscribers {
  private static final int MAX_TOPICS = 256;

  private final Subscriptions subscriptions;
  private final FilterPolicyCache filters = new FilterPolicyCache();
  private final GuardedCache<Key, List<Subscriber>> pages = new GuardedCache<>(MAX_TOPICS);

  private record Key(String topicId, int limit) {}

  /// @param filter null for none
  private record Subscriber(Subscription subscription, @Nullable FilterPolicy filter) {
    boolean wants(FilterInput message) {
      return !subscription.pending()
          && (filter == null || filter.accepts(message, subscription.protocol()));
    }
  }

  /// A page of a topic's subscriptions.
  ///
  /// @param matching those that are confirmed and whose filter accepts the message
  /// @param size how many there are, matching or not
  /// @param last the id of the last one; empty if there is none
  record Page(List<Subscription> matching, int size, String last) {}

  Subscribers(Subscriptions subscriptions) {
    this.subscriptions = subscriptions;
  }

  Page first(Snapshot snapshot, Message message, int limit) {
    Key key = new Key(message.topicId(), limit);
    return page(
        pages
            .get(
                snapshot,
                subscriptions.guard(message.topicId()),
                key,
                () -> Optional.of(load(snapshot, message.topicId(), "", limit)))
            .orElseThrow(),
        message);
  }

  Page after(Snapshot snapshot, Message message, String last, int limit) {
    return page(load(snapshot, message.topicId(), last, limit), message);
  }

  private List<Subscriber> load(Snapshot snapshot, String topicId, String after, int limit) {
    return subscriptions.list(snapshot, topicId, after, limit).stream()
        .map(subscription -> new Subscriber(subscription, filters.of(subscription)))
        .toList();
  }

  private static Page page(List<Subscriber> subscribers, Message message) {
    FilterInput input = new FilterInput(message);
    return new Page(
        subscribers.stream()
            .filter(subscriber -> subscriber.wants(input))
            .map(Subscriber::subscription)
            .toList(),
        subscribers.size(),
        subscribers.isEmpty() ? "" : subscribers.getLast().subscription().id());
  }
}
