package io.carillon.sns;

import io.carillon.aws.Authorizer;
import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.aws.Principal;
import io.carillon.aws.RequestAuthorization;
import io.carillon.base.Arn;
import io.carillon.base.Ids;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.Outbox;
import io.carillon.outbox.RetryPolicy;
import io.carillon.outbox.Work;
import io.carillon.sns.Subscription.Confirmation;
import io.carillon.store.Database;
import io.carillon.store.Tx;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.services.sns.model.ConfirmSubscriptionRequest;
import software.amazon.awssdk.services.sns.model.ConfirmSubscriptionResponse;
import software.amazon.awssdk.services.sns.model.UnsubscribeRequest;
import software.amazon.awssdk.services.sns.model.UnsubscribeResponse;

/// Confirmation of subscriptions: an endpoint is sent a token, confirms with it, and can
/// unsubscribe.
///
/// A token, and with it a pending subscription, expires after two days. A job that is added
/// together with the token removes both, so no scan for expired tokens is needed.
final class Confirmations implements Delivery {
  static final String EXPIRY = "sns.expiry";
  private static final Duration TOKEN_LIFETIME = Duration.ofDays(2);

  private final Database database;
  private final Outbox outbox;
  private final Topics topics;
  private final Subscriptions subscriptions;
  private final Authorizer authorizer;
  private final Ids ids;
  private final InstantSource clock;

  Confirmations(
      Database database,
      Outbox outbox,
      Topics topics,
      Subscriptions subscriptions,
      Authorizer authorizer,
      Ids ids,
      InstantSource clock) {
    this.database = database;
    this.outbox = outbox;
    this.topics = topics;
    this.subscriptions = subscriptions;
    this.authorizer = authorizer;
    this.ids = ids;
    this.clock = clock;
  }

  /// Sends the endpoint a token; returns the subscription, pending.
  Subscription requestConfirmation(Tx tx, Subscription subscription) {
    Instant now = clock.instant();
    String token = ids.token(104); // as long as AWS's
    Instant expires = now.plus(TOKEN_LIFETIME);
    send(tx, DeliveryRequest.Kind.SUBSCRIPTION_CONFIRMATION, subscription, token, now);
    scheduleExpiry(tx, subscription, token, expires);
    return subscription.with(Confirmation.requested(token, expires));
  }

  /// Accepts the token of a pending subscription, or of one that was cancelled by a link.
  ConfirmSubscriptionResponse confirm(Caller caller, ConfirmSubscriptionRequest request) {
    Arn topicArn = Arns.topic(caller, request.topicArn(), "TopicArn");
    String tokenText = request.token();
    if (tokenText == null || tokenText.isEmpty()) {
      throw SnsError.invalid("Token");
    }
    boolean authenticated = !(caller.principal() instanceof Principal.Anonymous);
    boolean authenticateOnUnsubscribe = "true".equals(request.authenticateOnUnsubscribe());
    if (authenticateOnUnsubscribe && !authenticated) {
      throw SnsError.AUTHORIZATION_ERROR.because(
          "AuthenticateOnUnsubscribe asks for a signed ConfirmSubscription");
    }
    return database.write(
        tx -> {
          Topic topic = topics.require(tx, topicArn);
          Subscriptions.Token token =
              subscriptions
                  .findToken(tx, tokenText)
                  .filter(t -> t.topicId().equals(topic.id()))
                  .filter(t -> t.expires().isAfter(clock.instant()))
                  .orElseThrow(() -> SnsError.invalid("Token"));
          Subscription subscription =
              subscriptions
                  .find(tx, topic.id(), token.id())
                  .map(
                      existing ->
                          confirmPending(tx, existing, authenticated, authenticateOnUnsubscribe))
                  .or(
                      () ->
                          Optional.ofNullable(token.unsubscribed())
                              .map(
                                  unsubscribed ->
                                      resubscribe(
                                          tx,
                                          topic,
                                          unsubscribed.with(
                                              Confirmation.requested(tokenText, token.expires())),
                                          authenticated,
                                          authenticateOnUnsubscribe)))
                  .orElseThrow(() -> SnsError.invalid("Token"));
          return ConfirmSubscriptionResponse.builder().subscriptionArn(subscription.arn()).build();
        });
  }

  /// Confirming again changes nothing: mail programs open links on their own.
  private Subscription confirmPending(
      Tx tx, Subscription existing, boolean authenticated, boolean authenticateOnUnsubscribe) {
    if (!existing.pending()) {
      return existing;
    }
    Subscription confirmed =
        existing.with(existing.confirmation().confirmed(authenticated, authenticateOnUnsubscribe));
    subscriptions.replace(tx, existing, confirmed);
    return confirmed;
  }

  private Subscription resubscribe(
      Tx tx,
      Topic topic,
      Subscription unsubscribed,
      boolean authenticated,
      boolean authenticateOnUnsubscribe) {
    Optional<Subscription> existing =
        subscriptions.findByEndpoint(tx, topic, unsubscribed.protocol(), unsubscribed.endpoint());
    if (existing.isPresent()) {
      return confirmPending(tx, existing.get(), authenticated, authenticateOnUnsubscribe);
    }
    Subscription restored =
        unsubscribed.with(
            unsubscribed.confirmation().confirmed(authenticated, authenticateOnUnsubscribe));
    subscriptions.add(tx, restored);
    return restored;
  }

  /// Ends a subscription: for an authorized signed caller, or for the holder of the link unless the
  /// subscription was confirmed with AuthenticateOnUnsubscribe. An endpoint that unsubscribed by
  /// link gets a confirmation with a token that restores the subscription. A missing subscription
  /// is no error.
  UnsubscribeResponse unsubscribe(Caller caller, UnsubscribeRequest request) {
    Arns.SubscriptionArn arn = Arns.subscription(caller, request.subscriptionArn());
    boolean byLink = caller.principal() instanceof Principal.Anonymous;
    if (!byLink) {
      RequestAuthorization.require(
          authorizer.authorize(caller, List.of(Need.anywhere("sns:Unsubscribe"))));
    }
    database.write(
        tx -> {
          topics
              .find(tx, arn.topic())
              .flatMap(topic -> subscriptions.find(tx, topic.id(), arn.id()))
              .ifPresent(
                  subscription -> {
                    requireMayUnsubscribe(caller, byLink, subscription);
                    subscriptions.delete(tx, subscription);
                    if (byLink) {
                      sendUnsubscribeConfirmation(tx, subscription);
                    }
                  });
          return true;
        });
    return UnsubscribeResponse.builder().build();
  }

  private static void requireMayUnsubscribe(
      Caller caller, boolean byLink, Subscription subscription) {
    if (!byLink) {
      SubscriptionOperations.requireOwner(caller, subscription);
    } else if (subscription.confirmation().authenticateOnUnsubscribe()) {
      throw SnsError.AUTHORIZATION_ERROR.because(
          "This subscription can only be ended by a signed request");
    }
    if (subscription.pending()) {
      throw SnsError.invalid(
          "SubscriptionArn Reason: the subscription is pending confirmation; it ends by itself"
              + " unless it is confirmed within two days");
    }
  }

  private void sendUnsubscribeConfirmation(Tx tx, Subscription subscription) {
    if (subscription.protocol() == SubscriptionProtocol.SMS
        || subscription.protocol() == SubscriptionProtocol.LAMBDA) {
      return; // these cannot follow a link
    }
    Instant now = clock.instant();
    String token = ids.token(104);
    Instant expires = now.plus(TOKEN_LIFETIME);
    subscriptions.putUnsubscribed(tx, token, expires, subscription);
    send(tx, DeliveryRequest.Kind.UNSUBSCRIBE_CONFIRMATION, subscription, token, now);
    scheduleExpiry(tx, subscription, token, expires);
  }

  private void send(Tx tx, DeliveryRequest.Kind kind, Subscription to, String token, Instant now) {
    DeliveryRequest delivery = DeliveryRequest.about(kind, to, ids.uuid(), token, now);
    outbox.add(tx, new Work(to.protocol().kind(), to.arn(), now, delivery.encode(), ""));
  }

  private void scheduleExpiry(Tx tx, Subscription subscription, String token, Instant expires) {
    outbox.add(
        tx,
        new Work(EXPIRY, subscription.arn(), expires, token.getBytes(StandardCharsets.UTF_8), ""));
  }

  /// Removes an expired token, and its subscription if that is still pending.
  @Override
  public DeliveryOutcome attempt(Job job) {
    String tokenText = new String(job.work().payload(), StandardCharsets.UTF_8);
    return new DeliveryOutcome.Done(
        tx -> subscriptions.findToken(tx, tokenText).ifPresent(t -> expire(tx, tokenText, t)));
  }

  private void expire(Tx tx, String tokenText, Subscriptions.Token token) {
    subscriptions
        .find(tx, token.topicId(), token.id())
        .filter(Subscription::pending)
        .filter(subscription -> subscription.confirmation().token().equals(tokenText))
        .ifPresent(subscription -> subscriptions.delete(tx, subscription));
    subscriptions.deleteToken(tx, tokenText);
  }

  @Override
  public Duration longestWait() {
    return TOKEN_LIFETIME;
  }

  @Override
  public RetryPolicy retryPolicy(Job job) {
    return RetryPolicy.SNS_MANAGED;
  }
}
