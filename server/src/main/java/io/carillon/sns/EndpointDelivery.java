package io.carillon.sns;

import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.RetryPolicy;
import io.carillon.store.Database;
import io.carillon.trace.Trace;
import java.util.Optional;

/// Delivers to endpoints outside of this server, by one [ProtocolSender].
final class EndpointDelivery extends SubscriberDelivery {
  private final Database database;
  private final DeliveryResolver resolver;
  private final ProtocolSender sender;

  EndpointDelivery(
      Database database,
      DeliveryResolver resolver,
      PublishedMessages messages,
      SubscriptionDeadLetters deadLetters,
      ProtocolSender sender,
      Trace trace) {
    super(resolver, messages, deadLetters, trace);
    this.database = database;
    this.resolver = resolver;
    this.sender = sender;
  }

  @Override
  public DeliveryOutcome attempt(Job job) {
    DeliveryRequest delivery = DeliveryRequest.decode(job.work().payload());
    Optional<ResolvedDelivery> resolved =
        database.read(snapshot -> resolver.resolve(snapshot, delivery));
    if (resolved.isEmpty()) {
      return obsolete(delivery);
    }
    DeliveryOutcome sent = sender.send(resolved.get());
    return sent instanceof DeliveryOutcome.Done(var effect)
        ? delivered(job, delivery, effect)
        : sent;
  }

  @Override
  public RetryPolicy retryPolicy(Job job) {
    DeliveryRequest delivery = DeliveryRequest.decode(job.work().payload());
    return database
        .read(snapshot -> resolver.resolve(snapshot, delivery))
        .map(sender::retryPolicy)
        .orElse(RetryPolicy.SNS_HTTP);
  }
}
