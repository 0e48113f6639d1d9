package io.carillon.sns;

import io.carillon.outbox.MessageAttribute;
import io.carillon.outbox.Outcome;
import io.carillon.outbox.RetryPolicy;

/// Sends text messages, to the phones that subscribe and to single numbers.
final class SmsCarrier implements Carrier {
  private static final int MAX_CHARACTERS = 1_600;
  private static final int SHOWN_NAME = 10;

  private final TextTransport transport;

  SmsCarrier(TextTransport transport) {
    this.transport = transport;
  }

  @Override
  public Outcome carry(Notice notice, String cause) {
    return switch (notice) {
      case Notice.Notification notification ->
          send(
              notification.parcel(),
              notification.message(),
              prefix(notification.topic()) + notification.body());
      case Notice.Text text ->
          send(text.parcel(), text.message(), text.message().bodyFor(Protocol.SMS));
      case Notice.Handshake _ -> throw new IllegalStateException("Phones are not asked");
    };
  }

  private Outcome send(Parcel parcel, Message message, String text) {
    if (text.length() > MAX_CHARACTERS) {
      return new Outcome.Rejected(
          "an SMS holds " + MAX_CHARACTERS + " characters, this message has " + text.length());
    }
    MessageAttribute sender = message.attributes().get("AWS.SNS.SMS.SenderID");
    return transport.send(
        new TextTransport.TextMessage(
            parcel.messageId(), parcel.endpoint(), text, sender == null ? "" : sender.shown()));
  }

  /// The first characters of the topic's display name, as AWS puts them before the text.
  private static String prefix(Topic topic) {
    String name = topic.attribute("DisplayName", "");
    return name.isEmpty() ? "" : name.substring(0, Math.min(name.length(), SHOWN_NAME)) + "> ";
  }

  @Override
  public RetryPolicy retryPolicy(Notice notice) {
    return RetryPolicy.SNS_PEOPLE;
  }
}
