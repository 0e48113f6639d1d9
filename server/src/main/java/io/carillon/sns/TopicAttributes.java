package io.carillon.sns;

import io.carillon.aws.AwsException;
import io.carillon.policy.KnownPrincipals;
import io.carillon.policy.MalformedPolicyException;
import io.carillon.policy.PolicyDocument;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The attributes of a topic: their names, validation and defaults.
///
/// Source: https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
final class TopicAttributes {
  private static final int MAX_DISPLAY_NAME = 100;
  private static final int MAX_POLICY = 30_720;

  /// Attributes of features that Carillon does not support: encryption keys, FIFO, archives, X-Ray,
  /// delivery logs.
  private static final Set<String> UNSUPPORTED =
      Set.of(
          "KmsMasterKeyId",
          "ContentBasedDeduplication",
          "FifoThroughputScope",
          "ArchivePolicy",
          "ApplicationSuccessFeedbackRoleArn",
          "ApplicationSuccessFeedbackSampleRate",
          "ApplicationFailureFeedbackRoleArn",
          "HTTPSuccessFeedbackRoleArn",
          "HTTPSuccessFeedbackSampleRate",
          "HTTPFailureFeedbackRoleArn",
          "LambdaSuccessFeedbackRoleArn",
          "LambdaSuccessFeedbackSampleRate",
          "LambdaFailureFeedbackRoleArn",
          "SQSSuccessFeedbackRoleArn",
          "SQSSuccessFeedbackSampleRate",
          "SQSFailureFeedbackRoleArn",
          "FirehoseSuccessFeedbackRoleArn",
          "FirehoseSuccessFeedbackSampleRate",
          "FirehoseFailureFeedbackRoleArn");

  private TopicAttributes() {}

  /// Validates the attributes of a CreateTopic.
  ///
  /// @return the principals that the policy names, for [Topic#pinned]
  static Map<String, String> checkNew(Map<String, String> attributes, KnownPrincipals principals) {
    if (attributes.getOrDefault("FifoTopic", "").equals("true")) {
      throw SnsError.unsupported("A FIFO topic");
    }
    try {
      attributes.forEach(
          (name, value) -> {
            if (!name.equals("FifoTopic")) {
              check(name, value);
            }
          });
      return pins(attributes.getOrDefault("Policy", ""), principals);
    } catch (AwsException e) {
      throw SnsError.amongAttributes(e);
    }
  }

  /// @param value empty to reset the attribute to its default
  static void check(String name, String value) {
    switch (name) {
      case "DisplayName" -> checkDisplayName(value);
      case "Policy" -> {
        var _ = policy(value);
      }
      case "DeliveryPolicy" -> DeliveryPolicy.ofTopic(value);
      case "SignatureVersion" -> {
        if (!Set.of("1", "2", "").contains(value)) {
          throw SnsError.invalid("SignatureVersion must be 1 or 2");
        }
      }
      case "TracingConfig" -> {
        if (!Set.of("PassThrough", "").contains(value)) {
          throw SnsError.unsupported("TracingConfig " + value);
        }
      }
      default -> {
        if (UNSUPPORTED.contains(name)) {
          throw SnsError.unsupported("The topic attribute " + name);
        }
        throw SnsError.invalid("AttributeName");
      }
    }
  }

  /// The sender's name in mails, so it must not contain line breaks.
  private static void checkDisplayName(String value) {
    if (value.length() > MAX_DISPLAY_NAME || value.chars().anyMatch(Character::isISOControl)) {
      throw SnsError.invalid("DisplayName");
    }
  }

  /// The principals that a request's policy names, for [Topic#pinned].
  static Map<String, String> pins(String policy, KnownPrincipals principals) {
    try {
      return policy(policy).map(principals::pin).orElse(Map.of());
    } catch (MalformedPolicyException e) {
      throw refused(e);
    }
  }

  /// @return empty if `value` removes the policy
  private static Optional<PolicyDocument> policy(String value) {
    if (value.isEmpty()) {
      return Optional.empty();
    }
    if (value.length() > MAX_POLICY) {
      throw SnsError.invalid("Policy Reason: Policy exceeds " + MAX_POLICY + " bytes");
    }
    try {
      return Optional.of(
          PolicyDocument.parseResourcePolicy(
              value,
              "sns",
              () -> SnsError.invalid("Policy statement action out of service scope!")));
    } catch (MalformedPolicyException e) {
      throw refused(e);
    }
  }

  private static AwsException refused(MalformedPolicyException e) {
    return SnsError.invalid(
        "Policy Error: " + (e.principal().isPresent() ? "PrincipalNotFound" : e.getMessage()));
  }

  /// All attributes as GetTopicAttributes returns them.
  static Map<String, String> shown(Topic topic, Subscriptions.Counts counts) {
    Map<String, String> shown = new LinkedHashMap<>(topic.attributes());
    shown.put("TopicArn", topic.arn().toString());
    shown.put("Owner", topic.account());
    shown.put("Policy", topic.policy());
    shown.putIfAbsent("DisplayName", "");
    shown.put("SubscriptionsConfirmed", Long.toString(counts.confirmed()));
    shown.put("SubscriptionsPending", Long.toString(counts.pending()));
    shown.put("SubscriptionsDeleted", Long.toString(counts.deleted()));
    shown.put(
        "EffectiveDeliveryPolicy",
        DeliveryPolicy.ofTopic(topic.attribute("DeliveryPolicy", "")).toTopicJson());
    return shown;
  }
}
