package io.carillon.sns;

import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Region;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The row of a topic.
///
/// @param id tells a topic from an earlier one of the same name, whose subscriptions may not have
///   been removed yet
/// @param attributes those that callers set, by AWS's names; the others have their defaults
/// @param pinned the unique ids of the users and roles that the policy named when it was written,
///   by ARN; null in rows of older versions
record Topic(
    String account,
    String region,
    String name,
    String id,
    Map<String, String> attributes,
    Map<String, String> tags,
    Instant created,
    @Nullable Map<String, String> pinned) {

  Arn arn() {
    return Arn.of("sns", new Region(region), new AccountId(account), name);
  }

  String attribute(String attribute, String fallback) {
    return attributes.getOrDefault(attribute, fallback);
  }

  /// The policy in force: the one that was set, else the default, which allows the owner's account.
  String policy() {
    return attribute("Policy", "").isEmpty() ? defaultPolicy() : attribute("Policy", "");
  }

  Map<String, String> pins() {
    return pinned == null ? Map.of() : pinned;
  }

  /// With other pinned principals.
  Topic withPins(Map<String, String> other) {
    return new Topic(account, region, name, id, attributes, tags, created, other);
  }

  /// An empty value resets the attribute to its default.
  Topic withAttribute(String attribute, String value) {
    Map<String, String> changed = new LinkedHashMap<>(attributes);
    if (value.isEmpty()) {
      changed.remove(attribute);
    } else {
      changed.put(attribute, value);
    }
    return new Topic(account, region, name, id, changed, tags, created, pinned);
  }

  Topic withTags(Map<String, String> other) {
    return new Topic(account, region, name, id, attributes, other, created, pinned);
  }

  /// The policy that AWS gives each new topic.
  private String defaultPolicy() {
    return """
    {"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID",\
    "Effect":"Allow","Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes",\
    "SNS:AddPermission","SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe",\
    "SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":"%s",\
    "Condition":{"StringEquals":{"AWS:SourceOwner":"%s"}}}]}\
    """
        .formatted(arn(), account);
  }
}
