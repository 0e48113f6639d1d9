package io.carillon.sns;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.carillon.base.Arn;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.Outbox;
import io.carillon.outbox.RetryPolicy;
import io.carillon.outbox.Work;
import io.carillon.store.Database;
import io.carillon.store.RowCodec;
import io.carillon.store.Tx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/// What is left of deliveries that were given up: they go to the subscription's dead-letter queue,
/// or stay on the shelf, from where they may be taken up again. The shelf's message rows are kept
/// for a fortnight, as long as a queue would keep them at most.
final class SubscriptionDeadLetters {
  static final String TO_QUEUE = "sns.deadletter";
  static final String LET_GO = "sns.letgo";
  private static final Duration SHELF_LIFE = Duration.ofDays(14);

  /// @param why it was given up, for those who look into the database
  private record DeadLetter(
      @JsonProperty("parcel") DeliveryRequest delivery, String queueArn, String why) {
    private static final RowCodec<DeadLetter> CODEC = RowCodec.of(DeadLetter.class);
  }

  private final Database database;
  private final Outbox outbox;
  private final DeliveryResolver notices;
  private final Messages messages;
  private final ResourceSender carrier;
  private final InstantSource clock;

  SubscriptionDeadLetters(
      Database database,
      Outbox outbox,
      DeliveryResolver notices,
      Messages messages,
      ResourceSender carrier,
      InstantSource clock) {
    this.database = database;
    this.outbox = outbox;
    this.notices = notices;
    this.messages = messages;
    this.carrier = carrier;
    this.clock = clock;
  }

  /// Sends a parcel that was given up to `queue`; the message stays referred to.
  void send(Tx tx, DeliveryRequest delivery, Arn queue, String why, String cause) {
    byte[] payload = DeadLetter.CODEC.encode(new DeadLetter(delivery, queue.toString(), why));
    outbox.add(tx, new Work(TO_QUEUE, queue.toString(), clock.instant(), payload, cause));
  }

  /// Marks a parcel that goes to the shelf, and puts in the work that ends its message's stay.
  void shelve(Tx tx, DeliveryRequest delivery) {
    messages.hold(tx, delivery.messageId(), delivery.lane());
    outbox.add(
        tx,
        new Work(LET_GO, delivery.lane(), clock.instant().plus(SHELF_LIFE), delivery.encode(), ""));
  }

  /// Puts dead letters into their queues.
  Delivery toQueue() {
    return new Delivery() {
      @Override
      public DeliveryOutcome attempt(Job job) {
        DeadLetter letter = DeadLetter.CODEC.decode(job.work().payload());
        Optional<ResolvedDelivery> notice =
            database.read(snapshot -> notices.find(snapshot, letter.delivery()));
        if (!(notice.orElse(null) instanceof ResolvedDelivery.Notification notification)) {
          return new DeliveryOutcome.Done(tx -> end(tx, letter.delivery()));
        }
        DeliveryOutcome outcome =
            carrier.toQueue(notification, Arn.parse(letter.queueArn()), job.work().cause());
        return outcome instanceof DeliveryOutcome.Done done
            ? new DeliveryOutcome.Done(
                tx -> {
                  done.effect().accept(tx);
                  end(tx, letter.delivery());
                })
            : outcome;
      }

      @Override
      public RetryPolicy retryPolicy(Job job) {
        return RetryPolicy.SNS_MANAGED;
      }

      @Override
      public boolean deadLetter(Tx tx, Job job, String why) {
        shelve(tx, DeadLetter.CODEC.decode(job.work().payload()).delivery());
        return false;
      }
    };
  }

  /// Ends the stay of messages whose delivery lay on the shelf.
  Delivery letGo() {
    return new Delivery() {
      @Override
      public DeliveryOutcome attempt(Job job) {
        DeliveryRequest delivery = DeliveryRequest.decode(job.work().payload());
        return new DeliveryOutcome.Done(
            tx -> messages.letGo(tx, delivery.messageId(), delivery.lane()));
      }

      @Override
      public Duration longestWait() {
        return SHELF_LIFE;
      }

      @Override
      public RetryPolicy retryPolicy(Job job) {
        return RetryPolicy.SNS_MANAGED;
      }

      @Override
      public boolean deadLetter(Tx tx, Job job, String why) {
        return false;
      }
    };
  }

  private void end(Tx tx, DeliveryRequest delivery) {
    messages.release(tx, delivery.messageId(), delivery.lane());
  }
}
