package io.carillon.sns;

import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.base.Arn;
import io.carillon.base.Ids;
import io.carillon.base.UrlPasswords;
import io.carillon.sns.Subscription.Confirmation;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.services.sns.model.GetSubscriptionAttributesRequest;
import software.amazon.awssdk.services.sns.model.GetSubscriptionAttributesResponse;
import software.amazon.awssdk.services.sns.model.ListSubscriptionsByTopicRequest;
import software.amazon.awssdk.services.sns.model.ListSubscriptionsByTopicResponse;
import software.amazon.awssdk.services.sns.model.ListSubscriptionsRequest;
import software.amazon.awssdk.services.sns.model.ListSubscriptionsResponse;
import software.amazon.awssdk.services.sns.model.SetSubscriptionAttributesRequest;
import software.amazon.awssdk.services.sns.model.SetSubscriptionAttributesResponse;
import software.amazon.awssdk.services.sns.model.SubscribeRequest;
import software.amazon.awssdk.services.sns.model.SubscribeResponse;

/// The operations on subscriptions, except confirming and unsubscribing: see [Confirmations].
final class SubscriptionOperations {
  private final Database database;
  private final Topics topics;
  private final Subscriptions subscriptions;
  private final Confirmations confirmations;
  private final Ids ids;
  private final InstantSource clock;

  SubscriptionOperations(
      Database database,
      Topics topics,
      Subscriptions subscriptions,
      Confirmations confirmations,
      Ids ids,
      InstantSource clock) {
    this.database = database;
    this.topics = topics;
    this.subscriptions = subscriptions;
    this.confirmations = confirmations;
    this.ids = ids;
    this.clock = clock;
  }

  /// The needs of Subscribe, with the context keys for policies.
  static List<Need> needs(Caller caller, SubscribeRequest request) {
    return List.of(
        Need.of("sns:Subscribe", Arns.topic(caller, request.topicArn(), "TopicArn"))
            .with("sns:Protocol", request.protocol())
            .with("sns:Endpoint", request.endpoint()));
  }

  SubscribeResponse subscribe(Caller caller, SubscribeRequest request) {
    Arn arn = Arns.topic(caller, request.topicArn(), "TopicArn");
    if (request.protocol() == null) {
      throw SnsError.invalid("Protocol");
    }
    SubscriptionProtocol protocol = SubscriptionProtocol.named(request.protocol());
    if (request.endpoint() == null || request.endpoint().isEmpty()) {
      throw SnsError.invalid("Endpoint");
    }
    String endpoint = protocol.checkEndpoint(request.endpoint());
    Map<String, String> requestedAttributes =
        SubscriptionAttributes.normalized(request.attributes());
    boolean returnArn = Boolean.TRUE.equals(request.returnSubscriptionArn());
    return database.write(
        tx -> {
          Topic topic = topics.require(tx, arn);
          SubscriptionAttributes.checkAll(topic, protocol, requestedAttributes);
          Subscription subscription =
              subscriptions
                  .findByEndpoint(tx, topic, protocol, endpoint)
                  .map(
                      existing ->
                          resubscribe(tx, existing, requestedAttributes, request.hasAttributes()))
                  .orElseGet(
                      () ->
                          subscribeNew(tx, caller, topic, protocol, endpoint, requestedAttributes));
          return SubscribeResponse.builder()
              .subscriptionArn(
                  subscription.pending() && !returnArn
                      ? "pending confirmation"
                      : subscription.arn())
              .build();
        });
  }

  private Subscription subscribeNew(
      Tx tx,
      Caller caller,
      Topic topic,
      SubscriptionProtocol protocol,
      String endpoint,
      Map<String, String> attributes) {
    Subscription subscription =
        new Subscription(
            topic.arn().toString(),
            topic.id(),
            ids.uuid(),
            protocol,
            endpoint,
            caller.account().value(),
            caller.principal().arn(),
            Confirmation.NOT_NEEDED,
            attributes,
            clock.instant());
    if (protocol.mustConfirm(endpoint, caller.account().value())) {
      subscription = confirmations.requestConfirmation(tx, subscription);
    }
    subscriptions.add(tx, subscription);
    return subscription;
  }

  /// Subscribing a confirmed endpoint again changes nothing; a pending one is sent another token.
  private Subscription resubscribe(
      Tx tx, Subscription existing, Map<String, String> attributes, boolean attributesGiven) {
    if (existing.pending()) {
      Subscription requested =
          confirmations.requestConfirmation(tx, existing.with(existing.confirmation(), attributes));
      subscriptions.replace(tx, existing, requested);
      return requested;
    }
    if (attributesGiven && !attributes.equals(existing.attributes())) {
      throw SnsError.invalid(
          "Attributes Reason: Subscription already exists with different attributes");
    }
    return existing;
  }

  ListSubscriptionsResponse list(Caller caller, ListSubscriptionsRequest request) {
    String after = SnsPages.after(request.nextToken());
    Subscriptions.Page page =
        database.read(
            snapshot ->
                subscriptions.listOwned(
                    snapshot, caller.account(), caller.region(), after, SnsPages.SIZE));
    return ListSubscriptionsResponse.builder()
        .subscriptions(page.subscriptions().stream().map(SubscriptionOperations::shown).toList())
        .nextToken(SnsPages.token(page.next()))
        .build();
  }

  ListSubscriptionsByTopicResponse listByTopic(
      Caller caller, ListSubscriptionsByTopicRequest request) {
    Arn arn = Arns.topic(caller, request.topicArn(), "TopicArn");
    String after = SnsPages.after(request.nextToken());
    List<Subscription> page =
        database.read(
            snapshot ->
                subscriptions.list(
                    snapshot, topics.require(snapshot, arn).id(), after, SnsPages.SIZE));
    return ListSubscriptionsByTopicResponse.builder()
        .subscriptions(page.stream().map(SubscriptionOperations::shown).toList())
        .nextToken(SnsPages.token(page.size() < SnsPages.SIZE ? "" : page.getLast().id()))
        .build();
  }

  private static software.amazon.awssdk.services.sns.model.Subscription shown(
      Subscription subscription) {
    return software.amazon.awssdk.services.sns.model.Subscription.builder()
        .subscriptionArn(subscription.pending() ? "PendingConfirmation" : subscription.arn())
        .owner(subscription.owner())
        .protocol(subscription.protocol().text())
        .endpoint(UrlPasswords.hidden(subscription.endpoint()))
        .topicArn(subscription.topicArn())
        .build();
  }

  GetSubscriptionAttributesResponse getAttributes(
      Caller caller, GetSubscriptionAttributesRequest request) {
    Arns.SubscriptionArn arn = Arns.subscription(caller, request.subscriptionArn());
    return database.read(
        snapshot -> {
          Found found = require(snapshot, arn, caller);
          return GetSubscriptionAttributesResponse.builder()
              .attributes(SubscriptionAttributes.shown(found.topic(), found.subscription()))
              .build();
        });
  }

  SetSubscriptionAttributesResponse setAttributes(
      Caller caller, SetSubscriptionAttributesRequest request) {
    Arns.SubscriptionArn arn = Arns.subscription(caller, request.subscriptionArn());
    String name = request.attributeName() == null ? "" : request.attributeName();
    String value = request.attributeValue() == null ? "" : request.attributeValue();
    database.write(
        tx -> {
          Found found = require(tx, arn, caller);
          Subscription before = found.subscription();
          SubscriptionAttributes.check(found.topic(), before.protocol(), name, value);
          Map<String, String> attributes = new LinkedHashMap<>(before.attributes());
          attributes.put(name, value);
          attributes = SubscriptionAttributes.normalized(attributes);
          SubscriptionAttributes.checkTogether(found.topic(), attributes);
          subscriptions.replace(tx, before, before.with(before.confirmation(), attributes));
          return true;
        });
    return SetSubscriptionAttributesResponse.builder().build();
  }

  private record Found(Topic topic, Subscription subscription) {}

  /// The subscription, if the caller's account owns it or its topic. Policies cannot name
  /// subscriptions, so ownership decides.
  private Found require(Snapshot snapshot, Arns.SubscriptionArn arn, Caller caller) {
    Optional<Topic> topic = topics.find(snapshot, arn.topic());
    Found found =
        topic
            .flatMap(t -> subscriptions.find(snapshot, t.id(), arn.id()).map(s -> new Found(t, s)))
            .orElseThrow(() -> SnsError.NOT_FOUND.because("Subscription does not exist"));
    requireOwner(caller, found.subscription());
    return found;
  }

  static void requireOwner(Caller caller, Subscription subscription) {
    String account = caller.account().value();
    if (!account.equals(subscription.owner()) && !account.equals(subscription.topic().account())) {
      throw SnsError.AUTHORIZATION_ERROR.because(
          "The subscription belongs to another account than the caller's");
    }
  }
}
