package io.carillon.messaging;

import io.carillon.store.Snapshot;

/// Takes messages from other services: S3 events, SNS notifications and function results reach
/// functions, topics and queues this way. `lambda`, `sns` and `sqs` have one each; see
/// [Recipients].
@FunctionalInterface
public interface Recipient {

  /// Checks that the destination exists and allows the sender, and answers with the effect that
  /// accepts the message (an asynchronous invocation, a publish, a message in the queue). This is
  /// part of a plan: it reads `snapshot` only and changes nothing.
  Acceptance accept(Snapshot snapshot, ServiceMessage message);
}
