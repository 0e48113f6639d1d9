package io.carillon.sns;

import io.carillon.base.Arn;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.RetryPolicy;
import io.carillon.store.Database;
import io.carillon.store.Tx;
import io.carillon.trace.Trace;
import java.util.Map;
import java.util.Optional;

/// Brings notices to subscribers by one kind of carrier. What becomes of the message row is decided
/// here, in the transaction that ends the delivery.
final class SubscriberDelivery implements Delivery {
  private final Database database;
  private final DeliveryResolver notices;
  private final Messages messages;
  private final SubscriptionDeadLetters deadLetters;
  private final ProtocolSender carrier;
  private final Trace trace;

  SubscriberDelivery(
      Database database,
      DeliveryResolver notices,
      Messages messages,
      SubscriptionDeadLetters deadLetters,
      ProtocolSender carrier,
      Trace trace) {
    this.database = database;
    this.notices = notices;
    this.messages = messages;
    this.deadLetters = deadLetters;
    this.carrier = carrier;
    this.trace = trace;
  }

  /// A payload only names the message, which has 256 KiB at most and is rendered once.
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
    Optional<ResolvedDelivery> notice = database.read(snapshot -> notices.find(snapshot, delivery));
    if (notice.isEmpty()) {
      return new DeliveryOutcome.Done(tx -> end(tx, delivery));
    }
    return switch (carrier.carry(notice.get(), job.work().cause())) {
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
      return; // a handshake belongs to no event
    }
    trace.note(
        tx,
        job.work().cause(),
        Trace.Step.DELIVERED,
        Map.of(
            "protocol", delivery.protocol().text(),
            "endpoint", Protocol.shown(delivery.endpoint()),
            "messageId", delivery.messageId()));
  }

  @Override
  public RetryPolicy retryPolicy(Job job) {
    DeliveryRequest delivery = DeliveryRequest.decode(job.work().payload());
    return database
        .read(snapshot -> notices.find(snapshot, delivery))
        .map(carrier::retryPolicy)
        .orElse(RetryPolicy.SNS_HTTP);
  }

  /// To the subscription's dead-letter queue if it has one.
  @Override
  public boolean deadLetter(Tx tx, Job job, String why) {
    DeliveryRequest delivery = DeliveryRequest.decode(job.work().payload());
    if (delivery.kind() != DeliveryRequest.Kind.NOTIFICATION) {
      return false;
    }
    Optional<Arn> queue =
        notices
            .find(tx, delivery)
            .flatMap(
                notice ->
                    notice instanceof ResolvedDelivery.Notification notification
                        ? SubscriptionAttributes.deadLetterQueue(notification.subscription())
                        : Optional.empty());
    if (queue.isPresent()) {
      deadLetters.send(tx, delivery, queue.get(), why, job.work().cause());
      return true;
    }
    deadLetters.shelve(tx, delivery);
    return false;
  }
}
