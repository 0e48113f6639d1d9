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

/// Takes messages in and spreads them over the subscriptions of their topic.
///
/// A message is one row; deliveries refer to it. Who wants it is found out on a snapshot, outside
/// the transaction, since filters take time. A topic with few subscriptions has its deliveries put
/// in by the transaction that takes the message, so nothing lies between the two. For a larger one
/// that transaction puts in fan-out work, which does a page at a time: each page's deliveries and
/// the work for the next page come in the transaction that ends the page's own. A crash between
/// pages goes on where it was, one within a page does the page again, and no writer waits for
/// 100,000 rows.
final class Publications implements Delivery {
  static final String FANOUT = "sns.fanout";

  /// Up to so many subscriptions are served by the publishing transaction itself.
  static final int DIRECT = 64;

  static final int PAGE = 500;

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

  /// A message whose recipients have been looked up.
  ///
  /// @param wanting who gets it at once
  /// @param many whether the topic is left to fan-out instead
  record Prepared(Message message, List<Subscription> wanting, boolean many) {}

  /// Where a fan-out stands.
  ///
  /// @param after the last subscription that is dealt with; empty at the start
  private record Cursor(String messageId, String after) {
    private static final RowCodec<Cursor> CODEC = RowCodec.of(Cursor.class);
  }

  /// Looks the recipients up. Outside of transactions.
  Prepared prepare(Message message) {
    List<Subscription> page =
        database.read(snapshot -> subscriptions.list(snapshot, message.topicId(), "", DIRECT + 1));
    return page.size() > DIRECT
        ? new Prepared(message, List.of(), true)
        : new Prepared(message, wanting(message, page), false);
  }

  /// Takes the message in.
  ///
  /// @throws io.carillon.aws.AwsException NotFound where the topic went meanwhile
  void add(Tx tx, Prepared prepared, String cause) {
    Message message = prepared.message();
    Topic topic = topics.require(tx, io.carillon.base.Arn.parse(message.topicArn()));
    if (prepared.many()) {
      messages.add(tx, message, 1);
      fanOut(tx, new Cursor(message.id(), ""), topic.arn().toString(), cause);
    } else {
      messages.add(tx, message, prepared.wanting().size());
      prepared.wanting().forEach(to -> deliver(tx, DeliveryRequest.of(message, to), cause));
    }
    trace.note(
        tx,
        cause,
        Trace.Step.PUBLISHED,
        Map.of("topic", message.topicArn(), "messageId", message.id()));
  }

  /// Takes in a message to a single phone.
  void addToPhone(Tx tx, Message message, String number, String cause) {
    messages.add(tx, message, 1);
    deliver(tx, DeliveryRequest.toPhone(message, number), cause);
    trace.note(
        tx, cause, Trace.Step.PUBLISHED, Map.of("phoneNumber", number, "messageId", message.id()));
  }

  /// Spreads one page.
  @Override
  public DeliveryOutcome attempt(Job job) {
    Cursor cursor = Cursor.CODEC.decode(job.work().payload());
    String lane = job.work().lane();
    String cause = job.work().cause();
    return database.read(
        snapshot -> {
          Optional<Message> message = messages.find(snapshot, cursor.messageId());
          if (message.isEmpty() || !stillThere(snapshot, message.get())) {
            return new DeliveryOutcome.Done(tx -> messages.release(tx, cursor.messageId(), FANOUT));
          }
          List<Subscription> page =
              subscriptions.list(snapshot, message.get().topicId(), cursor.after(), PAGE);
          List<Subscription> wanting = wanting(message.get(), page);
          return new DeliveryOutcome.Done(
              tx -> {
                messages.retain(tx, cursor.messageId(), wanting.size());
                wanting.forEach(to -> deliver(tx, DeliveryRequest.of(message.get(), to), cause));
                if (page.size() < PAGE) {
                  messages.release(tx, cursor.messageId(), FANOUT);
                } else {
                  fanOut(tx, new Cursor(cursor.messageId(), page.getLast().id()), lane, cause);
                }
              });
        });
  }

  private boolean stillThere(Snapshot snapshot, Message message) {
    return topics
        .find(snapshot, io.carillon.base.Arn.parse(message.topicArn()), message.topicId())
        .isPresent();
  }

  private List<Subscription> wanting(Message message, List<Subscription> page) {
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

  @Override
  public boolean deadLetter(Tx tx, Job job, String why) {
    return false;
  }
}
