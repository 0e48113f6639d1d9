package io.carillon.outbox;

import io.carillon.base.Arn;
import java.util.Map;

/// What one service hands another: how S3 events and SNS notifications reach functions, topics and
/// queues. Each of `lambda`, `sns` and `sqs` is one; `Server` tells them apart by the ARN's
/// service.
@FunctionalInterface
public interface Recipient {

  /// Checks that the destination exists and that its policy lets the sender in, and answers
  /// [Outcome.Done] with the effect that takes the message in (an asynchronous invocation, a
  /// publish, a message in the queue), to be run in the transaction that lets go of the cause.
  /// Nothing has happened before that runs. A destination that is gone or closed is
  /// [Outcome.Rejected].
  Outcome accept(Handover handover);

  /// @param service the sending service's principal, such as `s3.amazonaws.com`
  /// @param source the resource that sends: a bucket, a topic
  /// @param sourceAccount whose that is
  /// @param payload what is sent, as the destination's consumer will see it
  /// @param subject the subject of a publish; empty for none
  /// @param attributes message attributes of type String, for queues and topics
  /// @param cause the trace id
  record Handover(
      String service,
      Arn source,
      String sourceAccount,
      Arn destination,
      byte[] payload,
      String subject,
      Map<String, String> attributes,
      String cause) {}
}
