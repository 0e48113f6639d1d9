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

/// Posts to HTTP(S) endpoints according to their delivery policies.
///
/// Source: https://docs.aws.amazon.com/sns/latest/dg/http-header.html
final class HttpSender implements ProtocolSender {
  private final HttpPostTransport transport;
  private final Envelopes envelopes;
  private final DeliveryRateLimiter rateLimiter = new DeliveryRateLimiter();
  private final InstantSource clock;

  HttpSender(HttpPostTransport transport, Envelopes envelopes, InstantSource clock) {
    this.transport = transport;
    this.envelopes = envelopes;
    this.clock = clock;
  }

  @Override
  public DeliveryOutcome send(ResolvedDelivery resolved) {
    return switch (resolved) {
      case ResolvedDelivery.Notification notification -> send(notification);
      case ResolvedDelivery.Handshake handshake ->
          post(
              handshake.delivery(),
              headers(handshake.delivery(), DeliveryPolicy.DEFAULT_CONTENT_TYPE),
              envelopes.handshake(handshake));
      case ResolvedDelivery.Text _ ->
          throw new IllegalStateException("A direct message to a phone has no HTTP endpoint");
    };
  }

  private DeliveryOutcome send(ResolvedDelivery.Notification notification) {
    Subscription subscription = notification.subscription();
    DeliveryPolicy policy =
        SubscriptionAttributes.deliveryPolicy(notification.topic(), subscription);
    Optional<Duration> wait =
        rateLimiter.acquire(subscription.arn(), policy.maxPerSecond(), clock.instant());
    if (wait.isPresent()) {
      return new DeliveryOutcome.Postponed(
          "limited to " + policy.maxPerSecond() + " deliveries per second", wait.get());
    }
    Map<String, String> headers = headers(notification.delivery(), policy.contentType());
    headers.put("x-amz-sns-subscription-arn", subscription.arn());
    if (subscription.raw()) {
      headers.put("x-amz-sns-rawdelivery", "true");
    }
    return post(
        notification.delivery(),
        headers,
        subscription.raw() ? notification.body() : envelopes.notification(notification));
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
  public RetryPolicy retryPolicy(ResolvedDelivery resolved) {
    return switch (resolved) {
      case ResolvedDelivery.Notification n ->
          SubscriptionAttributes.deliveryPolicy(n.topic(), n.subscription())
              .retries()
              .toRetryPolicy();
      case ResolvedDelivery.Handshake _, ResolvedDelivery.Text _ -> RetryPolicy.SNS_HTTP;
    };
  }
}
