package io.carillon.sqs;

import io.carillon.base.Ids;
import io.carillon.base.Reservation;
import io.carillon.outbox.MessageAttribute;
import io.carillon.sqs.Queues.QueueKey;
import io.carillon.sqs.Queues.QueueRow;
import io.carillon.store.Database;
import io.carillon.store.DueQueue;
import io.carillon.store.DueQueue.Claimed;
import io.carillon.store.DueQueue.Later;
import io.carillon.store.DueQueue.Lease;
import io.carillon.store.Tx;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// What is in the queues. A message is a row of a [DueQueue]: its delay is its first due, its
/// visibility timeout the lease, its receive count the number of claims.
///
/// Sending waits for the disk. Receiving, deleting and changing visibility do not: losing one of
/// these in a crash shows a message once more, which at-least-once permits.
final class Messages {
  /// Rows removed in one transaction: one slow closure would hold every writer.
  private static final int CHUNK = 500;

  private static final Duration LONGEST_DELAY = Duration.ofMinutes(15);
  private static final Duration LONGEST_VISIBILITY = Duration.ofHours(12);

  /// So much a clock may be set back without anybody minding.
  private static final Duration SKEW = Duration.ofSeconds(2);

  private static final long LARGEST_BYTES = 1 << 20;

  /// A message that is received is in its row, in the text of its body, and in the answer.
  private static final int COPIES = 4;

  /// @param groupId whose message it is, for consumers that are fair to many
  /// @param deadLetterSource the queue it was moved from after too many receives
  /// @param receivedBefore how often it was received in the queues that it was moved from
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

    /// @param claims how often it was received in the queue that it leaves
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

  /// A message in somebody's hands.
  record Received(MessageRow message, long receiveCount, String receiptHandle) {}

  record Counts(long visible, long inFlight, long delayed) {}

  private final DueQueue<MessageRow> queue = DueQueue.of("sqs.messages", MessageRow.class);
  private final ConcurrentHashMap<String, ArrivalSignal> arrivals = new ConcurrentHashMap<>();
  private final Database database;
  private final InstantSource clock;
  private final Ids ids;
  private final AtomicLong sequence;

  Messages(Database database, InstantSource clock, Ids ids) {
    this.database = database;
    this.clock = clock;
    this.ids = ids;
    // Orders messages that are due in the same millisecond; behind every number given before a
    // restart.
    this.sequence = new AtomicLong(clock.millis() << 20);
  }

  /// Puts a message in; answers its id.
  String send(
      Tx tx,
      QueueRow into,
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
    add(tx, into.incarnation(), message, delay);
    return message.messageId();
  }

  private void add(Tx tx, String incarnation, MessageRow message, Duration delay) {
    queue.add(
        tx,
        incarnation,
        String.format("%016x", sequence.getAndIncrement()),
        clock.instant().plus(delay),
        message);
    tx.afterCommit(() -> tell(incarnation));
  }

  /// Where messages go that were received too often.
  record DeadLetters(int maxReceiveCount, String intoIncarnation) {}

  /// Takes up to `limit` messages for `visibility`, waiting up to `wait` for the first.
  List<Received> receive(
      QueueKey key,
      QueueRow from,
      Optional<DeadLetters> deadLetters,
      int limit,
      Duration visibility,
      Duration wait) {
    ArrivalSignal signal = enter(from.incarnation());
    try {
      return receive(signal, key, from, deadLetters, limit, visibility, wait);
    } finally {
      arrivals.computeIfPresent(from.incarnation(), (_, present) -> present.leave());
    }
  }

  private List<Received> receive(
      ArrivalSignal signal,
      QueueKey key,
      QueueRow from,
      Optional<DeadLetters> deadLetters,
      int limit,
      Duration visibility,
      Duration wait) {
    long begun = System.nanoTime(); // a clock that is set back makes nobody wait longer
    Reservation memory = Reservation.current();
    long before = memory.heldBytes();
    while (true) {
      long seen = signal.count();
      int most = reserve(memory, limit);
      List<Received> received =
          database.writeRelaxed(tx -> take(tx, key, from, deadLetters, most, visibility));
      memory.shrinkTo(before + memoryOf(received));
      Duration left = wait.minusNanos(System.nanoTime() - begun);
      if (!received.isEmpty() || !left.isPositive()) {
        return received;
      }
      Instant now = clock.instant();
      Instant giveUp = now.plus(left);
      Instant next =
          database
              .read(snapshot -> queue.firstDue(snapshot, from.incarnation(), giveUp))
              .orElse(giveUp);
      if (!signal.await(seen, Duration.between(now, next).plusMillis(1))) {
        return List.of(); // the server is stopping
      }
    }
  }

  /// Reserves memory for as many messages of the largest size as there is room for, up to `limit`:
  /// who asks for ten may be given fewer.
  private static int reserve(Reservation memory, int limit) {
    for (int most = limit; most > 1; most /= 2) {
      if (memory.tryTake(most * LARGEST_BYTES * COPIES)) {
        return most;
      }
    }
    memory.take(LARGEST_BYTES * COPIES);
    return 1;
  }

  private static long memoryOf(List<Received> received) {
    long bytes = 0;
    for (Received one : received) {
      bytes += one.message().body().length();
      for (Map.Entry<String, MessageAttribute> attribute : one.message().attributes().entrySet()) {
        bytes += attribute.getValue().sizeBytes(attribute.getKey());
      }
    }
    return bytes * COPIES;
  }

  private List<Received> take(
      Tx tx,
      QueueKey key,
      QueueRow from,
      Optional<DeadLetters> deadLetters,
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
      for (Claimed<MessageRow> one : claimed) {
        Lease lease = one.lease();
        MessageRow message = one.row();
        if (Instant.ofEpochMilli(message.sentMillis()).isBefore(oldest)) {
          queue.settle(tx, lease);
        } else if (deadLetters.isPresent()
            && lease.claims() > deadLetters.get().maxReceiveCount()) {
          queue.settle(tx, lease);
          add(
              tx,
              deadLetters.get().intoIncarnation(),
              message.deadFrom(key.arn().toString(), lease.claims() - 1),
              Duration.ZERO);
        } else {
          long count = message.receivedBefore() + lease.claims();
          received.add(new Received(message, count, receipt(lease)));
        }
      }
      // With a visibility timeout of zero the same rows would be claimed for ever.
    } while (!claimed.isEmpty() && received.size() < limit && !visibility.isZero());
    return received;
  }

  /// Deletes by receipt, also by one from before the message was received again: AWS promises no
  /// more than the newest, and honours all.
  void delete(Tx tx, QueueRow from, @Nullable String receiptHandle) {
    lease(tx, from, receiptHandle).ifPresent(lease -> queue.settle(tx, lease));
  }

  void changeVisibility(Tx tx, QueueRow from, @Nullable String receiptHandle, Duration visibility) {
    Optional<Lease> lease = lease(tx, from, receiptHandle);
    Instant now = clock.instant();
    if (lease.isEmpty() || lease.get().due().isBefore(now)) {
      throw SqsError.INVALID_PARAMETER_VALUE.because(
          "Value "
              + receiptHandle
              + " for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not"
              + " available for visibility timeout change.");
    }
    queue.reschedule(tx, lease.get(), now.plus(visibility));
    tx.afterCommit(() -> tell(from.incarnation()));
  }

  private Optional<Lease> lease(Tx tx, QueueRow from, @Nullable String receiptHandle) {
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
    if (!parts[0].equals(from.incarnation())) {
      throw SqsError.RECEIPT_HANDLE_IS_INVALID.because(
          "The receipt handle \"" + receiptHandle + "\" is not valid for this queue.");
    }
    return queue.lease(tx, parts[0], parts[1], claims);
  }

  private static RuntimeException invalidReceipt(String receiptHandle) {
    return SqsError.RECEIPT_HANDLE_IS_INVALID.because(
        "The input receipt handle \"" + receiptHandle + "\" is not a valid receipt handle.");
  }

  private static String receipt(Lease lease) {
    String text = lease.queue() + " " + lease.id() + " " + lease.claims();
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  /// Deletes all messages of a queue.
  void forget(String incarnation) {
    while (database.writeRelaxed(tx -> queue.purge(tx, incarnation, CHUNK)) == CHUNK) {
      // the next chunk
    }
  }

  /// Deletes what is older than the queue's retention. Who receives does not see it anyway; this
  /// gives its room back where nobody does, as in most dead-letter queues.
  void expire(QueueRow from) {
    while (database.writeRelaxed(tx -> expireChunk(tx, from)) == CHUNK) {
      // the next chunk
    }
  }

  /// A message is due when it was sent or later, so what was due before then was sent before.
  private int expireChunk(Tx tx, QueueRow from) {
    Instant oldest = clock.instant().minus(from.settings().retention());
    List<Claimed<MessageRow>> old = queue.claim(tx, from.incarnation(), oldest, CHUNK, oldest);
    old.forEach(one -> queue.settle(tx, one.lease()));
    return old.size();
  }

  Counts count(String incarnation) {
    DueQueue.Depth depth =
        database.read(snapshot -> queue.depth(snapshot, incarnation, clock.instant()));
    return new Counts(depth.due(), depth.claimed(), depth.delayed());
  }

  /// Wakes everyone who waits for messages, for good.
  void stop() {
    stopping = true;
    arrivals.values().forEach(ArrivalSignal::stop);
  }

  private volatile boolean stopping;

  private ArrivalSignal enter(String incarnation) {
    ArrivalSignal signal =
        arrivals.compute(
            incarnation, (_, present) -> (present == null ? new ArrivalSignal() : present).enter());
    if (stopping) {
      signal.stop();
    }
    return signal;
  }

  private void tell(String incarnation) {
    ArrivalSignal signal = arrivals.get(incarnation);
    if (signal != null) {
      signal.tell();
    }
  }

  /// How many queues somebody waits at.
  int waitedAt() {
    return arrivals.size();
  }

  /// Makes what a clock that was ahead made invisible for too long visible earlier: a message that
  /// nobody has keeps the delay it was sent with, one in flight comes back after its queue's
  /// visibility timeout.
  ///
  /// @return how many messages there were
  int drawBack(QueueRow in) {
    Instant now = clock.instant();
    Instant ahead = now.plus(SKEW);
    int moved =
        queue.rescheduleRange(
            database,
            in.incarnation(),
            ahead,
            Instant.ofEpochMilli(Long.MAX_VALUE),
            later ->
                later.isLeased()
                    ? whenBack(later, now, in.settings().visibilityTimeout())
                    : whenSeen(later, now));
    if (moved > 0) {
      tell(in.incarnation());
    }
    return moved;
  }

  private static Optional<Instant> whenSeen(Later<MessageRow> later, Instant now) {
    Instant sent = Instant.ofEpochMilli(later.row().sentMillis());
    Duration delay = Duration.between(sent, later.due());
    boolean isLegal = !delay.isNegative() && delay.compareTo(LONGEST_DELAY) <= 0;
    boolean wasAhead =
        sent.isAfter(now.plus(SKEW)) || later.due().isAfter(now.plus(LONGEST_DELAY).plus(SKEW));
    return wasAhead ? Optional.of(isLegal ? now.plus(delay) : now) : Optional.empty();
  }

  private static Optional<Instant> whenBack(
      Later<MessageRow> later, Instant now, Duration visibility) {
    Long received = later.row().firstReceivedMillis();
    boolean wasAhead =
        (received != null && Instant.ofEpochMilli(received).isAfter(now.plus(SKEW)))
            || later.due().isAfter(now.plus(LONGEST_VISIBILITY).plus(SKEW));
    return wasAhead ? Optional.of(now.plus(visibility)) : Optional.empty();
  }
}
