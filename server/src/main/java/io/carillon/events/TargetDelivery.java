package io.carillon.events;

import io.carillon.base.Arn;
import io.carillon.messaging.Acceptance;
import io.carillon.messaging.Recipient;
import io.carillon.outbox.DeadLetterPlan;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.Outbox;
import io.carillon.outbox.RetryPolicy;
import io.carillon.outbox.Work;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import io.carillon.trace.Trace;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// Delivers events to functions, queues, topics and log groups of this server.
///
/// As on AWS, an event whose target is missing or denies access is not retried; it goes to the
/// target's dead-letter queue, or without one becomes a dead letter of the outbox.
///
/// Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
final class TargetDelivery implements Delivery {
  /// Services that record the event's next step themselves.
  private static final Set<String> TRACING = Set.of("lambda", "sns");

  private final Recipient recipients;
  private final Outbox outbox;
  private final Trace trace;
  private final InstantSource clock;

  TargetDelivery(Recipient recipients, Outbox outbox, Trace trace, InstantSource clock) {
    this.recipients = recipients;
    this.outbox = outbox;
    this.trace = trace;
    this.clock = clock;
  }

  @Override
  public DeliveryOutcome attempt(Job job) {
    return new DeliveryOutcome.Local(
        snapshot -> {
          TargetWork work = TargetWork.of(job.work());
          if (!work.valid()) {
            return new DeliveryOutcome.Rejected(
                TargetError.INVALID_JSON.reason("the input made for the target is not JSON"));
          }
          return switch (accept(snapshot, work, job.work().cause())) {
            case Acceptance.Accepted(var effect) -> new DeliveryOutcome.Done(effect);
            case Acceptance.Refused refused ->
                new DeliveryOutcome.Rejected(TargetError.of(refused).reason(refused.why()));
          };
        });
  }

  /// Most events need no job: their effect commits with the event.
  @Override
  public Optional<Consumer<Tx>> plan(Snapshot snapshot, Work work) {
    TargetWork target = TargetWork.of(work);
    return target.valid()
            && accept(snapshot, target, work.cause()) instanceof Acceptance.Accepted(var effect)
        ? Optional.of(effect)
        : Optional.empty();
  }

  private Acceptance accept(Snapshot snapshot, TargetWork work, String cause) {
    Acceptance acceptance = recipients.accept(snapshot, work.message(cause));
    String service = Arn.parse(work.targetArn()).service();
    return acceptance instanceof Acceptance.Accepted(var effect) && !TRACING.contains(service)
        ? new Acceptance.Accepted(
            effect.andThen(
                trace.plan(
                    cause,
                    Trace.Step.DELIVERED,
                    Map.of("protocol", service, "endpoint", work.targetArn()))))
        : acceptance;
  }

  @Override
  public RetryPolicy retryPolicy(Job job) {
    TargetWork work = TargetWork.of(job.work());
    return TargetRetries.policy(work.retries(), work.maxAgeSeconds());
  }

  @Override
  public DeadLetterPlan planDeadLetter(Snapshot snapshot, Job job, String why) {
    TargetWork work = TargetWork.of(job.work());
    return work.deadLetterQueue() == null
        ? DeadLetterPlan.KEEP
        : DeadLetterPlan.sent(
            outbox.prepare(
                DeadLetterWork.of(work, work.deadLetterQueue(), job, why)
                    .work(clock.instant(), job.work().cause())));
  }
}
