package io.carillon.sns;

import io.carillon.outbox.Outcome;
import io.carillon.outbox.RetryPolicy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/// Sends mail: the message as its text for `email`, the envelope for `email-json`.
final class EmailCarrier implements Carrier {
  private static final String NO_NAME = "AWS Notifications";

  /// What a subscription is sent at most. AWS suspends it when there is more; here the mails wait.
  ///
  /// Source: https://docs.aws.amazon.com/general/latest/gr/sns.html
  private static final int MAX_PER_SECOND = 10;

  private final MailTransport transport;
  private final Envelopes envelopes;
  private final Links links;
  private final Pace pace = new Pace();
  private final InstantSource clock;

  EmailCarrier(MailTransport transport, Envelopes envelopes, Links links, InstantSource clock) {
    this.transport = transport;
    this.envelopes = envelopes;
    this.links = links;
    this.clock = clock;
  }

  @Override
  public Outcome carry(Notice notice, String cause) {
    boolean json = notice.parcel().protocol() == Protocol.EMAIL_JSON;
    return switch (notice) {
      case Notice.Notification notification ->
          inTurn(notification, json ? envelopes.notification(notification) : letter(notification));
      case Notice.Handshake handshake ->
          send(
              handshake.parcel(),
              handshake.topic(),
              subject(handshake),
              json ? envelopes.handshake(handshake) : letter(handshake));
      case Notice.Text _ -> throw new IllegalStateException("A message to a phone in the mail");
    };
  }

  private Outcome inTurn(Notice.Notification notification, String body) {
    Optional<Duration> wait =
        pace.takeTurn(notification.subscription().arn(), MAX_PER_SECOND, clock.instant());
    if (wait.isPresent()) {
      return new Outcome.Postponed("held to " + MAX_PER_SECOND + " mails a second", wait.get());
    }
    String subject = notification.message().subject();
    return send(
        notification.parcel(),
        notification.topic(),
        subject.isEmpty() ? "AWS Notification Message" : subject,
        body);
  }

  private Outcome send(Parcel parcel, Topic topic, String subject, String body) {
    return transport.send(
        new MailTransport.Mail(
            parcel.messageId() + "." + parcel.subscriptionId(),
            topic.attribute("DisplayName", NO_NAME),
            parcel.endpoint(),
            subject,
            body));
  }

  private String letter(Notice.Notification notification) {
    return notification.body()
        + "\n\n--\n"
        + "To stop receiving messages of this topic, open the link below:\n"
        + links.unsubscribePage(notification.subscription().arn())
        + "\n\nPlease do not reply to this e-mail: nobody reads the answers.\n";
  }

  private static String subject(Notice.Handshake handshake) {
    return switch (handshake.parcel().kind()) {
      case UNSUBSCRIBE_CONFIRMATION -> "AWS Notification - Unsubscribe Confirmation";
      case SUBSCRIPTION_CONFIRMATION, NOTIFICATION ->
          "AWS Notification - Subscription Confirmation";
    };
  }

  private String letter(Notice.Handshake handshake) {
    Parcel parcel = handshake.parcel();
    String link = links.confirmationPage(parcel.topicArn(), parcel.token());
    return switch (parcel.kind()) {
      case UNSUBSCRIBE_CONFIRMATION ->
          "Your subscription to this topic has ended:\n"
              + parcel.topicArn()
              + "\n\nIf you did not want that, open the link below to subscribe again:\n"
              + link
              + "\n";
      case SUBSCRIPTION_CONFIRMATION, NOTIFICATION ->
          "You have chosen to subscribe to the topic:\n"
              + parcel.topicArn()
              + "\n\nTo confirm this subscription, open the link below"
              + " (if this was in error, nothing needs to be done):\n"
              + link
              + "\n\nPlease do not reply to this e-mail: nobody reads the answers.\n";
    };
  }

  @Override
  public RetryPolicy retryPolicy(Notice notice) {
    return RetryPolicy.SNS_PEOPLE;
  }
}
