package io.carillon.sns;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carillon.aws.AwsException;
import io.carillon.base.Arn;
import io.carillon.base.UrlPasswords;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The attributes of a subscription: their names, validation and presentation.
///
/// Source: https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html
final class SubscriptionAttributes {
  private static final Set<String> KNOWN =
      Set.of(
          "DeliveryPolicy",
          "FilterPolicy",
          "FilterPolicyScope",
          "RawMessageDelivery",
          "RedrivePolicy");

  private SubscriptionAttributes() {}

  /// @param value empty to reset the attribute to its default
  static void check(Topic topic, SubscriptionProtocol protocol, String name, String value) {
    if (name.equals("SubscriptionRoleArn") || name.equals("ReplayPolicy")) {
      throw SnsError.unsupported("The subscription attribute " + name);
    }
    if (!KNOWN.contains(name)) {
      throw SnsError.invalid("AttributeName");
    }
    switch (name) {
      case "RawMessageDelivery" -> checkRaw(protocol, value);
      case "RedrivePolicy" -> checkRedrive(topic, value);
      case "DeliveryPolicy" -> {
        if (protocol != SubscriptionProtocol.HTTP && protocol != SubscriptionProtocol.HTTPS) {
          throw SnsError.invalid(
              "Delivery protocol [" + protocol.text() + "] does not support delivery policies.");
        }
      }
      default -> {} // checkTogether validates the attributes that depend on each other
    }
  }

  /// Validates the attributes of a Subscribe.
  static void checkAll(Topic topic, SubscriptionProtocol protocol, Map<String, String> attributes) {
    try {
      attributes.forEach((name, value) -> check(topic, protocol, name, value));
      checkTogether(topic, attributes);
    } catch (AwsException e) {
      throw SnsError.amongAttributes(e);
    }
  }

  /// Validates the attributes that depend on each other.
  static void checkTogether(Topic topic, Map<String, String> attributes) {
    FilterPolicy.Scope scope = scope(attributes);
    String filter = attributes.getOrDefault("FilterPolicy", "");
    if (!filter.isEmpty()) {
      FilterPolicy.check(filter, scope);
    }
    DeliveryPolicy.ofSubscription(
        attributes.getOrDefault("DeliveryPolicy", ""),
        topicPolicy(topic),
        attributes.getOrDefault("RawMessageDelivery", "false").equals("true"));
  }

  /// An empty filter policy removes it; `True` is `true`.
  static Map<String, String> normalized(Map<String, String> attributes) {
    Map<String, String> normalized = new LinkedHashMap<>(attributes);
    normalized.values().removeIf(String::isEmpty);
    normalized.computeIfPresent("RawMessageDelivery", (_, value) -> value.toLowerCase(Locale.ROOT));
    if (SnsJson.object(normalized.getOrDefault("FilterPolicy", ""))
        .filter(ObjectNode::isEmpty)
        .isPresent()) {
      normalized.remove("FilterPolicy");
    }
    return normalized;
  }

  static FilterPolicy.Scope scope(Map<String, String> attributes) {
    return FilterPolicy.Scope.named(
        attributes.getOrDefault("FilterPolicyScope", "MessageAttributes"));
  }

  private static void checkRaw(SubscriptionProtocol protocol, String value) {
    String raw = value.toLowerCase(Locale.ROOT);
    if (!Set.of("true", "false", "").contains(raw)) {
      throw SnsError.invalid(
          "RawMessageDelivery: Invalid value [" + value + "]. Must be true or false.");
    }
    if (raw.equals("true") && !protocol.takesRaw()) {
      throw SnsError.invalid(
          "Delivery protocol [" + protocol.text() + "] does not support raw message delivery.");
    }
  }

  private static void checkRedrive(Topic topic, String value) {
    if (value.isEmpty()) {
      return;
    }
    Arn queue =
        SnsJson.object(value)
            .map(policy -> policy.path("deadLetterTargetArn").asText())
            .flatMap(Arn::tryParse)
            .filter(arn -> arn.service().equals("sqs"))
            .orElseThrow(
                () -> SnsError.invalid("RedrivePolicy: deadLetterTargetArn is an invalid arn"));
    if (!queue.account().equals(topic.account()) || !queue.region().equals(topic.region())) {
      throw SnsError.invalid(
          "RedrivePolicy: deadLetterTargetArn must be in the account and region of the topic");
    }
    if (queue.resource().endsWith(".fifo")) {
      throw SnsError.invalid(
          "RedrivePolicy: must use a standard queue as DLQ for a subscription to a standard topic");
    }
  }

  /// The queue for messages that could not be delivered.
  static Optional<Arn> deadLetterQueue(Subscription subscription) {
    return SnsJson.object(subscription.attribute("RedrivePolicy", ""))
        .map(policy -> policy.path("deadLetterTargetArn").asText())
        .flatMap(Arn::tryParse);
  }

  static DeliveryPolicy deliveryPolicy(Topic topic, Subscription subscription) {
    return DeliveryPolicy.ofSubscription(
        subscription.attribute("DeliveryPolicy", ""), topicPolicy(topic), subscription.raw());
  }

  private static DeliveryPolicy topicPolicy(Topic topic) {
    return DeliveryPolicy.ofTopic(topic.attribute("DeliveryPolicy", ""));
  }

  /// All attributes as GetSubscriptionAttributes returns them.
  static Map<String, String> shown(Topic topic, Subscription subscription) {
    Map<String, String> shown = new LinkedHashMap<>(subscription.attributes());
    shown.put("SubscriptionArn", subscription.arn());
    shown.put("TopicArn", subscription.topicArn());
    shown.put("Protocol", subscription.protocol().text());
    shown.put("Endpoint", UrlPasswords.hidden(subscription.endpoint()));
    shown.put("Owner", subscription.owner());
    shown.put("SubscriptionPrincipal", subscription.principal());
    shown.put(
        "ConfirmationWasAuthenticated",
        Boolean.toString(subscription.confirmation().authenticated()));
    shown.put("PendingConfirmation", Boolean.toString(subscription.pending()));
    shown.putIfAbsent("RawMessageDelivery", "false");
    if (shown.containsKey("FilterPolicy")) {
      shown.putIfAbsent("FilterPolicyScope", "MessageAttributes");
    } else {
      shown.remove("FilterPolicyScope"); // shown only together with a filter policy
    }
    if (subscription.protocol() == SubscriptionProtocol.HTTP
        || subscription.protocol() == SubscriptionProtocol.HTTPS) {
      shown.put(
          "EffectiveDeliveryPolicy", deliveryPolicy(topic, subscription).toSubscriptionJson());
    }
    return shown;
  }
}
