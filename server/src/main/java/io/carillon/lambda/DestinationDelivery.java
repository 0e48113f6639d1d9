package io.carillon.lambda;

import io.carillon.aws.Caller;
import io.carillon.base.Arn;
import io.carillon.messaging.Recipient;
import io.carillon.messaging.Sender;
import io.carillon.messaging.ServiceMessage;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.RetryPolicy;
import io.carillon.store.Snapshot;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Sends invocation records to destinations and dead-letter queues. If one cannot be reached,
/// delivery is retried for some hours; AWS would then drop the record, here it is kept as a dead
/// letter.
final class DestinationDelivery implements Delivery {
  private static final RetryPolicy RETRIES =
      new RetryPolicy(
          List.of(
              new RetryPolicy.Phase(
                  20,
                  Duration.ofSeconds(1),
                  Duration.ofMinutes(20),
                  RetryPolicy.Curve.EXPONENTIAL)),
          Duration.ofHours(6),
          RetryPolicy.ASYNC_INVOCATION.postponed());

  private final Recipient recipients;
  private final ExecutionRoles roles;

  DestinationDelivery(Recipient recipients, ExecutionRoles roles) {
    this.recipients = recipients;
    this.roles = roles;
  }

  @Override
  public DeliveryOutcome attempt(Job job) {
    return new DeliveryOutcome.Local(snapshot -> plan(snapshot, job));
  }

  private DeliveryOutcome plan(Snapshot snapshot, Job job) {
    DestinationWork work = DestinationWork.of(job.work());
    FunctionName function = FunctionName.of(Arn.parse(work.functionArn())).orElseThrow();
    Optional<Caller> session = roles.session(snapshot, work.roleArn(), function);
    if (session.isEmpty()) {
      return new DeliveryOutcome.Rejected("Lambda cannot assume " + work.roleArn());
    }
    ServiceMessage message =
        new ServiceMessage(
            new Sender.Session(session.get()),
            Arn.parse(work.destinationArn()),
            work.payload(),
            "",
            work.attributes(),
            job.work().cause());
    return recipients.accept(snapshot, message).outcome();
  }

  @Override
  public RetryPolicy retryPolicy(Job job) {
    return RETRIES;
  }
}
