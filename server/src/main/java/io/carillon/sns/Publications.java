package io.carillon.sns;

import io.carillon.outbox.Delivery;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.Outbox;
import io.carillon.outbox.RetryPolicy;
import io.carillon.outbox.Work;
import io.carillon.store.Database;
import io.carillon.store.RowCodec;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import io.carillon.trace.Trace;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Accepts messages and fans them out to the subscriptions of their topic.
///
/// A message is one row; deliveries refer to it. The matching subscriptions are found on a
/// snapshot, outside the transaction, since filters take time. For a topic with few subscriptions,
/// the deliveries are added by the transaction that stores the message. For a larger one, that
/// transaction adds fan-out work, which processes one page at a time: one transaction settles the
/// page's job, adds its deliveries and the job for the next page. After a crash between pages the
/// fan-out continues with the next page, after one within a page that page is repeated, and no
/// writer waits for 100,000 rows.
final class Publications implements Delivery {
  static final String FANOUT = "sns.fanout";

  /// Up to this many subscriptions get their deliveries from the publishing transaction.
  static final int MAX_DIRECT = 64;

  static final int PAGE_SIZE = 500;

  private final Database database;
  private final Outbox outbox;
  private final Topics topics;
  private final Subscriptions subscriptions;
  private final Messages messages;
  private final FilterPolicyCache filters;
  private final Trace trace;
  private final InstantSource clock;

  Publications(
      Database database,
      Outbox outbox,
      Topics topics,
      Subscriptions subscriptions,
      Messages messages,
      FilterPolicyCache filters,
      Trace trace,
      InstantSource clock) {
    this.database = database;
    this.outbox = outbox;
    this.topics = topics;
    this.subscriptions = subscriptions;
    this.messages = messages;
    this.filters = filters;
    this.trace = trace;
    this.clock = clock;
  }

  /// A message with its subscribers.
  ///
  /// @param subscribers the matching subscriptions; empty if `needsFanOut`
  /// @param needsFanOut whether the topic is too large for one transaction
  record Prepared(Message message, List<Subscription> subscribers, boolean needsFanOut) {}

  /// The progress of a fan-out.
  ///
  /// @param after the last subscription that was processed; empty at the start
  private record Cursor(String messageId, String after) {
    private static final RowCodec<Cursor> CODEC = RowCodec.of(Cursor.class);
  }

  /// Finds the matching subscriptions; call it outside of transactions.
  Prepared prepare(Message message) {
    List<Subscription> page =
        database.read(
            snapshot -> subscriptions.list(snapshot, message.topicId(), "", MAX_DIRECT + 1));
    return page.size() > MAX_DIRECT
        ? new Prepared(message, List.of(), true)
        : new Prepared(message, subscribers(message, page), false);
  }

  /// Stores the message with its deliveries or its fan-out.
  ///
  /// @throws io.carillon.aws.AwsException NotFound if the topic was deleted meanwhile
  void add(Tx tx, Prepared prepared, String cause) {
    Message message = prepared.message();
    Topic topic = topics.require(tx, io.carillon.base.Arn.parse(message.topicArn()));
    if (prepared.needsFanOut()) {
      messages.add(tx, message, 1);
      fanOut(tx, new Cursor(message.id(), ""), topic.arn().toString(), cause);
    } else {
      messages.add(tx, message, prepared.subscribers().size());
      prepared.subscribers().forEach(to -> deliver(tx, DeliveryRequest.of(message, to), cause));
    }
    trace.note(
        tx,
        cause,
        Trace.Step.PUBLISHED,
        Map.of("topic", message.topicArn(), "messageId", message.id()));
  }

  /// Stores a message to a single phone.
  void addToPhone(Tx tx, Message message, String number, String cause) {
    messages.add(tx, message, 1);
    deliver(tx, DeliveryRequest.toPhone(message, number), cause);
    trace.note(
        tx, cause, Trace.Step.PUBLISHED, Map.of("phoneNumber", number, "messageId", message.id()));
  }

  /// Fans out to one page of subscriptions.
  @Override
  public DeliveryOutcome attempt(Job job) {
    Cursor cursor = Cursor.CODEC.decode(job.work().payload());
    String lane = job.work().lane();
    String cause = job.work().cause();
    return database.read(
        snapshot -> {
          Optional<Message> message = messages.find(snapshot, cursor.messageId());
          if (message.isEmpty() || !topicExists(snapshot, message.get())) {
            return new DeliveryOutcome.Done(tx -> messages.release(tx, cursor.messageId(), FANOUT));
          }
          List<Subscription> page =
              subscriptions.list(snapshot, message.get().topicId(), cursor.after(), PAGE_SIZE);
          List<Subscription> subscribers = subscribers(message.get(), page);
          return new DeliveryOutcome.Done(
              tx -> {
                messages.retain(tx, cursor.messageId(), subscribers.size());
                subscribers.forEach(
                    to -> deliver(tx, DeliveryRequest.of(message.get(), to), cause));
                if (page.size() < PAGE_SIZE) {
                  messages.release(tx, cursor.messageId(), FANOUT);
                } else {
                  fanOut(tx, new Cursor(cursor.messageId(), page.getLast().id()), lane, cause);
                }
              });
        });
  }

  private boolean topicExists(Snapshot snapshot, Message message) {
    return topics
        .find(snapshot, io.carillon.base.Arn.parse(message.topicArn()), message.topicId())
        .isPresent();
  }

  private List<Subscription> subscribers(Message message, List<Subscription> page) {
    return page.stream()
        .filter(subscription -> !subscription.pending() && filters.accept(subscription, message))
        .toList();
  }

  private void deliver(Tx tx, DeliveryRequest delivery, String cause) {
    outbox.add(
        tx,
        new Work(
            delivery.protocol().kind(),
            delivery.lane(),
            clock.instant(),
            delivery.encode(),
            cause));
  }

  private void fanOut(Tx tx, Cursor cursor, String lane, String cause) {
    outbox.add(tx, new Work(FANOUT, lane, clock.instant(), Cursor.CODEC.encode(cursor), cause));
  }

  @Override
  public RetryPolicy retryPolicy(Job job) {
    return RetryPolicy.SNS_MANAGED;
  }
}
