package io.carillon.sns;

import io.carillon.base.Arn;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.Job;
import io.carillon.outbox.Outbox;
import io.carillon.outbox.Outcome;
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
final class DeadLetters {
  static final String TO_QUEUE = "sns.deadletter";
  static final String LET_GO = "sns.letgo";
  private static final Duration SHELF_LIFE = Duration.ofDays(14);

  /// @param why it was given up, for those who look into the database
  private record DeadLetter(Parcel parcel, String queueArn, String why) {
    private static final RowCodec<DeadLetter> CODEC = RowCodec.of(DeadLetter.class);
  }

  private final Database database;
  private final Outbox outbox;
  private final Notices notices;
  private final Messages messages;
  private final ResourceCarrier carrier;
  private final InstantSource clock;

  DeadLetters(
      Database database,
      Outbox outbox,
      Notices notices,
      Messages messages,
      ResourceCarrier carrier,
      InstantSource clock) {
    this.database = database;
    this.outbox = outbox;
    this.notices = notices;
    this.messages = messages;
    this.carrier = carrier;
    this.clock = clock;
  }

  /// Sends a parcel that was given up to `queue`; the message stays referred to.
  void send(Tx tx, Parcel parcel, Arn queue, String why, String cause) {
    byte[] payload = DeadLetter.CODEC.encode(new DeadLetter(parcel, queue.toString(), why));
    outbox.add(tx, new Work(TO_QUEUE, queue.toString(), clock.instant(), payload, cause));
  }

  /// Marks a parcel that goes to the shelf, and puts in the work that ends its message's stay.
  void shelve(Tx tx, Parcel parcel) {
    messages.hold(tx, parcel.messageId(), parcel.lane());
    outbox.add(
        tx, new Work(LET_GO, parcel.lane(), clock.instant().plus(SHELF_LIFE), parcel.encode(), ""));
  }

  /// Puts dead letters into their queues.
  Delivery toQueue() {
    return new Delivery() {
      @Override
      public Outcome attempt(Job job) {
        DeadLetter letter = DeadLetter.CODEC.decode(job.work().payload());
        Optional<Notice> notice =
            database.read(snapshot -> notices.find(snapshot, letter.parcel()));
        if (!(notice.orElse(null) instanceof Notice.Notification notification)) {
          return new Outcome.Done(tx -> end(tx, letter.parcel()));
        }
        Outcome outcome =
            carrier.toQueue(notification, Arn.parse(letter.queueArn()), job.work().cause());
        return outcome instanceof Outcome.Done done
            ? new Outcome.Done(
                tx -> {
                  done.effect().accept(tx);
                  end(tx, letter.parcel());
                })
            : outcome;
      }

      @Override
      public RetryPolicy retryPolicy(Job job) {
        return RetryPolicy.SNS_MANAGED;
      }

      @Override
      public boolean bury(Tx tx, Job job, String why) {
        shelve(tx, DeadLetter.CODEC.decode(job.work().payload()).parcel());
        return false;
      }
    };
  }

  /// Ends the stay of messages whose delivery lay on the shelf.
  Delivery letGo() {
    return new Delivery() {
      @Override
      public Outcome attempt(Job job) {
        Parcel parcel = Parcel.decode(job.work().payload());
        return new Outcome.Done(tx -> messages.letGo(tx, parcel.messageId(), parcel.lane()));
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
      public boolean bury(Tx tx, Job job, String why) {
        return false;
      }
    };
  }

  private void end(Tx tx, Parcel parcel) {
    messages.release(tx, parcel.messageId(), parcel.lane());
  }
}
