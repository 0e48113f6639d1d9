package io.carillon.lambda;

import io.carillon.aws.Caller;
import io.carillon.base.Arn;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.Recipient;
import io.carillon.outbox.RetryPolicy;
import io.carillon.outbox.Sender;
import io.carillon.store.Tx;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Tells destinations and dead-letter queues how invocations ended. One that cannot be reached is
/// tried for some hours; AWS would drop the record, here it ends on the dead-letter shelf.
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
    DestinationWork record = DestinationWork.of(job.work());
    Arn destination = Arn.parse(record.destinationArn());
    Recipient recipient = recipients.get(destination.service());
    if (recipient == null) {
      return new DeliveryOutcome.Rejected("There is no service " + destination.service());
    }
    FunctionName function = FunctionName.of(Arn.parse(record.functionArn())).orElseThrow();
    Optional<Caller> session = roles.session(record.roleArn(), function);
    if (session.isEmpty()) {
      return new DeliveryOutcome.Rejected("Lambda cannot assume " + record.roleArn());
    }
    return recipient.accept(
        new Recipient.ServiceMessage(
            new Sender.Session(session.get()),
            destination,
            record.payload(),
            "",
            record.attributes(),
            job.work().cause()));
  }

  @Override
  public RetryPolicy retryPolicy(Job job) {
    return RETRIES;
  }

  @Override
  public boolean deadLetter(Tx tx, Job job, String why) {
    return false;
  }
}
