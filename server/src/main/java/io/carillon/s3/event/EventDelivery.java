package io.carillon.s3.event;

import io.carillon.base.Arn;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.Recipient;
import io.carillon.outbox.Recipient.ServiceMessage;
import io.carillon.outbox.RetryPolicy;
import io.carillon.outbox.RetryPolicy.Curve;
import io.carillon.outbox.RetryPolicy.Phase;
import io.carillon.outbox.RetryPolicy.Postponing;
import io.carillon.outbox.Sender;
import io.carillon.outbox.Work;
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

  private final Map<String, Recipient> recipients;
  private final Trace trace;

  /// @param recipients by the service of the destination's ARN
  public EventDelivery(Map<String, Recipient> recipients, Trace trace) {
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
    return accept(job.work());
  }

  /// Most events need no job: their effect commits with the upload.
  @Override
  public Optional<Consumer<Tx>> deliverInTransaction(Work work) {
    return accept(work) instanceof DeliveryOutcome.Done(Consumer<Tx> effect)
        ? Optional.of(effect)
        : Optional.empty();
  }

  private DeliveryOutcome accept(Work work) {
    EventWork event = EventWork.of(work.payload());
    Arn destination = Arn.parse(work.lane());
    Recipient recipient = recipients.get(destination.service());
    if (recipient == null) {
      return new DeliveryOutcome.Rejected("There is no service " + destination.service() + " here");
    }
    DeliveryOutcome outcome = recipient.accept(serviceMessage(event, destination, work.cause()));
    return outcome instanceof DeliveryOutcome.Done(Consumer<Tx> effect) && isQueue(destination)
        ? new DeliveryOutcome.Done(effect.andThen(tx -> recordDelivered(tx, work)))
        : outcome;
  }

  private static boolean isQueue(Arn destination) {
    return destination.service().equals("sqs");
  }

  /// A queue is the last stop of an event; functions and topics record their own steps.
  private void recordDelivered(Tx tx, Work work) {
    trace.note(
        tx, work.cause(), Trace.Step.DELIVERED, Map.of("protocol", "sqs", "endpoint", work.lane()));
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
