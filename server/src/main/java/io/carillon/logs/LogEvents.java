package io.carillon.logs;

import io.carillon.aws.RequestAuthorization;
import io.carillon.logs.LogGroups.GroupKey;
import io.carillon.logs.LogGroups.StreamKey;
import io.carillon.store.Database;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.RowNumbers;
import io.carillon.store.ScanStep;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tx;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/// Log events: stored once in the order of their group, so that filtering reads one range, with
/// indexes in the order of each stream, forwards and backwards, so that a page reads only its own
/// rows.
final class LogEvents {
  /// Rows removed in one transaction: a slow transaction would block every writer.
  private static final int DELETION_CHUNK = 1_000;

  /// The size of an event in addition to its message. Source: PutLogEvents.
  static final int OVERHEAD_BYTES = 26;

  /// The maximum size of a page of events. Source: GetLogEvents.
  private static final int PAGE_BYTES = 1 << 20;

  /// The memory for a page of events in a response: rows, events, JSON.
  static final long PAGE_MEMORY = 4L * PAGE_BYTES;

  /// An event's position: ordered by time, then by arrival.
  record Position(long timestampMillis, long sequence) {
    static final Position START = new Position(Long.MIN_VALUE, Long.MIN_VALUE);
    static final Position END = new Position(Long.MAX_VALUE, Long.MAX_VALUE);

    /// The last position before this one.
    Position previous() {
      return new Position(timestampMillis, sequence - 1);
    }

    @Override
    public String toString() {
      return Long.toUnsignedString(timestampMillis, 36) + "/" + Long.toUnsignedString(sequence, 36);
    }

    static Position parse(String text) {
      int slash = text.indexOf('/');
      try {
        return new Position(
            Long.parseUnsignedLong(text.substring(0, Math.max(slash, 0)), 36),
            Long.parseUnsignedLong(text.substring(slash + 1), 36));
      } catch (NumberFormatException _) {
        throw LogsError.invalidToken();
      }
    }
  }

  record EventRow(String stream, String message, long ingestedMillis) {}

  record Event(Position position, EventRow row) {
    int sizeBytes() {
      return row.message().getBytes(StandardCharsets.UTF_8).length + OVERHEAD_BYTES;
    }
  }

  private record InGroup(GroupKey group, Position position) {
    static final KeyCodec<InGroup> CODEC =
        new KeyCodec<>(
            k -> k.group.tuple().and(k.position.timestampMillis, k.position.sequence),
            t ->
                new InGroup(
                    new GroupKey(t.string(0), t.string(1), t.string(2)),
                    new Position(t.number(3), t.number(4))));
  }

  private record InStream(StreamKey stream, Position position) {
    /// The key that sorts the newest event first.
    InStream backwards() {
      return new InStream(
          stream,
          new Position(
              -Math.max(position.timestampMillis, -Long.MAX_VALUE),
              -Math.max(position.sequence, -Long.MAX_VALUE)));
    }

    static final KeyCodec<InStream> CODEC =
        new KeyCodec<>(
            k -> k.stream.tuple().and(k.position.timestampMillis, k.position.sequence),
            t ->
                new InStream(
                    new StreamKey(new GroupKey(t.string(0), t.string(1), t.string(2)), t.string(3)),
                    new Position(t.number(4), t.number(5))));
  }

  /// An index entry has only a key.
  record Pointer() {}

  private final Table<InGroup, EventRow> byGroup =
      Table.of("logs.events", InGroup.CODEC, EventRow.class);
  private final Table<InStream, Pointer> byStream =
      Table.of("logs.events.bystream", InStream.CODEC, Pointer.class);
  private final Table<InStream, Pointer> byStreamBackwards =
      Table.of("logs.events.bystreambackwards", InStream.CODEC, Pointer.class);
  private final Table.Encoded<Pointer> pointer = byStream.encoded(new Pointer());
  private final Database database;
  private final RowNumbers numbers;

  LogEvents(Database database, RowNumbers numbers) {
    this.database = database;
    this.numbers = numbers;
  }

  /// An event with its row, encoded in advance: a batch has up to ten thousand, which no
  /// transaction should encode.
  record Prepared(StreamKey stream, long timestampMillis, Table.Encoded<EventRow> row) {}

  Prepared prepare(StreamKey stream, long timestampMillis, String message, long nowMillis) {
    return new Prepared(
        stream, timestampMillis, byGroup.encoded(new EventRow(stream.name(), message, nowMillis)));
  }

  void append(Tx tx, Prepared event) {
    Position position = new Position(event.timestampMillis, numbers.next(tx.now()));
    byGroup.put(tx, new InGroup(event.stream.group(), position), event.row);
    InStream key = new InStream(event.stream, position);
    byStream.put(tx, key, pointer);
    byStreamBackwards.put(tx, key.backwards(), pointer);
  }

  private void delete(Tx tx, InStream key) {
    byGroup.delete(tx, new InGroup(key.stream().group(), key.position()));
    byStream.delete(tx, key);
    byStreamBackwards.delete(tx, key.backwards());
  }

  /// Visits the events of a group in `[fromMillis, toMillis)` after `after`, until `visitor`
  /// returns false.
  void scan(
      Snapshot snapshot,
      GroupKey group,
      long fromMillis,
      long toMillis,
      Position after,
      Predicate<Event> visitor) {
    Range range =
        Range.within(group.tuple())
            .from(group.tuple().and(fromMillis))
            .after(group.tuple().and(after.timestampMillis(), after.sequence()))
            .before(group.tuple().and(toMillis));
    byGroup.scan(
        snapshot,
        range,
        Table.MANY,
        (key, row) -> ScanStep.nextIf(visitor.test(new Event(key.position(), row))));
  }

  /// Up to `limit` events of a stream in `[fromMillis, toMillis)` after `after`, oldest first.
  List<Event> after(
      Snapshot snapshot,
      StreamKey stream,
      long fromMillis,
      long toMillis,
      Position after,
      Limit limit) {
    Range range =
        Range.within(stream.tuple())
            .from(stream.tuple().and(fromMillis))
            .after(stream.tuple().and(after.timestampMillis(), after.sequence()))
            .before(stream.tuple().and(toMillis));
    List<Event> page = new ArrayList<>();
    byStream.scanKeys(
        snapshot,
        range,
        limit.events + 1,
        key -> ScanStep.nextIf(limit.add(page, event(snapshot, stream, key.position()))));
    return page;
  }

  /// Up to `limit` events of a stream in `[fromMillis, toMillis)` up to and including `last`,
  /// newest first.
  List<Event> backwardsFrom(
      Snapshot snapshot,
      StreamKey stream,
      long fromMillis,
      long toMillis,
      Position last,
      Limit limit) {
    // No event is older than the epoch, so an earlier limit excludes nothing.
    Range range =
        Range.within(stream.tuple())
            .after(stream.tuple().and(-Math.max(toMillis, 0)))
            .from(InStream.CODEC.toTuple().apply(new InStream(stream, last).backwards()))
            .before(stream.tuple().and(1 - Math.max(fromMillis, 0)));
    List<Event> page = new ArrayList<>();
    byStreamBackwards.scanKeys(
        snapshot,
        range,
        limit.events + 1,
        key ->
            ScanStep.nextIf(limit.add(page, event(snapshot, stream, key.backwards().position()))));
    return page;
  }

  private Event event(Snapshot snapshot, StreamKey stream, Position position) {
    return new Event(
        position, byGroup.get(snapshot, new InGroup(stream.group(), position)).orElseThrow());
  }

  /// The limits of a page in events and bytes.
  static final class Limit {
    private final int events;
    private int acceptedEvents;
    private long bytes;

    Limit(int events) {
      this.events = events;
    }

    /// Counts the event and returns whether it fits into the page. The first one always fits.
    boolean accept(Event event) {
      bytes += event.sizeBytes();
      if (acceptedEvents == events || (acceptedEvents > 0 && bytes > PAGE_BYTES)) {
        return false;
      }
      acceptedEvents++;
      return true;
    }

    private boolean add(List<Event> page, Event event) {
      if (!accept(event)) {
        return false;
      }
      page.add(event);
      return acceptedEvents < events;
    }
  }

  /// Deletes the events of a stream that is deleted.
  void deleteAll(StreamKey stream) {
    RequestAuthorization.asServer(() -> deleteChunks(stream));
  }

  private void deleteChunks(StreamKey stream) {
    while (database.writeRelaxed(tx -> deleteChunk(tx, stream)) == DELETION_CHUNK) {
      // the next chunk
    }
  }

  private int deleteChunk(Tx tx, StreamKey stream) {
    List<Table.Entry<InStream, Pointer>> chunk =
        byStream.list(tx, Range.within(stream.tuple()), DELETION_CHUNK);
    for (Table.Entry<InStream, Pointer> entry : chunk) {
      delete(tx, entry.key());
    }
    return chunk.size();
  }

  /// Deletes a group's events from before `olderThanMillis`.
  void deleteOlderThan(GroupKey group, long olderThanMillis) {
    while (database.writeRelaxed(
            tx -> {
              Range old = Range.within(group.tuple()).before(group.tuple().and(olderThanMillis));
              List<Table.Entry<InGroup, EventRow>> chunk = byGroup.list(tx, old, DELETION_CHUNK);
              for (Table.Entry<InGroup, EventRow> entry : chunk) {
                delete(
                    tx, new InStream(group.stream(entry.value().stream()), entry.key().position()));
              }
              return chunk.size();
            })
        == DELETION_CHUNK) {
      // the next chunk
    }
  }
}
