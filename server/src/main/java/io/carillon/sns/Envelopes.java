package io.carillon.sns;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carillon.base.Timestamps;
import java.util.LinkedHashMap;
import java.util.Map;

/// Messages as signed JSON, for HTTP(S) endpoints, queues, functions and `email-json`.
///
/// Sources: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html and, for
/// the signature, sns-verify-signature-of-message-verify-message-signature.html
final class Envelopes {
  private static final int SIGNATURES_CACHED = 256;

  private final SigningCertificate certificate;
  private final SubscriptionLinks links;

  /// All subscribers of one body share its signature: signing costs more than the rest of a
  /// delivery, and does not depend on the recipient.
  private record SignatureKey(String messageId, String variant, String version) {}

  private final Map<SignatureKey, String> signatures =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<SignatureKey, String> eldest) {
          return size() > SIGNATURES_CACHED;
        }
      };

  Envelopes(SigningCertificate certificate, SubscriptionLinks links) {
    this.certificate = certificate;
    this.links = links;
  }

  /// A notification for HTTP(S), queues and `email-json`.
  String notification(ResolvedDelivery.Notification notification) {
    Message message = notification.message();
    ObjectNode json = SnsJson.MAPPER.createObjectNode();
    json.put("Type", DeliveryRequest.Kind.NOTIFICATION.type());
    json.put("MessageId", message.id());
    json.put("TopicArn", message.topicArn());
    if (!message.subject().isEmpty()) {
      json.put("Subject", message.subject());
    }
    json.put("Message", notification.body());
    json.put("Timestamp", Timestamps.millis(message.published()));
    String version = version(notification.topic());
    json.put("SignatureVersion", version);
    json.put("Signature", sign(notification, version));
    json.put("SigningCertURL", certificate.url(notification.topic().region()));
    json.put("UnsubscribeURL", links.unsubscribe(notification.subscription().arn()));
    if (!message.attributes().isEmpty()) {
      json.set("MessageAttributes", PublishedAttributes.shown(message.attributes()));
    }
    return SnsJson.pretty(json);
  }

  /// A confirmation message for HTTP(S), queues and `email-json`.
  String handshake(ResolvedDelivery.Handshake handshake) {
    DeliveryRequest delivery = handshake.delivery();
    String message =
        switch (delivery.kind()) {
          case UNSUBSCRIBE_CONFIRMATION ->
              "You have chosen to deactivate subscription "
                  + delivery.subscriptionArn()
                  + ".\nTo cancel this operation and restore the subscription, visit the"
                  + " SubscribeURL included in this message.";
          case SUBSCRIPTION_CONFIRMATION, NOTIFICATION ->
              "You have chosen to subscribe to the topic "
                  + delivery.topicArn()
                  + ".\nTo confirm the subscription, visit the SubscribeURL included in this"
                  + " message.";
        };
    String subscribeUrl = links.confirm(delivery.topicArn(), delivery.token());
    String timestamp = Timestamps.millis(delivery.created());
    String version = version(handshake.topic());
    String toSign =
        lines(
            "Message",
            message,
            "MessageId",
            delivery.messageId(),
            "SubscribeURL",
            subscribeUrl,
            "Timestamp",
            timestamp,
            "Token",
            delivery.token(),
            "TopicArn",
            delivery.topicArn(),
            "Type",
            delivery.kind().type());
    ObjectNode json = SnsJson.MAPPER.createObjectNode();
    json.put("Type", delivery.kind().type());
    json.put("MessageId", delivery.messageId());
    json.put("Token", delivery.token());
    json.put("TopicArn", delivery.topicArn());
    json.put("Message", message);
    json.put("SubscribeURL", subscribeUrl);
    json.put("Timestamp", timestamp);
    json.put("SignatureVersion", version);
    json.put("Signature", certificate.sign(version, toSign));
    json.put("SigningCertURL", certificate.url(handshake.topic().region()));
    return SnsJson.pretty(json);
  }

  /// The event that a function is invoked with. Some of its field names differ in capitalization.
  String functionEvent(ResolvedDelivery.Notification notification) {
    Message message = notification.message();
    ObjectNode event = SnsJson.MAPPER.createObjectNode();
    ObjectNode entry = event.putArray("Records").addObject();
    entry.put("EventSource", "aws:sns");
    entry.put("EventVersion", "1.0");
    entry.put("EventSubscriptionArn", notification.subscription().arn());
    ObjectNode sns = entry.putObject("Sns");
    sns.put("Type", DeliveryRequest.Kind.NOTIFICATION.type());
    sns.put("MessageId", message.id());
    sns.put("TopicArn", message.topicArn());
    sns.put("Subject", message.subject().isEmpty() ? null : message.subject());
    sns.put("Message", notification.body());
    sns.put("Timestamp", Timestamps.millis(message.published()));
    String version = version(notification.topic());
    sns.put("SignatureVersion", version);
    sns.put("Signature", sign(notification, version));
    sns.put("SigningCertUrl", certificate.url(notification.topic().region()));
    sns.put("UnsubscribeUrl", links.unsubscribe(notification.subscription().arn()));
    sns.set("MessageAttributes", PublishedAttributes.shown(message.attributes()));
    return event.toString();
  }

  private static String version(Topic topic) {
    return topic.attribute("SignatureVersion", "1");
  }

  private String sign(ResolvedDelivery.Notification notification, String version) {
    Message message = notification.message();
    String protocol = notification.delivery().protocol().text();
    String variant = message.bodies().containsKey(protocol) ? protocol : "default";
    SignatureKey key = new SignatureKey(message.id(), variant, version);
    synchronized (signatures) {
      String known = signatures.get(key);
      if (known != null) {
        return known;
      }
    }
    String signature = certificate.sign(version, toSign(message, notification.body()));
    synchronized (signatures) {
      signatures.put(key, signature);
    }
    return signature;
  }

  private static String toSign(Message message, String body) {
    String subject = message.subject().isEmpty() ? "" : lines("Subject", message.subject());
    return lines("Message", body, "MessageId", message.id())
        + subject
        + lines(
            "Timestamp",
            Timestamps.millis(message.published()),
            "TopicArn",
            message.topicArn(),
            "Type",
            DeliveryRequest.Kind.NOTIFICATION.type());
  }

  private static String lines(String... lines) {
    return String.join("\n", lines) + "\n";
  }
}
