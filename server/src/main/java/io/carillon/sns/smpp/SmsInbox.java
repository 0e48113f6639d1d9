package io.carillon.sns.smpp;

import io.carillon.sns.Inbox;
import io.carillon.store.Database;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/// The text messages that the built-in receiver holds. Parts are kept as they come, each on disk
/// before it is acknowledged, and put together by whoever looks, as a phone does.
public final class SmsInbox {
  private static final int MAX_COUNT = 2_000;
  private static final long MAX_BYTES = 4L << 20;

  private final Inbox<ReceivedSegment> inbox;

  /// A text, put together.
  ///
  /// @param id of its first part
  /// @param segments how many short messages it took
  public record Sms(long id, String from, String to, String text, int segments, Instant received) {}

  public SmsInbox(Database database) {
    this(database, MAX_COUNT, MAX_BYTES);
  }

  SmsInbox(Database database, int maxCount, long maxBytes) {
    this.inbox =
        new Inbox<>(
            database,
            "sns.sms",
            ReceivedSegment.class,
            segment -> 100L + segment.text().length(),
            maxCount,
            maxBytes);
  }

  void add(ReceivedSegment segment) {
    inbox.add(segment);
  }

  /// All texts of which every part has come, oldest first.
  public List<Sms> list() {
    List<Sms> texts = new ArrayList<>();
    Map<Key, TreeMap<Integer, Inbox.Item<ReceivedSegment>>> open = new LinkedHashMap<>();
    for (Inbox.Item<ReceivedSegment> item : inbox.list()) {
      ReceivedSegment segment = item.value();
      Key key = new Key(segment.from(), segment.to(), segment.reference(), segment.total());
      TreeMap<Integer, Inbox.Item<ReceivedSegment>> parts =
          open.computeIfAbsent(key, _ -> new TreeMap<>());
      parts.put(segment.number(), item);
      if (parts.size() == segment.total()) {
        open.remove(key);
        texts.add(whole(parts));
      }
    }
    return texts;
  }

  private record Key(String from, String to, int reference, int total) {}

  private static Sms whole(TreeMap<Integer, Inbox.Item<ReceivedSegment>> parts) {
    StringBuilder text = new StringBuilder();
    parts.values().forEach(part -> text.append(part.value().text()));
    Inbox.Item<ReceivedSegment> first = parts.firstEntry().getValue();
    return new Sms(
        first.id(),
        first.value().from(),
        first.value().to(),
        text.toString(),
        parts.size(),
        first.value().received());
  }

  /// The first text that `wanted` takes, as soon as it is whole; empty if none came in time.
  public Optional<Sms> await(Predicate<Sms> wanted, Duration atMost) throws InterruptedException {
    inbox.await(_ -> list().stream().anyMatch(wanted), atMost);
    return list().stream().filter(wanted).findFirst();
  }
}
