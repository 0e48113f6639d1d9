package io.carillon.sns;

import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.RetryPolicy;

/// Renders deliveries for a protocol and sends them.
interface ProtocolSender {

  /// @param cause the trace id, passed on to other services
  DeliveryOutcome send(ResolvedDelivery resolved, String cause);

  /// How often and when a failed delivery is retried.
  RetryPolicy retryPolicy(ResolvedDelivery resolved);
}
