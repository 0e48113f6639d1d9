package io.carillon.sns;

import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.RetryPolicy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/// Sends mail: the message's text for `email`, the JSON envelope for `email-json`.
final class EmailSender implements ProtocolSender {
  private static final String DEFAULT_DISPLAY_NAME = "AWS Notifications";

  /// The limit per subscription. AWS suspends a subscription that exceeds it; here the mails wait.
  ///
  /// Source: https://docs.aws.amazon.com/general/latest/gr/sns.html
  private static final int MAX_PER_SECOND = 10;

  private final MailTransport transport;
  private final Envelopes envelopes;
  private final SubscriptionLinks links;
  private final DeliveryRateLimiter rateLimiter = new DeliveryRateLimiter();
  private final InstantSource clock;

  EmailSender(
      MailTransport transport, Envelopes envelopes, SubscriptionLinks links, InstantSource clock) {
    this.transport = transport;
    this.envelopes = envelopes;
    this.links = links;
    this.clock = clock;
  }

  @Override
  public DeliveryOutcome send(ResolvedDelivery resolved) {
    boolean json = resolved.delivery().protocol() == SubscriptionProtocol.EMAIL_JSON;
    return switch (resolved) {
      case ResolvedDelivery.Notification notification ->
          sendRateLimited(
              notification, json ? envelopes.notification(notification) : text(notification));
      case ResolvedDelivery.Handshake handshake ->
          send(
              handshake.delivery(),
              handshake.topic(),
              subject(handshake),
              json ? envelopes.handshake(handshake) : text(handshake));
      case ResolvedDelivery.Text _ ->
          throw new IllegalStateException("A direct message to a phone has no e-mail address");
    };
  }

  private DeliveryOutcome sendRateLimited(ResolvedDelivery.Notification notification, String body) {
    Optional<Duration> wait =
        rateLimiter.acquire(notification.subscription().arn(), MAX_PER_SECOND, clock.instant());
    if (wait.isPresent()) {
      return new DeliveryOutcome.Postponed(
          "limited to " + MAX_PER_SECOND + " mails per second", wait.get());
    }
    String subject = notification.message().subject();
    return send(
        notification.delivery(),
        notification.topic(),
        subject.isEmpty() ? "AWS Notification Message" : subject,
        body);
  }

  private DeliveryOutcome send(DeliveryRequest delivery, Topic topic, String subject, String body) {
    return transport.send(
        new MailTransport.Mail(
            delivery.messageId() + "." + delivery.subscriptionId(),
            topic.attribute("DisplayName", DEFAULT_DISPLAY_NAME),
            delivery.endpoint(),
            subject,
            body));
  }

  private String text(ResolvedDelivery.Notification notification) {
    return notification.body()
        + "\n\n--\n"
        + "To stop receiving messages of this topic, open the link below:\n"
        + links.unsubscribePage(notification.subscription().arn())
        + "\n\nPlease do not reply to this e-mail: nobody reads the answers.\n";
  }

  private static String subject(ResolvedDelivery.Handshake handshake) {
    return switch (handshake.delivery().kind()) {
      case UNSUBSCRIBE_CONFIRMATION -> "AWS Notification - Unsubscribe Confirmation";
      case SUBSCRIPTION_CONFIRMATION, NOTIFICATION ->
          "AWS Notification - Subscription Confirmation";
    };
  }

  private String text(ResolvedDelivery.Handshake handshake) {
    DeliveryRequest delivery = handshake.delivery();
    String link = links.confirmationPage(delivery.topicArn(), delivery.token());
    return switch (delivery.kind()) {
      case UNSUBSCRIBE_CONFIRMATION ->
          "Your subscription to this topic has ended:\n"
              + delivery.topicArn()
              + "\n\nIf you did not want that, open the link below to subscribe again:\n"
              + link
              + "\n";
      case SUBSCRIPTION_CONFIRMATION, NOTIFICATION ->
          "You have chosen to subscribe to the topic:\n"
              + delivery.topicArn()
              + "\n\nTo confirm this subscription, open the link below"
              + " (if this was in error, nothing needs to be done):\n"
              + link
              + "\n\nPlease do not reply to this e-mail: nobody reads the answers.\n";
    };
  }

  @Override
  public RetryPolicy retryPolicy(ResolvedDelivery resolved) {
    return RetryPolicy.SNS_PEOPLE;
  }
}
