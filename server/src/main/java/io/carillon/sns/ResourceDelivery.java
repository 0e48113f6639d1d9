package io.carillon.sns;

import io.carillon.messaging.Acceptance;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.RetryPolicy;
import io.carillon.store.Snapshot;
import io.carillon.trace.Trace;
import java.util.Optional;

/// Delivers to queues and functions of this server: the message is stored there in the transaction
/// that ends the delivery.
final class ResourceDelivery extends SubscriberDelivery {
  private final DeliveryResolver resolver;
  private final ResourceSender sender;

  ResourceDelivery(
      DeliveryResolver resolver,
      PublishedMessages messages,
      SubscriptionDeadLetters deadLetters,
      ResourceSender sender,
      Trace trace) {
    super(resolver, messages, deadLetters, trace);
    this.resolver = resolver;
    this.sender = sender;
  }

  @Override
  public DeliveryOutcome attempt(Job job) {
    return new DeliveryOutcome.Local(snapshot -> plan(snapshot, job));
  }

  private DeliveryOutcome plan(Snapshot snapshot, Job job) {
    DeliveryRequest delivery = DeliveryRequest.decode(job.work().payload());
    Optional<ResolvedDelivery> resolved = resolver.resolve(snapshot, delivery);
    if (resolved.isEmpty()) {
      return obsolete(delivery);
    }
    Acceptance acceptance = sender.send(snapshot, resolved.get(), job.work().cause());
    return acceptance instanceof Acceptance.Accepted(var effect)
        ? delivered(job, delivery, effect)
        : acceptance.outcome();
  }

  @Override
  public RetryPolicy retryPolicy(Job job) {
    return RetryPolicy.SNS_MANAGED;
  }
}
