package io.carillon.sns;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.carillon.base.Arn;
import java.time.Instant;
import java.util.Map;

/// The row of a subscription.
///
/// @param topicArn the topic's ARN
/// @param topicId tells apart topics that had the same name
/// @param id the last part of its own ARN
/// @param owner the account that subscribed
/// @param principal the ARN of the principal that subscribed
/// @param attributes those that callers set, by AWS's names; the others have their defaults
record Subscription(
    String topicArn,
    String topicId,
    String id,
    SubscriptionProtocol protocol,
    String endpoint,
    String owner,
    String principal,
    Confirmation confirmation,
    Map<String, String> attributes,
    Instant created) {

  /// The state of the endpoint's confirmation.
  ///
  /// @param pending until the endpoint has confirmed
  /// @param token confirms the subscription; empty if it needs no confirmation
  /// @param expires when the token, and with it a pending subscription, expires
  /// @param authenticated whether the confirmation was signed, or needless as topic and endpoint
  ///   have one owner
  /// @param authenticateOnUnsubscribe whether only a signed call may unsubscribe
  record Confirmation(
      boolean pending,
      String token,
      Instant expires,
      boolean authenticated,
      @JsonProperty("guarded") boolean authenticateOnUnsubscribe) {

    static final Confirmation NOT_NEEDED = new Confirmation(false, "", Instant.EPOCH, true, false);

    static Confirmation requested(String token, Instant expires) {
      return new Confirmation(true, token, expires, false, false);
    }

    Confirmation confirmed(boolean isAuthenticated, boolean onlySigned) {
      return new Confirmation(false, token, expires, isAuthenticated, onlySigned);
    }
  }

  String arn() {
    return topicArn + ":" + id;
  }

  Arn topic() {
    return Arn.parse(topicArn);
  }

  boolean pending() {
    return confirmation.pending();
  }

  String attribute(String attribute, String fallback) {
    return attributes.getOrDefault(attribute, fallback);
  }

  boolean raw() {
    return attribute("RawMessageDelivery", "false").equals("true");
  }

  Subscription with(Confirmation other) {
    return with(other, attributes);
  }

  Subscription with(Confirmation newConfirmation, Map<String, String> newAttributes) {
    return new Subscription(
        topicArn,
        topicId,
        id,
        protocol,
        endpoint,
        owner,
        principal,
        newConfirmation,
        newAttributes,
        created);
  }
}
