package io.carillon.sns;

import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.RetryPolicy;

/// Puts notices into the form of a protocol and sends them.
interface ProtocolSender {

  /// @param cause the trace id, which goes on with what is handed to another service
  DeliveryOutcome carry(ResolvedDelivery notice, String cause);

  /// How often and when it is tried again.
  RetryPolicy retryPolicy(ResolvedDelivery notice);
}
