package io.carillon.sns;

import io.carillon.base.Arn;
import io.carillon.base.UrlPasswords;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.RetryPolicy;
import io.carillon.store.Database;
import io.carillon.store.Tx;
import io.carillon.trace.Trace;
import java.util.Map;
import java.util.Optional;

/// Delivers to subscribers by one [ProtocolSender], and releases the message row in the transaction
/// that ends the delivery.
final class SubscriberDelivery implements Delivery {
  private final Database database;
  private final DeliveryResolver resolver;
  private final Messages messages;
  private final SubscriptionDeadLetters deadLetters;
  private final ProtocolSender sender;
  private final Trace trace;

  SubscriberDelivery(
      Database database,
      DeliveryResolver resolver,
      Messages messages,
      SubscriptionDeadLetters deadLetters,
      ProtocolSender sender,
      Trace trace) {
    this.database = database;
    this.resolver = resolver;
    this.messages = messages;
    this.deadLetters = deadLetters;
    this.sender = sender;
    this.trace = trace;
  }

  /// The payload only names the message, which has at most 256 KiB and is rendered once.
  @Override
  public long usualMemory() {
    return 768 << 10;
  }

  @Override
  public long memoryFor(byte[] payload) {
    return usualMemory();
  }

  @Override
  public DeliveryOutcome attempt(Job job) {
    DeliveryRequest delivery = DeliveryRequest.decode(job.work().payload());
    Optional<ResolvedDelivery> resolved =
        database.read(snapshot -> resolver.resolve(snapshot, delivery));
    if (resolved.isEmpty()) {
      return new DeliveryOutcome.Done(tx -> end(tx, delivery));
    }
    return switch (sender.send(resolved.get(), job.work().cause())) {
      case DeliveryOutcome.Done done ->
          new DeliveryOutcome.Done(
              tx -> {
                done.effect().accept(tx);
                end(tx, delivery);
                noteDelivered(tx, job, delivery);
              });
      case DeliveryOutcome.Retry retry -> retry;
      case DeliveryOutcome.Postponed postponed -> postponed;
      case DeliveryOutcome.Rejected rejected -> rejected;
    };
  }

  private void end(Tx tx, DeliveryRequest delivery) {
    if (delivery.kind() == DeliveryRequest.Kind.NOTIFICATION) {
      messages.release(tx, delivery.messageId(), delivery.lane());
    }
  }

  private void noteDelivered(Tx tx, Job job, DeliveryRequest delivery) {
    if (job.work().cause().isEmpty()) {
      return; // a confirmation has no cause
    }
    trace.note(
        tx,
        job.work().cause(),
        Trace.Step.DELIVERED,
        Map.of(
            "protocol", delivery.protocol().text(),
            "endpoint", UrlPasswords.hidden(delivery.endpoint()),
            "messageId", delivery.messageId()));
  }

  @Override
  public RetryPolicy retryPolicy(Job job) {
    DeliveryRequest delivery = DeliveryRequest.decode(job.work().payload());
    return database
        .read(snapshot -> resolver.resolve(snapshot, delivery))
        .map(sender::retryPolicy)
        .orElse(RetryPolicy.SNS_HTTP);
  }

  /// Sends to the subscription's dead-letter queue if it has one.
  @Override
  public boolean deadLetter(Tx tx, Job job, String why) {
    DeliveryRequest delivery = DeliveryRequest.decode(job.work().payload());
    if (delivery.kind() != DeliveryRequest.Kind.NOTIFICATION) {
      return false;
    }
    Optional<Arn> queue =
        resolver
            .resolve(tx, delivery)
            .flatMap(
                resolved ->
                    resolved instanceof ResolvedDelivery.Notification notification
                        ? SubscriptionAttributes.deadLetterQueue(notification.subscription())
                        : Optional.empty());
    if (queue.isPresent()) {
      deadLetters.send(tx, delivery, queue.get(), why, job.work().cause());
      return true;
    }
    deadLetters.keepMessage(tx, delivery);
    return false;
  }
}
