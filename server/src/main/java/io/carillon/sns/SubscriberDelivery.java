package io.carillon.sns;

import io.carillon.base.Arn;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.Job;
import io.carillon.outbox.Outcome;
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
  private final Notices notices;
  private final Messages messages;
  private final DeadLetters deadLetters;
  private final Carrier carrier;
  private final Trace trace;

  SubscriberDelivery(
      Database database,
      Notices notices,
      Messages messages,
      DeadLetters deadLetters,
      Carrier carrier,
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
  public Outcome attempt(Job job) {
    Parcel parcel = Parcel.decode(job.work().payload());
    Optional<Notice> notice = database.read(snapshot -> notices.find(snapshot, parcel));
    if (notice.isEmpty()) {
      return new Outcome.Done(tx -> end(tx, parcel));
    }
    return switch (carrier.carry(notice.get(), job.work().cause())) {
      case Outcome.Done done ->
          new Outcome.Done(
              tx -> {
                done.effect().accept(tx);
                end(tx, parcel);
                noteDelivered(tx, job, parcel);
              });
      case Outcome.Retry retry -> retry;
      case Outcome.Postponed postponed -> postponed;
      case Outcome.Rejected rejected -> rejected;
    };
  }

  private void end(Tx tx, Parcel parcel) {
    if (parcel.kind() == Parcel.Kind.NOTIFICATION) {
      messages.release(tx, parcel.messageId(), parcel.lane());
    }
  }

  private void noteDelivered(Tx tx, Job job, Parcel parcel) {
    if (job.work().cause().isEmpty()) {
      return; // a handshake belongs to no event
    }
    trace.note(
        tx,
        job.work().cause(),
        Trace.Step.DELIVERED,
        Map.of(
            "protocol", parcel.protocol().text(),
            "endpoint", Protocol.shown(parcel.endpoint()),
            "messageId", parcel.messageId()));
  }

  @Override
  public RetryPolicy retryPolicy(Job job) {
    Parcel parcel = Parcel.decode(job.work().payload());
    return database
        .read(snapshot -> notices.find(snapshot, parcel))
        .map(carrier::retryPolicy)
        .orElse(RetryPolicy.SNS_HTTP);
  }

  /// To the subscription's dead-letter queue if it has one.
  @Override
  public boolean bury(Tx tx, Job job, String why) {
    Parcel parcel = Parcel.decode(job.work().payload());
    if (parcel.kind() != Parcel.Kind.NOTIFICATION) {
      return false;
    }
    Optional<Arn> queue =
        notices
            .find(tx, parcel)
            .flatMap(
                notice ->
                    notice instanceof Notice.Notification notification
                        ? SubscriptionAttributes.deadLetterQueue(notification.subscription())
                        : Optional.empty());
    if (queue.isPresent()) {
      deadLetters.send(tx, parcel, queue.get(), why, job.work().cause());
      return true;
    }
    deadLetters.shelve(tx, parcel);
    return false;
  }
}
