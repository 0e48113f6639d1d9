package io.carillon.sns;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.carillon.base.Arn;
import io.carillon.messaging.Acceptance;
import io.carillon.outbox.DeadLetterPlan;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.Outbox;
import io.carillon.outbox.RetryPolicy;
import io.carillon.outbox.Work;
import io.carillon.store.RowCodec;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Consumer;

/// Deliveries that were given up go to the subscription's dead-letter queue. Without one, they
/// become dead letters of the outbox, which can be redriven. The message rows of dead letters are
/// kept for 14 days, the longest retention of a queue.
final class SubscriptionDeadLetters {
  static final String TO_QUEUE = "sns.deadletter";
  static final String RELEASE_HELD = "sns.letgo";
  private static final Duration RETENTION = Duration.ofDays(14);

  /// @param why it was given up, for operators who read the database
  private record DeadLetter(
      @JsonProperty("parcel") DeliveryRequest delivery, String queueArn, String why) {
    private static final RowCodec<DeadLetter> CODEC = RowCodec.of(DeadLetter.class);
  }

  private final Outbox outbox;
  private final DeliveryResolver resolver;
  private final PublishedMessages messages;
  private final ResourceSender resourceSender;
  private final InstantSource clock;

  SubscriptionDeadLetters(
      Outbox outbox,
      DeliveryResolver resolver,
      PublishedMessages messages,
      ResourceSender resourceSender,
      InstantSource clock) {
    this.outbox = outbox;
    this.resolver = resolver;
    this.messages = messages;
    this.resourceSender = resourceSender;
    this.clock = clock;
  }

  /// Sends a delivery that was given up to `queue`; it keeps its reference to the message.
  DeadLetterPlan planSending(DeliveryRequest delivery, Arn queue, String why, String cause) {
    byte[] payload = DeadLetter.CODEC.encode(new DeadLetter(delivery, queue.toString(), why));
    return DeadLetterPlan.sent(
        outbox.prepare(new Work(TO_QUEUE, queue.toString(), clock.instant(), payload, cause)));
  }

  /// Holds the message of a delivery that becomes a dead letter, and adds the work that releases it
  /// later.
  DeadLetterPlan planKeeping(DeliveryRequest delivery) {
    Consumer<Tx> release =
        outbox.prepare(
            new Work(
                RELEASE_HELD,
                delivery.lane(),
                clock.instant().plus(RETENTION),
                delivery.encode(),
                ""));
    return DeadLetterPlan.kept(
        tx -> {
          messages.hold(tx, delivery.messageId(), delivery.lane());
          release.accept(tx);
        });
  }

  /// Delivers to dead-letter queues.
  Delivery toQueue() {
    return new Delivery() {
      @Override
      public DeliveryOutcome attempt(Job job) {
        return new DeliveryOutcome.Local(snapshot -> planToQueue(snapshot, job));
      }

      @Override
      public RetryPolicy retryPolicy(Job job) {
        return RetryPolicy.SNS_MANAGED;
      }

      @Override
      public DeadLetterPlan planDeadLetter(Snapshot snapshot, Job job, String why) {
        return planKeeping(DeadLetter.CODEC.decode(job.work().payload()).delivery());
      }
    };
  }

  private DeliveryOutcome planToQueue(Snapshot snapshot, Job job) {
    DeadLetter deadLetter = DeadLetter.CODEC.decode(job.work().payload());
    Optional<ResolvedDelivery> resolved = resolver.resolve(snapshot, deadLetter.delivery());
    if (!(resolved.orElse(null) instanceof ResolvedDelivery.Notification notification)) {
      return new DeliveryOutcome.Done(tx -> end(tx, deadLetter.delivery()));
    }
    Acceptance acceptance =
        resourceSender.toQueue(
            snapshot, notification, Arn.parse(deadLetter.queueArn()), job.work().cause());
    return acceptance instanceof Acceptance.Accepted(var effect)
        ? new DeliveryOutcome.Done(
            tx -> {
              effect.accept(tx);
              end(tx, deadLetter.delivery());
            })
        : acceptance.outcome();
  }

  /// Releases the messages of dead letters whose retention is over.
  Delivery releaseHeld() {
    return new Delivery() {
      @Override
      public DeliveryOutcome attempt(Job job) {
        DeliveryRequest delivery = DeliveryRequest.decode(job.work().payload());
        return new DeliveryOutcome.Done(
            tx -> messages.releaseHeld(tx, delivery.messageId(), delivery.lane()));
      }

      @Override
      public Duration longestWait() {
        return RETENTION;
      }

      @Override
      public RetryPolicy retryPolicy(Job job) {
        return RetryPolicy.SNS_MANAGED;
      }
    };
  }

  private void end(Tx tx, DeliveryRequest delivery) {
    messages.release(tx, delivery.messageId(), delivery.lane());
  }
}
