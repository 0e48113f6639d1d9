package io.carillon.sns;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.carillon.base.AccountId;
import io.carillon.base.Region;
import io.carillon.store.Guard;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Subscriptions, their indexes by endpoint, owner and token, and their counts.
///
/// Their keys begin with the topic's id, not its name: the subscriptions of a deleted topic are
/// invisible at once and removed later, page by page, even if a new topic has that name by then.
final class Subscriptions {
  private static final Table<Tuple, Subscription> TABLE =
      Table.of("sns.subscriptions", KeyCodec.TUPLE, Subscription.class)
          .guardedBy("sns.subscriptions", 1);
  private static final Table<Tuple, Pointer> BY_ENDPOINT =
      Table.of("sns.subscriptionsByEndpoint", KeyCodec.TUPLE, Pointer.class);
  private static final Table<Tuple, Pointer> BY_OWNER =
      Table.of("sns.subscriptionsByOwner", KeyCodec.TUPLE, Pointer.class);
  private static final Table<String, Token> TOKENS =
      Table.of("sns.tokens", KeyCodec.STRING, Token.class);
  private static final Table<String, Counts> COUNTS =
      Table.of("sns.subscriptionCounts", KeyCodec.STRING, Counts.class);

  private record Pointer(String topicId, String id) {}

  /// The target of a token.
  ///
  /// @param unsubscribed the subscription to restore, after an unsubscribe by link; null for the
  ///   token of a pending subscription
  record Token(
      String topicId,
      String id,
      Instant expires,
      @JsonProperty("farewell") @Nullable Subscription unsubscribed) {}

  /// How many subscriptions a topic has, for GetTopicAttributes.
  record Counts(long confirmed, long pending, long deleted) {
    static final Counts NONE = new Counts(0, 0, 0);

    private Counts plus(Subscription subscription, int change) {
      return subscription.pending()
          ? new Counts(confirmed, pending + change, deleted)
          : new Counts(confirmed + change, pending, deleted);
    }
  }

  Optional<Subscription> find(Snapshot snapshot, String topicId, String id) {
    return TABLE.get(snapshot, Tuple.of(topicId, id));
  }

  Optional<Subscription> findByEndpoint(
      Snapshot snapshot, Topic topic, SubscriptionProtocol protocol, String endpoint) {
    return BY_ENDPOINT
        .get(snapshot, Tuple.of(topic.id(), protocol.text(), endpoint))
        .flatMap(pointer -> find(snapshot, pointer.topicId(), pointer.id()));
  }

  Counts counts(Snapshot snapshot, Topic topic) {
    return COUNTS.get(snapshot, topic.id()).orElse(Counts.NONE);
  }

  /// Subscriptions in order of their ids, after `after`.
  List<Subscription> list(Snapshot snapshot, String topicId, String after, int limit) {
    Range range = Range.within(Tuple.of(topicId)).after(Tuple.of(topicId, after));
    return TABLE.list(snapshot, range, limit).stream().map(Table.Entry::value).toList();
  }

  /// What stands for the subscriptions of a topic.
  Guard guard(String topicId) {
    return TABLE.guard(Tuple.of(topicId));
  }

  /// A page of an account's subscriptions in a region.
  ///
  /// @param next the start of the next page; empty on the last one
  record Page(List<Subscription> subscriptions, String next) {}

  Page listOwned(Snapshot snapshot, AccountId owner, Region region, String after, int limit) {
    Tuple parent = Tuple.of(owner.value(), region.name());
    Range range = Range.within(parent).after(Tuple.of(owner.value(), region.name(), after));
    List<Table.Entry<Tuple, Pointer>> rows = BY_OWNER.list(snapshot, range, limit);
    List<Subscription> found = new ArrayList<>(rows.size());
    for (Table.Entry<Tuple, Pointer> row : rows) {
      find(snapshot, row.value().topicId(), row.value().id()).ifPresent(found::add);
    }
    return new Page(found, rows.size() < limit ? "" : rows.getLast().key().string(2));
  }

  void add(Tx tx, Subscription subscription) {
    write(tx, subscription);
    count(tx, subscription, 1);
  }

  /// Replaces a changed subscription and its token.
  void replace(Tx tx, Subscription before, Subscription after) {
    String token = before.confirmation().token();
    if (!token.isEmpty() && !token.equals(after.confirmation().token())) {
      TOKENS.delete(tx, token);
    }
    count(tx, before, -1);
    count(tx, after, 1);
    write(tx, after);
  }

  private void write(Tx tx, Subscription subscription) {
    Pointer pointer = new Pointer(subscription.topicId(), subscription.id());
    TABLE.put(tx, Tuple.of(subscription.topicId(), subscription.id()), subscription);
    BY_ENDPOINT.put(tx, endpointKey(subscription), pointer);
    BY_OWNER.put(tx, ownerKey(subscription), pointer);
    Subscription.Confirmation confirmation = subscription.confirmation();
    if (!confirmation.token().isEmpty()) {
      TOKENS.put(
          tx,
          confirmation.token(),
          new Token(subscription.topicId(), subscription.id(), confirmation.expires(), null));
    }
  }

  void delete(Tx tx, Subscription subscription) {
    remove(tx, subscription);
    count(tx, subscription, -1);
    Counts counts = COUNTS.get(tx, subscription.topicId()).orElse(Counts.NONE);
    COUNTS.put(
        tx,
        subscription.topicId(),
        new Counts(counts.confirmed(), counts.pending(), counts.deleted() + 1));
  }

  private void remove(Tx tx, Subscription subscription) {
    TABLE.delete(tx, Tuple.of(subscription.topicId(), subscription.id()));
    BY_ENDPOINT.delete(tx, endpointKey(subscription));
    BY_OWNER.delete(tx, ownerKey(subscription));
    if (!subscription.confirmation().token().isEmpty()) {
      TOKENS.delete(tx, subscription.confirmation().token());
    }
  }

  /// Removes up to `limit` subscriptions of a deleted topic; returns whether none are left.
  boolean deletePage(Tx tx, String topicId, int limit) {
    List<Subscription> page = list(tx, topicId, "", limit);
    page.forEach(subscription -> remove(tx, subscription));
    COUNTS.delete(tx, topicId);
    boolean isLast = page.size() < limit;
    if (isLast) {
      guard(topicId).retire(tx);
    }
    return isLast;
  }

  Optional<Token> findToken(Snapshot snapshot, String token) {
    return TOKENS.get(snapshot, token);
  }

  /// Stores a token that restores `subscription`.
  void putUnsubscribed(Tx tx, String token, Instant expires, Subscription subscription) {
    TOKENS.put(
        tx, token, new Token(subscription.topicId(), subscription.id(), expires, subscription));
  }

  void deleteToken(Tx tx, String token) {
    TOKENS.delete(tx, token);
  }

  private static void count(Tx tx, Subscription subscription, int change) {
    Counts counts = COUNTS.get(tx, subscription.topicId()).orElse(Counts.NONE);
    COUNTS.put(tx, subscription.topicId(), counts.plus(subscription, change));
  }

  private static Tuple endpointKey(Subscription subscription) {
    return Tuple.of(
        subscription.topicId(), subscription.protocol().text(), subscription.endpoint());
  }

  private static Tuple ownerKey(Subscription subscription) {
    return Tuple.of(subscription.owner(), subscription.topic().region(), subscription.arn());
  }
}
