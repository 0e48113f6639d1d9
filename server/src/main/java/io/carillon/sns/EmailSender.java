package io.carillon.sns;

import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.RetryPolicy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/// Sends mail: the message as its text for `email`, the envelope for `email-json`.
final class EmailSender implements ProtocolSender {
  private static final String NO_NAME = "AWS Notifications";

  /// What a subscription is sent at most. AWS suspends it when there is more; here the mails wait.
  ///
  /// Source: https://docs.aws.amazon.com/general/latest/gr/sns.html
  private static final int MAX_PER_SECOND = 10;

  private final MailTransport transport;
  private final Envelopes envelopes;
  private final SubscriptionLinks links;
  private final DeliveryRateLimiter pace = new DeliveryRateLimiter();
  private final InstantSource clock;

  EmailSender(
      MailTransport transport, Envelopes envelopes, SubscriptionLinks links, InstantSource clock) {
    this.transport = transport;
    this.envelopes = envelopes;
    this.links = links;
    this.clock = clock;
  }

  @Override
  public DeliveryOutcome carry(ResolvedDelivery notice, String cause) {
    boolean json = notice.delivery().protocol() == Protocol.EMAIL_JSON;
    return switch (notice) {
      case ResolvedDelivery.Notification notification ->
          inTurn(notification, json ? envelopes.notification(notification) : letter(notification));
      case ResolvedDelivery.Handshake handshake ->
          send(
              handshake.delivery(),
              handshake.topic(),
              subject(handshake),
              json ? envelopes.handshake(handshake) : letter(handshake));
      case ResolvedDelivery.Text _ ->
          throw new IllegalStateException("A message to a phone in the mail");
    };
  }

  private DeliveryOutcome inTurn(ResolvedDelivery.Notification notification, String body) {
    Optional<Duration> wait =
        pace.takeTurn(notification.subscription().arn(), MAX_PER_SECOND, clock.instant());
    if (wait.isPresent()) {
      return new DeliveryOutcome.Postponed(
          "held to " + MAX_PER_SECOND + " mails a second", wait.get());
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
            topic.attribute("DisplayName", NO_NAME),
            delivery.endpoint(),
            subject,
            body));
  }

  private String letter(ResolvedDelivery.Notification notification) {
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

  private String letter(ResolvedDelivery.Handshake handshake) {
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
  public RetryPolicy retryPolicy(ResolvedDelivery notice) {
    return RetryPolicy.SNS_PEOPLE;
  }
}
