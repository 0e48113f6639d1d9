package io.carillon.sns;

import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.RetryPolicy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Posts to HTTP(S) endpoints as their delivery policies say.
///
/// Source: https://docs.aws.amazon.com/sns/latest/dg/http-header.html
final class HttpSender implements ProtocolSender {
  private final HttpPostTransport transport;
  private final Envelopes envelopes;
  private final DeliveryRateLimiter pace = new DeliveryRateLimiter();
  private final InstantSource clock;

  HttpSender(HttpPostTransport transport, Envelopes envelopes, InstantSource clock) {
    this.transport = transport;
    this.envelopes = envelopes;
    this.clock = clock;
  }

  @Override
  public DeliveryOutcome carry(ResolvedDelivery notice, String cause) {
    return switch (notice) {
      case ResolvedDelivery.Notification notification -> carry(notification);
      case ResolvedDelivery.Handshake handshake ->
          post(
              handshake.delivery(),
              headers(handshake.delivery(), DeliveryPolicy.DEFAULT_CONTENT_TYPE),
              envelopes.handshake(handshake));
      case ResolvedDelivery.Text _ ->
          throw new IllegalStateException("A message to a phone in a POST");
    };
  }

  private DeliveryOutcome carry(ResolvedDelivery.Notification notice) {
    Subscription subscription = notice.subscription();
    DeliveryPolicy policy = SubscriptionAttributes.deliveryPolicy(notice.topic(), subscription);
    Optional<Duration> wait =
        pace.takeTurn(subscription.arn(), policy.maxPerSecond(), clock.instant());
    if (wait.isPresent()) {
      return new DeliveryOutcome.Postponed(
          "held to " + policy.maxPerSecond() + " deliveries a second", wait.get());
    }
    Map<String, String> headers = headers(notice.delivery(), policy.contentType());
    headers.put("x-amz-sns-subscription-arn", subscription.arn());
    if (subscription.raw()) {
      headers.put("x-amz-sns-rawdelivery", "true");
    }
    return post(
        notice.delivery(),
        headers,
        subscription.raw() ? notice.body() : envelopes.notification(notice));
  }

  private static Map<String, String> headers(DeliveryRequest delivery, String contentType) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", contentType);
    headers.put("User-Agent", "Amazon Simple Notification Service Agent");
    headers.put("x-amz-sns-message-type", delivery.kind().type());
    headers.put("x-amz-sns-message-id", delivery.messageId());
    headers.put("x-amz-sns-topic-arn", delivery.topicArn());
    return headers;
  }

  private DeliveryOutcome post(DeliveryRequest delivery, Map<String, String> headers, String body) {
    return transport.post(
        new HttpPostTransport.Post(
            URI.create(delivery.endpoint()), headers, body.getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public RetryPolicy retryPolicy(ResolvedDelivery notice) {
    return switch (notice) {
      case ResolvedDelivery.Notification n ->
          SubscriptionAttributes.deliveryPolicy(n.topic(), n.subscription())
              .retries()
              .toRetryPolicy();
      case ResolvedDelivery.Handshake _, ResolvedDelivery.Text _ -> RetryPolicy.SNS_HTTP;
    };
  }
}
