package io.carillon.sns;

import io.carillon.base.Arn;
import java.time.Instant;
import java.util.Map;

/// A subscription as it is kept.
///
/// @param topicArn what it listens to
/// @param topicId which topic of that name
/// @param id the last part of its own ARN
/// @param owner the account that subscribed
/// @param principal who subscribed, as an ARN
/// @param attributes what callers set, by AWS's names; the rest have their defaults
record Subscription(
    String topicArn,
    String topicId,
    String id,
    Protocol protocol,
    String endpoint,
    String owner,
    String principal,
    Confirmation confirmation,
    Map<String, String> attributes,
    Instant created) {

  /// How far the endpoint's consent has come.
  ///
  /// @param pending until the endpoint has confirmed
  /// @param token what confirms it; empty where nothing needs confirming
  /// @param expires when that token, and with it a pending subscription, ends
  /// @param authenticated whether who confirmed it was known: signed, or the owner of both sides
  /// @param guarded whether only a signed call may unsubscribe (AuthenticateOnUnsubscribe)
  record Confirmation(
      boolean pending, String token, Instant expires, boolean authenticated, boolean guarded) {

    static final Confirmation NOT_NEEDED = new Confirmation(false, "", Instant.EPOCH, true, false);

    static Confirmation asked(String token, Instant expires) {
      return new Confirmation(true, token, expires, false, false);
    }

    Confirmation given(boolean byKnownCaller, boolean guard) {
      return new Confirmation(false, token, expires, byKnownCaller, guard);
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
