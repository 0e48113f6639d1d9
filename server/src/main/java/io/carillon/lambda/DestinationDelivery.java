package io.carillon.lambda;

import io.carillon.aws.Caller;
import io.carillon.base.Arn;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.Recipient;
import io.carillon.outbox.RetryPolicy;
import io.carillon.outbox.Sender;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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

  private final Map<String, Recipient> recipients;
  private final ExecutionRoles roles;

  /// @param recipients by the service of the destination's ARN
  DestinationDelivery(Map<String, Recipient> recipients, ExecutionRoles roles) {
    this.recipients = recipients;
    this.roles = roles;
  }

  @Override
  public DeliveryOutcome attempt(Job job) {
    DestinationWork work = DestinationWork.of(job.work());
    Arn destination = Arn.parse(work.destinationArn());
    Recipient recipient = recipients.get(destination.service());
    if (recipient == null) {
      return new DeliveryOutcome.Rejected("There is no service " + destination.service());
    }
    FunctionName function = FunctionName.of(Arn.parse(work.functionArn())).orElseThrow();
    Optional<Caller> session = roles.session(work.roleArn(), function);
    if (session.isEmpty()) {
      return new DeliveryOutcome.Rejected("Lambda cannot assume " + work.roleArn());
    }
    return recipient.accept(
        new Recipient.ServiceMessage(
            new Sender.Session(session.get()),
            destination,
            work.payload(),
            "",
            work.attributes(),
            job.work().cause()));
  }

  @Override
  public RetryPolicy retryPolicy(Job job) {
    return RETRIES;
  }
}
