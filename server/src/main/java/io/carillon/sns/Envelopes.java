package io.carillon.sns;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carillon.base.Timestamps;
import java.util.LinkedHashMap;
import java.util.Map;

/// Messages as JSON, signed: what HTTP(S) endpoints, queues, functions and `email-json` get.
///
/// Sources: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html and, for
/// the signature, sns-verify-signature-of-message-verify-message-signature.html
final class Envelopes {
  private static final int SIGNATURES_KEPT = 256;

  private final SigningCertificate certificate;
  private final SubscriptionLinks links;

  /// What all subscribers of one body share. Signing costs more than all the rest of a delivery,
  /// and does not depend on who gets the message.
  private record Signed(String messageId, String variant, String version) {}

  private final Map<Signed, String> signatures =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Signed, String> eldest) {
          return size() > SIGNATURES_KEPT;
        }
      };

  Envelopes(SigningCertificate certificate, SubscriptionLinks links) {
    this.certificate = certificate;
    this.links = links;
  }

  /// A notification for HTTP(S), queues and `email-json`.
  String notification(ResolvedDelivery.Notification notice) {
    Message message = notice.message();
    ObjectNode json = SnsJson.MAPPER.createObjectNode();
    json.put("Type", DeliveryRequest.Kind.NOTIFICATION.type());
    json.put("MessageId", message.id());
    json.put("TopicArn", message.topicArn());
    if (!message.subject().isEmpty()) {
      json.put("Subject", message.subject());
    }
    json.put("Message", notice.body());
    json.put("Timestamp", Timestamps.millis(message.published()));
    String version = version(notice.topic());
    json.put("SignatureVersion", version);
    json.put("Signature", sign(notice, version));
    json.put("SigningCertURL", certificate.url(notice.topic().region()));
    json.put("UnsubscribeURL", links.unsubscribe(notice.subscription().arn()));
    if (!message.attributes().isEmpty()) {
      json.set("MessageAttributes", MessageAttributes.shown(message.attributes()));
    }
    return SnsJson.pretty(json);
  }

  /// A question for HTTP(S), queues and `email-json`.
  String handshake(ResolvedDelivery.Handshake notice) {
    DeliveryRequest delivery = notice.delivery();
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
    String version = version(notice.topic());
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
    json.put("SigningCertURL", certificate.url(notice.topic().region()));
    return SnsJson.pretty(json);
  }

  /// The event that a function is invoked with. Its fields are spelled a little differently.
  String functionEvent(ResolvedDelivery.Notification notice) {
    Message message = notice.message();
    ObjectNode event = SnsJson.MAPPER.createObjectNode();
    ObjectNode entry = event.putArray("Records").addObject();
    entry.put("EventSource", "aws:sns");
    entry.put("EventVersion", "1.0");
    entry.put("EventSubscriptionArn", notice.subscription().arn());
    ObjectNode sns = entry.putObject("Sns");
    sns.put("Type", DeliveryRequest.Kind.NOTIFICATION.type());
    sns.put("MessageId", message.id());
    sns.put("TopicArn", message.topicArn());
    sns.put("Subject", message.subject().isEmpty() ? null : message.subject());
    sns.put("Message", notice.body());
    sns.put("Timestamp", Timestamps.millis(message.published()));
    String version = version(notice.topic());
    sns.put("SignatureVersion", version);
    sns.put("Signature", sign(notice, version));
    sns.put("SigningCertUrl", certificate.url(notice.topic().region()));
    sns.put("UnsubscribeUrl", links.unsubscribe(notice.subscription().arn()));
    sns.set("MessageAttributes", MessageAttributes.shown(message.attributes()));
    return SnsJson.compact(event);
  }

  private static String version(Topic topic) {
    return topic.attribute("SignatureVersion", "1");
  }

  private String sign(ResolvedDelivery.Notification notice, String version) {
    Message message = notice.message();
    String protocol = notice.delivery().protocol().text();
    String variant = message.bodies().containsKey(protocol) ? protocol : "default";
    Signed key = new Signed(message.id(), variant, version);
    synchronized (signatures) {
      String known = signatures.get(key);
      if (known != null) {
        return known;
      }
    }
    String signature = certificate.sign(version, toSign(message, notice.body()));
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
