package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The part of every engine's contract that reads rows. [#step] is called between steps; a durable
/// engine reopens there, so each expectation also holds after a restart.
abstract class RowsContract {
  record Fruit(String name, long weight, @Nullable String note) {}

  static final Table<Tuple, Fruit> FRUITS = Table.of("test.fruits", KeyCodec.TUPLE, Fruit.class);
  static final Table<String, Fruit> CACHED =
      Table.cached("test.cached", KeyCodec.STRING, Fruit.class);
  static final Table<String, Fruit> OTHERS = Table.of("test.others", KeyCodec.STRING, Fruit.class);

  @TempDir Path folder;
  Database database;

  abstract Database open(Path folder);

  abstract Database reopen(Database database, Path folder);

  /// Whether every change is undone once, with its undo actions, before it runs.
  boolean repeatsChanges() {
    return false;
  }

  @BeforeEach
  void openDatabase() {
    database = open(folder);
  }

  @AfterEach
  void closeDatabase() {
    database.close();
  }

  void step() {
    database = reopen(database, folder);
  }

  @Test
  void aTransactionSeesItsOwnChangesInItsScans() {
    put("bowl", 1, "apple");
    put("bowl", 2, "pear");
    put("bowl", 3, "plum");
    step();
    List<String> seen =
        database.write(
            tx -> {
              FRUITS.delete(tx, Tuple.of("bowl", 2));
              FRUITS.put(tx, Tuple.of("bowl", 3), new Fruit("prune", 1, null));
              FRUITS.put(tx, Tuple.of("bowl", 4), new Fruit("fig", 1, null));
              FRUITS.put(tx, Tuple.of("bowl", 0), new Fruit("date", 1, null));
              return names(tx, Range.within(Tuple.of("bowl")));
            });
    assertThat(seen).containsExactly("date", "apple", "prune", "fig");
    step();
    assertThat(names(Range.within(Tuple.of("bowl")))).isEqualTo(seen);
  }

  @Test
  void visitorsMayDeleteThisAndLaterRows() {
    IntStream.range(0, 10).forEach(i -> put("bowl", i, "f" + i));
    step();
    List<String> seen = new ArrayList<>();
    database.write(
        tx -> {
          seen.clear();
          FRUITS.scan(
              tx,
              Range.all(),
              Table.MANY,
              (key, fruit) -> {
                seen.add(fruit.name());
                FRUITS.delete(tx, key);
                FRUITS.delete(tx, Tuple.of("bowl", key.number(1) + 1));
                return ScanStep.NEXT;
              });
          return 0;
        });
    assertThat(seen).containsExactly("f0", "f2", "f4", "f6", "f8");
    step();
    assertThat(names(Range.all())).isEmpty();
  }

  @Test
  void scansStayInTheirTableAndRange() {
    put("a", 1, "a1");
    put("b", 1, "b1");
    put("b", 2, "b2");
    put("b", 3, "b3");
    put("c", 1, "c1");
    database.write(
        tx -> {
          OTHERS.put(tx, "b", new Fruit("other", 0, null));
          return 0;
        });
    step();
    assertThat(names(Range.within(Tuple.of("b")))).containsExactly("b1", "b2", "b3");
    assertThat(names(Range.within(Tuple.of("b")).after(Tuple.of("b", 1))))
        .containsExactly("b2", "b3");
    assertThat(names(Range.within(Tuple.of("b")).from(Tuple.of("b", 2)).before(Tuple.of("b", 3))))
        .containsExactly("b2");
    assertThat(names(Range.within(Tuple.of("b")).from(Tuple.of("c")))).isEmpty();
    assertThat(names(Range.all())).hasSize(5);
  }

  @Test
  void manyRowsAreLookedUpInTheOrderOfTheirKeys() {
    put("bowl", 1, "apple");
    put("bowl", 3, "plum");
    putBoth("cached");
    step();
    List<Tuple> keys = List.of(Tuple.of("bowl", 3), Tuple.of("bowl", 2), Tuple.of("bowl", 1));
    assertThat(database.<List<String>>read(snapshot -> names(FRUITS.getAll(snapshot, keys))))
        .containsExactly("plum", "apple");
    List<String> seen =
        database.write(
            tx -> {
              put(tx, 2, "pear");
              FRUITS.delete(tx, Tuple.of("bowl", 1));
              CACHED.put(tx, "box", new Fruit("boxed", 0, null));
              List<String> found = names(FRUITS.getAll(tx, keys));
              found.addAll(names(CACHED.getAll(tx, List.of("none", "bowl", "box"))));
              return found;
            });
    assertThat(seen).containsExactly("plum", "pear", "cached", "boxed");
    step();
    assertThat(
            database.<List<String>>read(
                snapshot -> names(CACHED.getAll(snapshot, List.of("box", "bowl")))))
        .containsExactly("boxed", "cached");
    assertThat(database.<List<?>>read(s -> FRUITS.getAll(s, List.of()))).isEmpty();
  }

  /// Engines fetch long scans in pieces, which a skip may leave, or may not.
  @Test
  void scansSkipToALaterRowFromAnyThread() throws Exception {
    database.write(
        tx -> {
          for (int i = 0; i < 4_000; i++) {
            FRUITS.put(tx, Tuple.of("bowl" + i / 400, i % 400), new Fruit("f" + i, i, null));
          }
          return 0;
        });
    step();
    for (int visited : List.of(1, 63, 64, 65, 150, 399, 400)) {
      List<String> expected =
          IntStream.range(0, 4_000).filter(i -> i % 400 < visited).mapToObj(i -> "f" + i).toList();
      assertThat(database.<List<String>>read(snapshot -> firstOfEachBowl(snapshot, visited)))
          .isEqualTo(expected);
      AtomicReference<List<String>> seen = new AtomicReference<>();
      Thread.ofVirtual()
          .start(() -> seen.set(database.read(snapshot -> firstOfEachBowl(snapshot, visited))))
          .join();
      assertThat(seen.get()).isEqualTo(expected);
      assertThat(
              database.<List<String>>write(
                  tx -> {
                    FRUITS.put(tx, Tuple.of("box", 0), new Fruit("boxed", 0, null));
                    List<String> found = firstOfEachBowl(tx, visited);
                    assertThat(found.removeLast()).isEqualTo("boxed");
                    FRUITS.delete(tx, Tuple.of("box", 0));
                    return found;
                  }))
          .isEqualTo(expected);
    }
  }

  /// Skips the rest of each bowl after some fruits.
  private static List<String> firstOfEachBowl(Snapshot snapshot, int visited) {
    List<String> found = new ArrayList<>();
    FRUITS.scan(
        snapshot,
        Range.all(),
        10,
        (key, fruit) -> {
          found.add(fruit.name());
          return key.number(1) + 1 < visited
              ? ScanStep.NEXT
              : ScanStep.skipPrefix(Tuple.of(), key.string(0));
        });
    return found;
  }

  @Test
  void scansDoNotSkipBack() {
    put("bowl", 1, "apple");
    put("bowl", 2, "pear");
    step();
    Database.Query<Integer> back =
        snapshot -> {
          FRUITS.scan(
              snapshot,
              Range.all(),
              1,
              (_, _) -> new ScanStep.SkipTo(Tuple.of("bowl", 1).toBytes()));
          return 0;
        };
    assertThatThrownBy(() -> database.read(back)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> database.write(back::run))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void stringPrefixesAreRanges() {
    for (String key :
        List.of("photo/a", "photo/b", "photos", "phot", "video", "photo/a/b", "photo")) {
      put(key, 1, key);
    }
    step();
    assertThat(names(Range.withPrefix(Tuple.of(), "photo/")))
        .containsExactly("photo/a", "photo/a/b", "photo/b");
    assertThat(names(Range.all().afterPrefix(Tuple.of(), "photo/")))
        .containsExactly("photos", "video");
  }

  @Test
  void longScansSeeEveryRowOnceFromAnyThread() throws Exception {
    database.write(
        tx -> {
          for (int i = 0; i < 3_000; i++) {
            FRUITS.put(tx, Tuple.of("bowl", i), new Fruit("f" + i, i, "x".repeat(100)));
          }
          return 0;
        });
    step();
    List<String> expected = IntStream.range(0, 3_000).mapToObj(i -> "f" + i).toList();
    assertThat(names(Range.all())).isEqualTo(expected);
    AtomicReference<List<String>> seen = new AtomicReference<>();
    Thread.ofVirtual().start(() -> seen.set(names(Range.all()))).join();
    assertThat(seen.get()).isEqualTo(expected);
  }

  private static List<String> names(List<? extends Table.Entry<?, Fruit>> entries) {
    return new ArrayList<>(entries.stream().map(entry -> entry.value().name()).toList());
  }

  void putBoth(String name) {
    database.write(
        tx -> {
          CACHED.put(tx, "bowl", new Fruit(name, 0, null));
          OTHERS.put(tx, "bowl", new Fruit(name, 0, null));
          return 0;
        });
  }

  static void put(Tx tx, int number, String name) {
    FRUITS.put(tx, Tuple.of("bowl", number), new Fruit(name, number, null));
  }

  void put(String bowl, int number, String name) {
    database.write(
        tx -> {
          FRUITS.put(tx, Tuple.of(bowl, number), new Fruit(name, number, null));
          return 0;
        });
  }

  Optional<Fruit> get(String bowl, int number) {
    return database.read(snapshot -> FRUITS.get(snapshot, Tuple.of(bowl, number)));
  }

  List<String> names(Range range) {
    return database.read(snapshot -> names(snapshot, range));
  }

  static List<String> names(Snapshot snapshot, Range range) {
    return FRUITS.list(snapshot, range, Integer.MAX_VALUE).stream()
        .map(entry -> entry.value().name())
        .toList();
  }
}
