package io.carillon.trace;

import io.carillon.base.Ids;
import io.carillon.store.Database;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.RowNumbers;
import io.carillon.store.ScanStep;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/// Stores the steps of recent events: a row for each step, written in the transaction that does the
/// step, so a trace never shows what did not happen.
///
/// A cause's id begins with its time, so the table is in order of time. The oldest rows are deleted
/// from its head, in chunks.
public final class TableTrace implements Trace {
  private static final int CHUNK = 1_000;

  /// An event with its steps, in order.
  public record History(String cause, List<TimedStep> steps) {}

  /// A step with its time.
  ///
  /// @param details sorted by name, so that users always see one order
  public record TimedStep(Instant time, Step step, Map<String, String> details) {}

  private record Key(String cause, long number) {
    static final KeyCodec<Key> CODEC =
        new KeyCodec<>(k -> Tuple.of(k.cause, k.number), t -> new Key(t.string(0), t.number(1)));
  }

  private record TracedObject(String bucket, String key, String cause) {
    static final KeyCodec<TracedObject> CODEC =
        new KeyCodec<>(
            k -> Tuple.of(k.bucket, k.key, k.cause),
            t -> new TracedObject(t.string(0), t.string(1), t.string(2)));
  }

  /// Times in microseconds: steps of one event are close together.
  record StepRow(long epochMicros, String step, Map<String, String> details) {}

  record Pointer() {}

  private final Table<Key, StepRow> steps = Table.of("trace.steps", Key.CODEC, StepRow.class);
  private final Table<TracedObject, Pointer> objects =
      Table.of("trace.objects", TracedObject.CODEC, Pointer.class);
  private static final Duration SKEW = Duration.ofMinutes(1);

  private final Database database;
  private final InstantSource clock;
  private final Ids ids;
  private final int mostSteps;
  private final RowNumbers numbers;

  /// The number of steps: until the first sweep those of this process, then all that were there at
  /// the last count.
  private final AtomicLong total = new AtomicLong();

  private boolean counted;

  /// @param mostSteps how many steps are kept
  public TableTrace(
      Database database, InstantSource clock, Ids ids, RowNumbers numbers, int mostSteps) {
    this.database = database;
    this.clock = clock;
    this.ids = ids;
    this.mostSteps = mostSteps;
    this.numbers = numbers;
  }

  @Override
  public String begin() {
    return String.format("%012x-%s", clock.millis(), ids.requestId());
  }

  @Override
  public Consumer<Tx> plan(String travelling, Step step, Map<String, String> details) {
    String cause = Cause.of(travelling).id();
    Instant now = clock.instant();
    long micros = now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
    Table.Encoded<StepRow> row = steps.encoded(new StepRow(micros, step.name(), details));
    String bucket = details.get("bucket");
    String key = details.get("key");
    return tx -> {
      steps.put(tx, new Key(cause, numbers.next(tx.now())), row);
      tx.afterCommit(total::incrementAndGet);
      if (isOfAnObject(step) && bucket != null && key != null) {
        objects.put(tx, new TracedObject(bucket, key, cause), new Pointer());
      }
    };
  }

  /// Whether the step begins a history of an object, by which it is found.
  private static boolean isOfAnObject(Step step) {
    return step == Step.UPLOADED || step == Step.DAMAGED;
  }

  /// The histories of the events of a bucket, or of one object in it, latest first.
  public List<History> of(String bucket, Optional<String> key, int limit) {
    Range objectsMeant = Range.within(key.map(k -> Tuple.of(bucket, k)).orElse(Tuple.of(bucket)));
    return database.read(
        snapshot -> {
          NavigableSet<String> causes = new TreeSet<>(); // by time
          objects.scanKeys(
              snapshot,
              objectsMeant,
              Table.MANY,
              entry -> {
                causes.add(entry.cause());
                if (causes.size() > limit) {
                  causes.pollFirst();
                }
                return ScanStep.NEXT;
              });
          return causes.descendingSet().stream().map(cause -> history(snapshot, cause)).toList();
        });
  }

  /// The history of one event, if any of it is still stored.
  public Optional<History> of(String cause) {
    return Optional.of(database.read(snapshot -> history(snapshot, cause)))
        .filter(history -> !history.steps().isEmpty());
  }

  private History history(Snapshot snapshot, String cause) {
    return new History(
        cause,
        steps.list(snapshot, Range.within(Tuple.of(cause)), mostSteps).stream()
            .map(e -> timedStep(e.value()))
            .toList());
  }

  /// The histories of events that began since `since`, latest first.
  public List<History> since(Instant since, int limit) {
    String from = String.format("%012x", since.toEpochMilli());
    Deque<History> histories = new ArrayDeque<>();
    database.read(
        snapshot -> {
          steps.scan(
              snapshot,
              Range.all().from(Tuple.of(from)),
              Table.MANY,
              (key, row) -> {
                if (histories.isEmpty() || !histories.getLast().cause().equals(key.cause())) {
                  addLast(histories, new History(key.cause(), new ArrayList<>()), limit);
                }
                histories.getLast().steps().add(timedStep(row));
                return ScanStep.NEXT;
              });
          return true;
        });
    return List.copyOf(histories.reversed());
  }

  /// Keeps at most `limit` elements.
  private static <T> void addLast(Deque<T> latest, T next, int limit) {
    if (latest.size() == limit) {
      latest.removeFirst();
    }
    latest.addLast(next);
  }

  private static TimedStep timedStep(StepRow row) {
    Instant time =
        Instant.ofEpochSecond(row.epochMicros() / 1_000_000, row.epochMicros() % 1_000_000 * 1_000);
    return new TimedStep(time, Step.valueOf(row.step()), new TreeMap<>(row.details()));
  }

  /// Deletes the oldest steps until `mostSteps` are left; run occasionally, by one thread. Rows are
  /// read outside the write transaction, each chunk from the end of the one before, so no writer
  /// waits while deleted rows are skipped.
  public void sweep() {
    if (!counted || database.isShared()) { // other nodes add steps too
      // Steps of this process are in the table and in `total`. A step that commits between these
      // two lines is counted twice, and one step too many is deleted.
      long noted = total.get();
      total.addAndGet(count() - noted);
      counted = true;
    }
    // Steps stamped by a clock that was ahead would outlast later ones.
    Instant ahead = clock.instant().plus(SKEW);
    deleteSteps(Range.all().from(Tuple.of(String.format("%012x", ahead.toEpochMilli()))));
    deleteSteps(Range.all());
  }

  private void deleteSteps(Range range) {
    Range rest = range;
    for (long left = total.get() - mostSteps; left > 0; left -= CHUNK) {
      Range from = rest;
      int chunk = (int) Math.min(left, CHUNK);
      List<Table.Entry<Key, StepRow>> oldest =
          database.read(snapshot -> steps.list(snapshot, from, chunk));
      if (oldest.isEmpty()) {
        return;
      }
      database.writeRelaxed(tx -> deleteSteps(tx, oldest));
      total.addAndGet(-oldest.size());
      Key last = oldest.getLast().key();
      rest = Range.all().after(Tuple.of(last.cause(), last.number()));
    }
  }

  private long count() {
    long[] count = {0};
    database.read(
        snapshot -> {
          steps.scanKeys(
              snapshot,
              Range.all(),
              Table.MANY,
              _ -> {
                count[0]++;
                return ScanStep.NEXT;
              });
          return count;
        });
    return count[0];
  }

  private int deleteSteps(Tx tx, List<Table.Entry<Key, StepRow>> oldest) {
    for (Table.Entry<Key, StepRow> entry : oldest) {
      steps.delete(tx, entry.key());
      Map<String, String> details = entry.value().details();
      if (isOfAnObject(Step.valueOf(entry.value().step()))) {
        objects.delete(
            tx,
            new TracedObject(
                details.getOrDefault("bucket", ""),
                details.getOrDefault("key", ""),
                entry.key().cause()));
      }
    }
    return oldest.size();
  }
}
