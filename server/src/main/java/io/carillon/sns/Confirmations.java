package io.carillon.sns;

import io.carillon.aws.Authorizer;
import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.aws.Principal;
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

/// The handshake: an endpoint is asked, consents with the token it was sent, and can leave.
///
/// A token is good for two days; so long a subscription may wait for consent. When they are over,
/// work that was put in with the token removes both, so nothing has to be searched for.
final class Confirmations implements Delivery {
  static final String EXPIRY = "sns.expiry";
  private static final Duration TOKEN_LIFE = Duration.ofDays(2);

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

  /// Sends the endpoint a token; the subscription returned waits for it.
  Subscription ask(Tx tx, Subscription subscription) {
    Instant now = clock.instant();
    String token = ids.token(104); // as long as AWS's
    Instant expires = now.plus(TOKEN_LIFE);
    send(tx, DeliveryRequest.Kind.SUBSCRIPTION_CONFIRMATION, subscription, token, now);
    expireAt(tx, subscription, token, expires);
    return subscription.with(Confirmation.asked(token, expires));
  }

  /// Takes a token, of a subscription that waits or of one that was cancelled by link.
  ConfirmSubscriptionResponse confirm(Caller caller, ConfirmSubscriptionRequest request) {
    Arn topicArn = Arns.topic(request.topicArn(), "TopicArn");
    String given = request.token();
    if (given == null || given.isEmpty()) {
      throw SnsError.invalid("Token");
    }
    boolean known = !(caller.principal() instanceof Principal.Anonymous);
    boolean guard = "true".equals(request.authenticateOnUnsubscribe());
    if (guard && !known) {
      throw SnsError.AUTHORIZATION_ERROR.because(
          "AuthenticateOnUnsubscribe asks for a signed ConfirmSubscription");
    }
    return database.write(
        tx -> {
          Topic topic = topics.require(tx, topicArn);
          Subscriptions.Token token =
              subscriptions
                  .findToken(tx, given)
                  .filter(t -> t.topicId().equals(topic.id()))
                  .filter(t -> t.expires().isAfter(clock.instant()))
                  .orElseThrow(() -> SnsError.invalid("Token"));
          Subscription subscription =
              subscriptions
                  .find(tx, topic.id(), token.id())
                  .map(waiting -> consent(tx, waiting, known, guard))
                  .or(
                      () ->
                          Optional.ofNullable(token.farewell())
                              .map(
                                  farewell ->
                                      restore(
                                          tx,
                                          topic,
                                          farewell.with(Confirmation.asked(given, token.expires())),
                                          known,
                                          guard)))
                  .orElseThrow(() -> SnsError.invalid("Token"));
          return ConfirmSubscriptionResponse.builder().subscriptionArn(subscription.arn()).build();
        });
  }

  /// Confirming again, as mail programs that open links do, is no change.
  private Subscription consent(Tx tx, Subscription waiting, boolean known, boolean guard) {
    if (!waiting.pending()) {
      return waiting;
    }
    Subscription confirmed = waiting.with(waiting.confirmation().given(known, guard));
    subscriptions.replace(tx, waiting, confirmed);
    return confirmed;
  }

  private Subscription restore(
      Tx tx, Topic topic, Subscription farewell, boolean known, boolean guard) {
    Optional<Subscription> anew =
        subscriptions.findByEndpoint(tx, topic, farewell.protocol(), farewell.endpoint());
    if (anew.isPresent()) {
      return consent(tx, anew.get(), known, guard);
    }
    Subscription restored = farewell.with(farewell.confirmation().given(known, guard));
    subscriptions.add(tx, restored);
    return restored;
  }

  /// Ends a subscription: for a signed caller if it may, for the holder of the link unless the
  /// subscription was guarded against that. Whoever left by link gets a notice, with which to come
  /// back. Ending what is not there is no error.
  UnsubscribeResponse unsubscribe(Caller caller, UnsubscribeRequest request) {
    Arns.SubscriptionArn arn = Arns.subscription(request.subscriptionArn());
    boolean byLink = caller.principal() instanceof Principal.Anonymous;
    if (!byLink) {
      authorizer.require(caller, List.of(Need.anywhere("sns:Unsubscribe")));
    }
    database.write(
        tx -> {
          topics
              .find(tx, arn.topic())
              .flatMap(topic -> subscriptions.find(tx, topic.id(), arn.id()))
              .ifPresent(
                  subscription -> {
                    requireLeave(caller, byLink, subscription);
                    subscriptions.delete(tx, subscription);
                    if (byLink) {
                      sayFarewell(tx, subscription);
                    }
                  });
          return true;
        });
    return UnsubscribeResponse.builder().build();
  }

  private static void requireLeave(Caller caller, boolean byLink, Subscription subscription) {
    if (!byLink) {
      SubscriptionOperations.requireOwner(caller, subscription);
    } else if (subscription.confirmation().guarded()) {
      throw SnsError.AUTHORIZATION_ERROR.because(
          "This subscription can only be ended by a signed request");
    }
    if (subscription.pending()) {
      throw SnsError.invalid(
          "SubscriptionArn Reason: the subscription is pending confirmation; it ends by itself"
              + " unless it is confirmed within two days");
    }
  }

  private void sayFarewell(Tx tx, Subscription subscription) {
    if (subscription.protocol() == Protocol.SMS || subscription.protocol() == Protocol.LAMBDA) {
      return; // these cannot follow a link
    }
    Instant now = clock.instant();
    String token = ids.token(104);
    Instant expires = now.plus(TOKEN_LIFE);
    subscriptions.putFarewell(tx, token, expires, subscription);
    send(tx, DeliveryRequest.Kind.UNSUBSCRIBE_CONFIRMATION, subscription, token, now);
    expireAt(tx, subscription, token, expires);
  }

  private void send(Tx tx, DeliveryRequest.Kind kind, Subscription to, String token, Instant now) {
    DeliveryRequest delivery = DeliveryRequest.about(kind, to, ids.uuid(), token, now);
    outbox.add(tx, new Work(to.protocol().kind(), to.arn(), now, delivery.encode(), ""));
  }

  private void expireAt(Tx tx, Subscription subscription, String token, Instant expires) {
    outbox.add(
        tx,
        new Work(EXPIRY, subscription.arn(), expires, token.getBytes(StandardCharsets.UTF_8), ""));
  }

  /// Removes a token whose time is over, and the subscription that still waits for it.
  @Override
  public DeliveryOutcome attempt(Job job) {
    String given = new String(job.work().payload(), StandardCharsets.UTF_8);
    return new DeliveryOutcome.Done(
        tx -> subscriptions.findToken(tx, given).ifPresent(t -> expire(tx, given, t)));
  }

  private void expire(Tx tx, String given, Subscriptions.Token token) {
    subscriptions
        .find(tx, token.topicId(), token.id())
        .filter(Subscription::pending)
        .filter(subscription -> subscription.confirmation().token().equals(given))
        .ifPresent(subscription -> subscriptions.delete(tx, subscription));
    subscriptions.deleteToken(tx, given);
  }

  @Override
  public Duration longestWait() {
    return TOKEN_LIFE;
  }

  @Override
  public RetryPolicy retryPolicy(Job job) {
    return RetryPolicy.SNS_MANAGED;
  }

  @Override
  public boolean deadLetter(Tx tx, Job job, String why) {
    return false;
  }
}
