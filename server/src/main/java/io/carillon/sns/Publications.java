package io.carillon.sns;

import io.carillon.base.Arn;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.Outbox;
import io.carillon.outbox.RetryPolicy;
import io.carillon.outbox.Work;
import io.carillon.store.RowCodec;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import io.carillon.trace.Trace;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// Accepts messages and fans them out to the subscriptions of their topic.
///
/// A message is one row; deliveries refer to it. The matching subscriptions are found in a plan,
/// since filters take time. For a topic with few subscriptions, the deliveries are added by the
/// transaction that stores the message. For a larger one, that transaction adds fan-out work, which
/// processes one page at a time: one transaction settles the page's job, adds its deliveries and
/// the job for the next page. After a crash between pages the fan-out continues with the next page,
/// after one within a page that page is repeated, and no writer waits for 100,000 rows.
final class Publications implements Delivery {
  static final String FANOUT = "sns.fanout";

  /// Up to this many subscriptions get their deliveries from the publishing transaction.
  static final int MAX_DIRECT = 64;

  static final int PAGE_SIZE = 500;

  private final Outbox outbox;
  private final Topics topics;
  private final Subscribers subscribers;
  private final PublishedMessages messages;
  private final Trace trace;
  private final InstantSource clock;

  Publications(
      Outbox outbox,
      Topics topics,
      Subscribers subscribers,
      PublishedMessages messages,
      Trace trace,
      InstantSource clock) {
    this.outbox = outbox;
    this.topics = topics;
    this.subscribers = subscribers;
    this.messages = messages;
    this.trace = trace;
    this.clock = clock;
  }

  /// The progress of a fan-out.
  ///
  /// @param after the last subscription that was processed; empty at the start
  private record Cursor(String messageId, String after) {
    private static final RowCodec<Cursor> CODEC = RowCodec.of(Cursor.class);
  }

  /// The effect that stores a message with its deliveries or its fan-out.
  Consumer<Tx> plan(Snapshot snapshot, Message message, String cause) {
    Subscribers.Page page = subscribers.first(snapshot, message, MAX_DIRECT + 1);
    List<Consumer<Tx>> works =
        page.size() > MAX_DIRECT
            ? List.of(fanOut(new Cursor(message.id(), ""), message.topicArn(), cause))
            : deliveries(message, page, cause);
    Consumer<Tx> stored = messages.plan(message, works.size());
    Consumer<Tx> traced =
        trace.plan(
            cause,
            Trace.Step.PUBLISHED,
            Map.of("topic", message.topicArn(), "messageId", message.id()));
    return tx -> {
      stored.accept(tx);
      works.forEach(work -> work.accept(tx));
      traced.accept(tx);
    };
  }

  /// The effect that stores a message to a single phone.
  Consumer<Tx> planToPhone(Message message, String number, String cause) {
    Consumer<Tx> work = delivery(DeliveryRequest.toPhone(message, number), cause);
    Consumer<Tx> stored = messages.plan(message, 1);
    Consumer<Tx> traced =
        trace.plan(
            cause, Trace.Step.PUBLISHED, Map.of("phoneNumber", number, "messageId", message.id()));
    return tx -> {
      stored.accept(tx);
      work.accept(tx);
      traced.accept(tx);
    };
  }

  @Override
  public DeliveryOutcome attempt(Job job) {
    return new DeliveryOutcome.Local(snapshot -> fanOutPage(snapshot, job.work()));
  }

  /// Fans out to one page of subscriptions.
  private DeliveryOutcome fanOutPage(Snapshot snapshot, Work work) {
    Cursor cursor = Cursor.CODEC.decode(work.payload());
    Optional<Message> message = messages.find(snapshot, cursor.messageId());
    if (message.isEmpty() || !topicExists(snapshot, message.get())) {
      return new DeliveryOutcome.Done(tx -> messages.release(tx, cursor.messageId(), FANOUT));
    }
    Subscribers.Page page = subscribers.after(snapshot, message.get(), cursor.after(), PAGE_SIZE);
    List<Consumer<Tx>> works = deliveries(message.get(), page, work.cause());
    Consumer<Tx> rest =
        page.size() < PAGE_SIZE
            ? tx -> messages.release(tx, cursor.messageId(), FANOUT)
            : fanOut(new Cursor(cursor.messageId(), page.last()), work.lane(), work.cause());
    return new DeliveryOutcome.Done(
        tx -> {
          messages.retain(tx, cursor.messageId(), works.size());
          works.forEach(next -> next.accept(tx));
          rest.accept(tx);
        });
  }

  private boolean topicExists(Snapshot snapshot, Message message) {
    return topics.find(snapshot, Arn.parse(message.topicArn()), message.topicId()).isPresent();
  }

  private List<Consumer<Tx>> deliveries(Message message, Subscribers.Page page, String cause) {
    return page.matching().stream()
        .map(to -> delivery(DeliveryRequest.of(message, to), cause))
        .toList();
  }

  private Consumer<Tx> delivery(DeliveryRequest request, String cause) {
    return outbox.prepare(
        new Work(
            request.protocol().kind(), request.lane(), clock.instant(), request.encode(), cause));
  }

  private Consumer<Tx> fanOut(Cursor cursor, String lane, String cause) {
    return outbox.prepare(
        new Work(FANOUT, lane, clock.instant(), Cursor.CODEC.encode(cursor), cause));
  }

  @Override
  public RetryPolicy retryPolicy(Job job) {
    return RetryPolicy.SNS_MANAGED;
  }
}
