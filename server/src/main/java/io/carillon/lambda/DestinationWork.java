package io.carillon.lambda;

import io.carillon.messaging.MessageAttribute;
import io.carillon.outbox.Work;
import io.carillon.store.RowCodec;
import java.time.Instant;
import java.util.Map;

/// A message to a destination or a dead-letter queue, queued in the outbox.
///
/// @param roleArn the role that sends it: that of the version that ran
record DestinationWork(
    String functionArn,
    String roleArn,
    String destinationArn,
    byte[] payload,
    Map<String, MessageAttribute> attributes) {
  /// The kind of work, which names the delivery.
  static final String KIND = "lambda.outcome";

  private static final RowCodec<DestinationWork> CODEC = RowCodec.of(DestinationWork.class);

  static DestinationWork of(Work work) {
    return CODEC.decode(work.payload());
  }

  Work work(Instant due, String cause) {
    return new Work(KIND, destinationArn, due, CODEC.encode(this), cause);
  }
}
