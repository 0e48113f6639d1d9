package io.carillon.logs;

import io.carillon.logs.LogGroups.GroupKey;
import io.carillon.logs.LogGroups.StreamKey;
import io.carillon.store.Database;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tx;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/// Log events: kept once in the order of their group, so that filtering reads one range, with an
/// index in the order of each stream, forwards and backwards: a page reads its own rows only.
final class LogEvents {
  /// Rows removed in one transaction: one slow closure would hold every writer.
  private static final int CHUNK = 1_000;

  /// What each event counts beside its message. Source: PutLogEvents.
  static final int OVERHEAD_BYTES = 26;

  /// What a page of events holds at most. Source: GetLogEvents.
  private static final int PAGE_BYTES = 1 << 20;

  /// What a page of events occupies while it is answered: rows, events, JSON.
  static final long PAGE_MEMORY = 4L * PAGE_BYTES;

  /// An event's place: time first, then the order of arrival.
  record Position(long timestampMillis, long sequence) {
    static final Position START = new Position(Long.MIN_VALUE, Long.MIN_VALUE);
    static final Position END = new Position(Long.MAX_VALUE, Long.MAX_VALUE);

    /// The last place before this one.
    Position before() {
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
    /// The key under which the newest come first.
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

  /// An index entry holds nothing: its key says it all.
  record Pointer() {}

  private final Table<InGroup, EventRow> byGroup =
      Table.of("logs.events", InGroup.CODEC, EventRow.class);
  private final Table<InStream, Pointer> byStream =
      Table.of("logs.events.bystream", InStream.CODEC, Pointer.class);
  private final Table<InStream, Pointer> byStreamBackwards =
      Table.of("logs.events.bystreambackwards", InStream.CODEC, Pointer.class);
  private final Database database;
  private final AtomicLong sequence;

  LogEvents(Database database, InstantSource clock) {
    this.database = database;
    // Behind every sequence given before a restart: a process does not log a million events a
    // millisecond.
    this.sequence = new AtomicLong(clock.millis() << 20);
  }

  void append(Tx tx, StreamKey stream, long timestampMillis, String message, long nowMillis) {
    Position position = new Position(timestampMillis, sequence.getAndIncrement());
    byGroup.put(
        tx, new InGroup(stream.group(), position), new EventRow(stream.name(), message, nowMillis));
    InStream key = new InStream(stream, position);
    byStream.put(tx, key, new Pointer());
    byStreamBackwards.put(tx, key.backwards(), new Pointer());
  }

  private void delete(Tx tx, InStream key) {
    byGroup.delete(tx, new InGroup(key.stream().group(), key.position()));
    byStream.delete(tx, key);
    byStreamBackwards.delete(tx, key.backwards());
  }

  /// The events of a group in `[fromMillis, toMillis)` behind `after`, as long as `wanted` asks for
  /// more.
  void scan(
      Snapshot snapshot,
      GroupKey group,
      long fromMillis,
      long toMillis,
      Position after,
      Predicate<Event> wanted) {
    Range range =
        Range.within(group.tuple())
            .from(group.tuple().and(fromMillis))
            .after(group.tuple().and(after.timestampMillis(), after.sequence()))
            .before(group.tuple().and(toMillis));
    byGroup.scan(snapshot, range, (key, row) -> wanted.test(new Event(key.position(), row)));
  }

  /// Up to `limit` events of a stream in `[fromMillis, toMillis)` behind `after`, the oldest first.
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
    List<Event> found = new ArrayList<>();
    byStream.scanKeys(
        snapshot, range, key -> limit.add(found, event(snapshot, stream, key.position())));
    return found;
  }

  /// Up to `limit` events of a stream in `[fromMillis, toMillis)` up to and with `last`, the newest
  /// first.
  List<Event> upTo(
      Snapshot snapshot,
      StreamKey stream,
      long fromMillis,
      long toMillis,
      Position last,
      Limit limit) {
    // No event is older than the epoch; so far back, everything is in the range.
    Range range =
        Range.within(stream.tuple())
            .after(stream.tuple().and(-Math.max(toMillis, 0)))
            .from(InStream.CODEC.toTuple().apply(new InStream(stream, last).backwards()))
            .before(stream.tuple().and(1 - Math.max(fromMillis, 0)));
    List<Event> found = new ArrayList<>();
    byStreamBackwards.scanKeys(
        snapshot,
        range,
        key -> limit.add(found, event(snapshot, stream, key.backwards().position())));
    return found;
  }

  private Event event(Snapshot snapshot, StreamKey stream, Position position) {
    return new Event(
        position, byGroup.get(snapshot, new InGroup(stream.group(), position)).orElseThrow());
  }

  /// How much a page holds.
  static final class Limit {
    private final int events;
    private int taken;
    private long bytes;

    Limit(int events) {
      this.events = events;
    }

    /// Whether the page has room for the event, which then counts. One alone always has room.
    boolean takes(Event event) {
      bytes += event.sizeBytes();
      if (taken == events || (taken > 0 && bytes > PAGE_BYTES)) {
        return false;
      }
      taken++;
      return true;
    }

    private boolean add(List<Event> page, Event event) {
      if (!takes(event)) {
        return false;
      }
      page.add(event);
      return taken < events;
    }
  }

  void deleteAll(StreamKey stream) {
    while (database.writeRelaxed(tx -> deleteChunk(tx, stream)) == CHUNK) {
      // the next chunk
    }
  }

  private int deleteChunk(Tx tx, StreamKey stream) {
    List<Table.Entry<InStream, Pointer>> chunk =
        byStream.list(tx, Range.within(stream.tuple()), CHUNK);
    for (Table.Entry<InStream, Pointer> entry : chunk) {
      delete(tx, entry.key());
    }
    return chunk.size();
  }

  /// Forgets a group's events older than `beforeMillis`.
  void deleteBefore(GroupKey group, long beforeMillis) {
    while (database.writeRelaxed(
            tx -> {
              Range old = Range.within(group.tuple()).before(group.tuple().and(beforeMillis));
              List<Table.Entry<InGroup, EventRow>> chunk = byGroup.list(tx, old, CHUNK);
              for (Table.Entry<InGroup, EventRow> entry : chunk) {
                delete(
                    tx, new InStream(group.stream(entry.value().stream()), entry.key().position()));
              }
              return chunk.size();
            })
        == CHUNK) {
      // the next chunk
    }
  }
}
