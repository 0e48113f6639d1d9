package io.carillon.events;

import io.carillon.messaging.Recipient;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.RetryPolicy;

/// Delivers to the dead-letter queues of targets. What such a queue does not take becomes a dead
/// letter of the outbox.
record DeadLetterDelivery(Recipient recipients) implements Delivery {
  @Override
  public DeliveryOutcome attempt(Job job) {
    return new DeliveryOutcome.Local(
        snapshot ->
            recipients
                .accept(snapshot, DeadLetterWork.of(job.work()).message(job.work().cause()))
                .outcome());
  }

  @Override
  public RetryPolicy retryPolicy(Job job) {
    return TargetRetries.policy(null, null);
  }
}
