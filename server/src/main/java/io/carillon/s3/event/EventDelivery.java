package io.carillon.s3.event;

import io.carillon.base.Arn;
import io.carillon.messaging.Acceptance;
import io.carillon.messaging.Recipient;
import io.carillon.messaging.Sender;
import io.carillon.messaging.ServiceMessage;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.RetryPolicy;
import io.carillon.outbox.RetryPolicy.Curve;
import io.carillon.outbox.RetryPolicy.Phase;
import io.carillon.outbox.RetryPolicy.Postponing;
import io.carillon.outbox.Work;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import io.carillon.trace.Trace;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// Delivers S3 events to functions, topics and queues.
///
/// AWS does not publish how long S3 retries. Here: ten attempts with waits from one second to five
/// minutes, then one every five minutes until a day has passed. An event that was not accepted by
/// then, or whose destination is missing or denies access to S3, becomes a dead letter.
public final class EventDelivery implements Delivery {
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(5);

  static final RetryPolicy POLICY =
      new RetryPolicy(
          List.of(
              new Phase(10, Duration.ofSeconds(1), LONGEST_WAIT, Curve.EXPONENTIAL),
              Phase.of(288, LONGEST_WAIT)),
          Duration.ofHours(24),
          new Postponing(Duration.ofSeconds(1), LONGEST_WAIT));

  private final Recipient recipients;
  private final Trace trace;

  public EventDelivery(Recipient recipients, Trace trace) {
    this.recipients = recipients;
    this.trace = trace;
  }

  /// An event is small: a key has at most 1,024 bytes.
  @Override
  public long usualMemory() {
    return 32 << 10;
  }

  @Override
  public DeliveryOutcome attempt(Job job) {
    return new DeliveryOutcome.Local(snapshot -> accept(snapshot, job.work()).outcome());
  }

  /// Most events need no job: their effect commits with the upload.
  @Override
  public Optional<Consumer<Tx>> plan(Snapshot snapshot, Work work) {
    return accept(snapshot, work) instanceof Acceptance.Accepted(var effect)
        ? Optional.of(effect)
        : Optional.empty();
  }

  private Acceptance accept(Snapshot snapshot, Work work) {
    EventWork event = EventWork.of(work.payload());
    Arn destination = Arn.parse(work.lane());
    Acceptance acceptance =
        recipients.accept(snapshot, serviceMessage(event, destination, work.cause()));
    return acceptance instanceof Acceptance.Accepted(var effect) && isQueue(destination)
        ? new Acceptance.Accepted(effect.andThen(delivered(work)))
        : acceptance;
  }

  private static boolean isQueue(Arn destination) {
    return destination.service().equals("sqs");
  }

  /// A queue is the last stop of an event; functions and topics record their own steps.
  private Consumer<Tx> delivered(Work work) {
    return trace.plan(
        work.cause(), Trace.Step.DELIVERED, Map.of("protocol", "sqs", "endpoint", work.lane()));
  }

  @Override
  public RetryPolicy retryPolicy(Job job) {
    return POLICY;
  }

  static ServiceMessage serviceMessage(EventWork event, Arn destination, String cause) {
    return new ServiceMessage(
        new Sender.Service("s3.amazonaws.com", Arn.bucket(event.bucket()), event.account()),
        destination,
        event.message(),
        "Amazon S3 Notification",
        Map.of(),
        cause,
        null,
        event.traceHeader());
  }
}
