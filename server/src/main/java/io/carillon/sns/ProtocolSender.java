package io.carillon.sns;

import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.RetryPolicy;

/// Renders deliveries for a protocol and sends them to endpoints outside of this server.
interface ProtocolSender {

  DeliveryOutcome send(ResolvedDelivery resolved);

  /// How often and when a failed delivery is retried.
  RetryPolicy retryPolicy(ResolvedDelivery resolved);
}
