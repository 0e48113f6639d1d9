package io.carillon.sns;

import io.carillon.base.Arn;
import io.carillon.base.UrlPasswords;
import io.carillon.outbox.DeadLetterPlan;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import io.carillon.trace.Trace;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// A delivery to a subscriber. The transaction that ends it releases the message row.
abstract class SubscriberDelivery implements Delivery {
  private final DeliveryResolver resolver;
  private final PublishedMessages messages;
  private final SubscriptionDeadLetters deadLetters;
  private final Trace trace;

  SubscriberDelivery(
      DeliveryResolver resolver,
      PublishedMessages messages,
      SubscriptionDeadLetters deadLetters,
      Trace trace) {
    this.resolver = resolver;
    this.messages = messages;
    this.deadLetters = deadLetters;
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

  /// The end of a delivery whose subscription, topic or message is gone.
  DeliveryOutcome obsolete(DeliveryRequest delivery) {
    return new DeliveryOutcome.Done(tx -> end(tx, delivery));
  }

  /// The end of a delivery that succeeded.
  ///
  /// @param effect of the delivery itself
  DeliveryOutcome delivered(Job job, DeliveryRequest delivery, Consumer<Tx> effect) {
    Consumer<Tx> traced = traced(job.work().cause(), delivery);
    return new DeliveryOutcome.Done(
        tx -> {
          effect.accept(tx);
          end(tx, delivery);
          traced.accept(tx);
        });
  }

  private void end(Tx tx, DeliveryRequest delivery) {
    if (delivery.kind() == DeliveryRequest.Kind.NOTIFICATION) {
      messages.release(tx, delivery.messageId(), delivery.lane());
    }
  }

  private Consumer<Tx> traced(String cause, DeliveryRequest delivery) {
    if (cause.isEmpty()) {
      return _ -> {}; // a confirmation has no cause
    }
    return trace.plan(
        cause,
        Trace.Step.DELIVERED,
        Map.of(
            "protocol", delivery.protocol().text(),
            "endpoint", UrlPasswords.hidden(delivery.endpoint()),
            "messageId", delivery.messageId()));
  }

  /// Sends to the subscription's dead-letter queue if it has one.
  @Override
  public DeadLetterPlan planDeadLetter(Snapshot snapshot, Job job, String why) {
    DeliveryRequest delivery = DeliveryRequest.decode(job.work().payload());
    if (delivery.kind() != DeliveryRequest.Kind.NOTIFICATION) {
      return DeadLetterPlan.KEEP;
    }
    Optional<Arn> queue =
        resolver
            .resolve(snapshot, delivery)
            .flatMap(
                resolved ->
                    resolved instanceof ResolvedDelivery.Notification notification
                        ? SubscriptionAttributes.deadLetterQueue(notification.subscription())
                        : Optional.empty());
    return queue
        .map(to -> deadLetters.planSending(delivery, to, why, job.work().cause()))
        .orElseGet(() -> deadLetters.planKeeping(delivery));
  }
}
