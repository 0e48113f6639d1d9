package io.carillon.sqs;

import io.carillon.base.Ids;
import io.carillon.messaging.MessageAttribute;
import io.carillon.sqs.Queues.QueueKey;
import io.carillon.store.Database;
import io.carillon.store.DueQueue;
import io.carillon.store.DueQueue.Claimed;
import io.carillon.store.DueQueue.Later;
import io.carillon.store.RowNumbers;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tx;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The messages of all queues. A message is a row of a [DueQueue]: its delay is the row's first due
/// time, its visibility timeout the lease, its receive count the number of claims.
///
/// Sending waits for the sync to disk. Receiving, deleting and changing visibility do not: if a
/// crash loses one of these, a message is received again, which at-least-once delivery permits.
final class QueueMessages {
  /// Rows removed in one transaction: a slow transaction would block every writer.
  private static final int CHUNK = 500;

  private static final Duration MAX_DELAY = Duration.ofMinutes(15);
  private static final Duration MAX_VISIBILITY = Duration.ofHours(12);

  /// Clock steps up to this size are ignored.
  private static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(2);

  /// @param groupId the `MessageGroupId`, for fair queues
  /// @param deadLetterSource the queue from which it was moved after too many receives
  /// @param receivedBefore how often it was received in the queues from which it was moved
  record MessageRow(
      String messageId,
      String body,
      Map<String, MessageAttribute> attributes,
      long sentMillis,
      String senderId,
      @Nullable Long firstReceivedMillis,
      @Nullable String traceHeader,
      @Nullable String groupId,
      @Nullable String deadLetterSource,
      long receivedBefore) {

    MessageRow receivedAt(long millis) {
      return firstReceivedMillis != null
          ? this
          : new MessageRow(
              messageId,
              body,
              attributes,
              sentMillis,
              senderId,
              millis,
              traceHeader,
              groupId,
              deadLetterSource,
              receivedBefore);
    }

    /// @param claims how often it was received in its queue so far
    MessageRow deadFrom(String source, long claims) {
      return new MessageRow(
          messageId,
          body,
          attributes,
          sentMillis,
          senderId,
          null,
          traceHeader,
          groupId,
          source,
          receivedBefore + claims);
    }
  }

  /// A message in flight.
  record Received(MessageRow message, long receiveCount, String receiptHandle) {}

  record Counts(long visible, long inFlight, long delayed) {}

  private final DueQueue<MessageRow> queue;

  /// By the identity of the queue, which a purge does not change.
  private final ConcurrentHashMap<String, ArrivalSignal> arrivals = new ConcurrentHashMap<>();

  private final Database database;
  private final InstantSource clock;
  private final Ids ids;

  /// Orders messages that are due in the same millisecond.
  private final RowNumbers numbers;

  QueueMessages(Database database, InstantSource clock, Ids ids, RowNumbers numbers) {
    this.database = database;
    this.queue = database.queue("sqs.messages", MessageRow.class, 0);
    this.clock = clock;
    this.ids = ids;
    this.numbers = numbers;
  }

  /// A message to be sent.
  ///
  /// @param effect adds it to its queue
  record PlannedMessage(String messageId, Consumer<Tx> effect) {}

  PlannedMessage plan(
      QueueRow to,
      String body,
      Map<String, MessageAttribute> attributes,
      String senderId,
      @Nullable String traceHeader,
      @Nullable String groupId,
      Duration delay) {
    MessageRow message =
        new MessageRow(
            ids.uuid(),
            body,
            attributes,
            clock.millis(),
            senderId,
            null,
            traceHeader,
            groupId,
            null,
            0);
    Table.Encoded<MessageRow> row = queue.encoded(message);
    return new PlannedMessage(message.messageId(), tx -> add(tx, to.incarnation(), row, delay));
  }

  private void add(Tx tx, String incarnation, Table.Encoded<MessageRow> message, Duration delay) {
    Instant now = clock.instant();
    queue.add(
        tx, incarnation, HexFormat.of().toHexDigits(numbers.next(now)), now.plus(delay), message);
    tx.afterCommit(() -> signalArrival(QueueRow.identity(incarnation)));
  }

  /// The dead-letter queue, for messages that were received too often.
  record DeadLetterTarget(int maxReceiveCount, String targetIncarnation) {}

  /// To be taken before the snapshot of [#firstVisible].
  DueQueue.Mark mark() {
    return queue.mark();
  }

  /// When the first message can be received, those in flight included; empty if none can be before
  /// `end`.
  Optional<Instant> firstVisible(
      Snapshot snapshot, DueQueue.Mark mark, QueueRow from, Instant end) {
    return queue.firstDue(snapshot, mark, from.incarnation(), end);
  }

  /// Receives up to `limit` visible messages for `visibility`.
  List<Received> claim(
      Tx tx,
      QueueKey key,
      QueueRow from,
      Optional<DeadLetterTarget> deadLetters,
      int limit,
      Duration visibility) {
    Instant now = clock.instant();
    Instant oldest = now.minus(from.settings().retention());
    List<Received> received = new ArrayList<>();
    List<Claimed<MessageRow>> claimed;
    do {
      int wanted = limit - received.size();
      claimed =
          queue.claim(
              tx,
              from.incarnation(),
              now,
              wanted,
              now.plus(visibility),
              row -> row.receivedAt(now.toEpochMilli()));
      for (Claimed<MessageRow> entry : claimed) {
        DueQueue.Lease lease = entry.lease();
        MessageRow message = entry.row();
        if (Instant.ofEpochMilli(message.sentMillis()).isBefore(oldest)) {
          queue.settle(tx, lease);
        } else if (deadLetters.isPresent()
            && lease.claims() > deadLetters.get().maxReceiveCount()) {
          queue.settle(tx, lease);
          add(
              tx,
              deadLetters.get().targetIncarnation(),
              queue.encoded(message.deadFrom(key.arn().toString(), lease.claims() - 1)),
              Duration.ZERO);
        } else {
          long count = message.receivedBefore() + lease.claims();
          received.add(new Received(message, count, receipt(lease)));
        }
      }
      // With a visibility timeout of zero, the same rows would be claimed endlessly.
    } while (!claimed.isEmpty() && received.size() < limit && !visibility.isZero());
    return received;
  }

  /// Deletes by receipt handle, also by one from before the message was received again: AWS
  /// guarantees only the latest, but accepts all.
  void delete(Tx tx, QueueRow from, @Nullable String receiptHandle) {
    lease(tx, from, receiptHandle).ifPresent(lease -> queue.settle(tx, lease));
  }

  void changeVisibility(Tx tx, QueueRow from, @Nullable String receiptHandle, Duration visibility) {
    Optional<DueQueue.Lease> lease = lease(tx, from, receiptHandle);
    Instant now = clock.instant();
    if (lease.isEmpty() || lease.get().due().isBefore(now)) {
      throw SqsError.INVALID_PARAMETER_VALUE.because(
          "Value "
              + receiptHandle
              + " for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not"
              + " available for visibility timeout change.");
    }
    queue.extend(tx, lease.get(), now.plus(visibility));
    tx.afterCommit(() -> signalArrival(from.identity()));
  }

  private Optional<DueQueue.Lease> lease(Tx tx, QueueRow from, @Nullable String receiptHandle) {
    if (receiptHandle == null || receiptHandle.isEmpty()) {
      throw SqsError.MISSING_PARAMETER.because(
          "The request must contain the parameter ReceiptHandle.");
    }
    String[] parts;
    long claims;
    try {
      parts =
          new String(Base64.getUrlDecoder().decode(receiptHandle), StandardCharsets.UTF_8)
              .split(" ", -1);
      claims = parts.length == 3 ? Long.parseLong(parts[2]) : -1;
    } catch (IllegalArgumentException _) {
      throw invalidReceipt(receiptHandle);
    }
    if (claims < 0) {
      throw invalidReceipt(receiptHandle);
    }
    if (!QueueRow.identity(parts[0]).equals(from.identity())) {
      throw SqsError.RECEIPT_HANDLE_IS_INVALID.because(
          "The receipt handle \"" + receiptHandle + "\" is not valid for this queue.");
    }
    // A message from before a purge is gone, although its row may not have been removed yet.
    return parts[0].equals(from.incarnation())
        ? queue.lease(tx, parts[0], parts[1], claims)
        : Optional.empty();
  }

  private static RuntimeException invalidReceipt(String receiptHandle) {
    return SqsError.RECEIPT_HANDLE_IS_INVALID.because(
        "The input receipt handle \"" + receiptHandle + "\" is not a valid receipt handle.");
  }

  private static String receipt(DueQueue.Lease lease) {
    String text = lease.queue() + " " + lease.id() + " " + lease.claims();
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  /// Deletes all messages of an incarnation that no queue has any more.
  void deleteAll(String incarnation) {
    while (database.writeRelaxed(tx -> queue.purge(tx, incarnation, CHUNK)) == CHUNK) {
      // the next chunk
    }
  }

  /// Deletes messages older than the queue's retention. Receivers do not get them anyway; this
  /// frees the space in queues without receivers, as most dead-letter queues are.
  void expire(QueueRow from) {
    while (database.writeRelaxed(tx -> expireChunk(tx, from)) == CHUNK) {
      // the next chunk
    }
  }

  /// A message is due at its sending time or later, so a row that is due before `oldest` was also
  /// sent before.
  private int expireChunk(Tx tx, QueueRow from) {
    Instant oldest = clock.instant().minus(from.settings().retention());
    List<Claimed<MessageRow>> old = queue.claim(tx, from.incarnation(), oldest, CHUNK, oldest);
    old.forEach(entry -> queue.settle(tx, entry.lease()));
    return old.size();
  }

  Counts count(String incarnation) {
    DueQueue.Depth depth =
        database.read(snapshot -> queue.depth(snapshot, incarnation, clock.instant()));
    return new Counts(depth.due(), depth.claimed(), depth.delayed());
  }

  /// Ends all long polls, current and future ones.
  void stop() {
    stopping = true;
    arrivals.values().forEach(ArrivalSignal::stop);
  }

  private volatile boolean stopping;

  /// Registers a long poll of a queue. [#leave] must follow.
  ArrivalSignal enter(String identity) {
    ArrivalSignal signal =
        arrivals.compute(
            identity, (_, current) -> (current == null ? new ArrivalSignal() : current).enter());
    if (stopping) {
      signal.stop();
    }
    return signal;
  }

  void leave(String identity) {
    arrivals.computeIfPresent(identity, (_, current) -> current.leave());
  }

  /// Wakes all long polls of a queue: when many messages can be visible earlier, and when it was
  /// deleted.
  void signalReceivers(QueueRow row) {
    ArrivalSignal signal = arrivals.get(row.identity());
    if (signal != null) {
      signal.signalAll();
    }
  }

  private void signalArrival(String identity) {
    ArrivalSignal signal = arrivals.get(identity);
    if (signal != null) {
      signal.signal();
    }
  }

  /// How many queues have waiters.
  int queuesWithWaiters() {
    return arrivals.size();
  }

  /// How many long polls wait right now.
  int waitingReceivers() {
    return arrivals.values().stream().mapToInt(ArrivalSignal::parked).sum();
  }

  /// After the clock was ahead and set back, makes messages visible earlier that would be hidden
  /// for too long: a message that is not in flight keeps the delay of its sending, one in flight
  /// becomes visible after its queue's visibility timeout.
  ///
  /// @return how many messages were changed
  int correctDueTimes(QueueRow in) {
    Instant now = clock.instant();
    Instant ahead = now.plus(CLOCK_TOLERANCE);
    int moved =
        queue.rescheduleRange(
            database,
            in.incarnation(),
            ahead,
            Instant.ofEpochMilli(Long.MAX_VALUE),
            later ->
                later.isLeased()
                    ? correctedVisibility(later, now, in.settings().visibilityTimeout())
                    : correctedDelay(later, now));
    if (moved > 0) {
      signalReceivers(in);
    }
    return moved;
  }

  private static Optional<Instant> correctedDelay(Later<MessageRow> later, Instant now) {
    Instant sent = Instant.ofEpochMilli(later.row().sentMillis());
    Duration delay = Duration.between(sent, later.due());
    boolean isLegal = !delay.isNegative() && delay.compareTo(MAX_DELAY) <= 0;
    boolean wasAhead =
        sent.isAfter(now.plus(CLOCK_TOLERANCE))
            || later.due().isAfter(now.plus(MAX_DELAY).plus(CLOCK_TOLERANCE));
    return wasAhead ? Optional.of(isLegal ? now.plus(delay) : now) : Optional.empty();
  }

  private static Optional<Instant> correctedVisibility(
      Later<MessageRow> later, Instant now, Duration visibility) {
    Long received = later.row().firstReceivedMillis();
    boolean wasAhead =
        (received != null && Instant.ofEpochMilli(received).isAfter(now.plus(CLOCK_TOLERANCE)))
            || later.due().isAfter(now.plus(MAX_VISIBILITY).plus(CLOCK_TOLERANCE));
    return wasAhead ? Optional.of(now.plus(visibility)) : Optional.empty();
  }
}
