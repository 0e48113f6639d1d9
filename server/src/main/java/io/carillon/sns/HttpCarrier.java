package io.carillon.sns;

import io.carillon.outbox.Outcome;
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
final class HttpCarrier implements Carrier {
  private final PostTransport transport;
  private final Envelopes envelopes;
  private final Pace pace = new Pace();
  private final InstantSource clock;

  HttpCarrier(PostTransport transport, Envelopes envelopes, InstantSource clock) {
    this.transport = transport;
    this.envelopes = envelopes;
    this.clock = clock;
  }

  @Override
  public Outcome carry(Notice notice, String cause) {
    return switch (notice) {
      case Notice.Notification notification -> carry(notification);
      case Notice.Handshake handshake ->
          post(
              handshake.parcel(),
              headers(handshake.parcel(), DeliveryPolicy.DEFAULT_CONTENT_TYPE),
              envelopes.handshake(handshake));
      case Notice.Text _ -> throw new IllegalStateException("A message to a phone in a POST");
    };
  }

  private Outcome carry(Notice.Notification notice) {
    Subscription subscription = notice.subscription();
    DeliveryPolicy policy = SubscriptionAttributes.deliveryPolicy(notice.topic(), subscription);
    Optional<Duration> wait =
        pace.takeTurn(subscription.arn(), policy.maxPerSecond(), clock.instant());
    if (wait.isPresent()) {
      return new Outcome.Postponed(
          "held to " + policy.maxPerSecond() + " deliveries a second", wait.get());
    }
    Map<String, String> headers = headers(notice.parcel(), policy.contentType());
    headers.put("x-amz-sns-subscription-arn", subscription.arn());
    if (subscription.raw()) {
      headers.put("x-amz-sns-rawdelivery", "true");
    }
    return post(
        notice.parcel(),
        headers,
        subscription.raw() ? notice.body() : envelopes.notification(notice));
  }

  private static Map<String, String> headers(Parcel parcel, String contentType) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", contentType);
    headers.put("User-Agent", "Amazon Simple Notification Service Agent");
    headers.put("x-amz-sns-message-type", parcel.kind().type());
    headers.put("x-amz-sns-message-id", parcel.messageId());
    headers.put("x-amz-sns-topic-arn", parcel.topicArn());
    return headers;
  }

  private Outcome post(Parcel parcel, Map<String, String> headers, String body) {
    return transport.post(
        new PostTransport.Post(
            URI.create(parcel.endpoint()), headers, body.getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public RetryPolicy retryPolicy(Notice notice) {
    return switch (notice) {
      case Notice.Notification n ->
          SubscriptionAttributes.deliveryPolicy(n.topic(), n.subscription())
              .retries()
              .toRetryPolicy();
      case Notice.Handshake _, Notice.Text _ -> RetryPolicy.SNS_HTTP;
    };
  }
}
