package io.carillon.sns;

import io.carillon.outbox.Outcome;
import io.carillon.outbox.RetryPolicy;

/// Puts notices into the form of a protocol and sends them.
interface Carrier {

  /// @param cause the trace id, which goes on with what is handed to another service
  Outcome carry(Notice notice, String cause);

  /// How often and when it is tried again.
  RetryPolicy retryPolicy(Notice notice);
}
