package io.carillon.sns;

import io.carillon.outbox.Outcome;
import io.carillon.outbox.RetryPolicy;

/// Sends mail: the message as its text for `email`, the envelope for `email-json`.
final class EmailCarrier implements Carrier {
  private static final String NO_NAME = "AWS Notifications";

  private final MailTransport transport;
  private final Envelopes envelopes;
  private final Links links;

  EmailCarrier(MailTransport transport, Envelopes envelopes, Links links) {
    this.transport = transport;
    this.envelopes = envelopes;
    this.links = links;
  }

  @Override
  public Outcome carry(Notice notice, String cause) {
    boolean json = notice.parcel().protocol() == Protocol.EMAIL_JSON;
    return switch (notice) {
      case Notice.Notification notification ->
          send(
              notification.parcel(),
              notification.topic(),
              notification.message().subject().isEmpty()
                  ? "AWS Notification Message"
                  : notification.message().subject(),
              json ? envelopes.notification(notification) : letter(notification));
      case Notice.Handshake handshake ->
          send(
              handshake.parcel(),
              handshake.topic(),
              subject(handshake),
              json ? envelopes.handshake(handshake) : letter(handshake));
      case Notice.Text _ -> throw new IllegalStateException("A message to a phone in the mail");
    };
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
