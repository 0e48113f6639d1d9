package io.carillon.sns.smpp;

import io.carillon.sns.Inbox;
import io.carillon.store.Database;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/// The text messages of the built-in receiver. Each part is stored durably before it is
/// acknowledged; the parts are assembled on reading.
public final class SmsInbox {
  private static final int MAX_COUNT = 2_000;
  private static final long MAX_BYTES = 4L << 20;

  private final Inbox<ReceivedSegment> inbox;

  /// An assembled text.
  ///
  /// @param id of its first part
  /// @param segments the number of short messages
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

  /// All complete texts, oldest first.
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

  private static Sms whole(NavigableMap<Integer, Inbox.Item<ReceivedSegment>> parts) {
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

  /// Waits for the first complete text that `filter` accepts; empty if there is none within
  /// `timeout`.
  public Optional<Sms> await(Predicate<Sms> filter, Duration timeout) throws InterruptedException {
    inbox.await(_ -> list().stream().anyMatch(filter), timeout);
    return list().stream().filter(filter).findFirst();
  }
}
