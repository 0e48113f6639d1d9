package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The contract of every engine. [#step] is called between steps; a durable engine reopens there,
/// so each expectation also holds after a restart.
abstract class DatabaseContract {
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
  void rowsAreReadAsTheyWerePut() {
    put("bowl", 1, "apple");
    step();
    assertThat(get("bowl", 1)).contains(new Fruit("apple", 1, null));
    assertThat(get("bowl", 2)).isEmpty();
  }

  @Test
  void aDeletedRowIsGone() {
    put("bowl", 1, "apple");
    step();
    database.write(
        tx -> {
          FRUITS.delete(tx, Tuple.of("bowl", 1));
          assertThat(FRUITS.get(tx, Tuple.of("bowl", 1))).isEmpty();
          return 0;
        });
    step();
    assertThat(names(Range.all())).isEmpty();
  }

  @Test
  void cachedRowsAreReadAsEachTransactionAndSnapshotSeesThem() {
    assertThat(cached()).isEmpty();
    putBoth("apple");
    step();
    assertThat(cached()).contains("apple");
    assertThat(cached()).contains("apple");
    assertThatThrownBy(
            () ->
                database.write(
                    tx -> {
                      CACHED.put(tx, "bowl", new Fruit("rotten", 0, null));
                      assertThat(cached(tx)).contains("rotten");
                      throw new IllegalArgumentException("no");
                    }))
        .hasMessage("no");
    assertThat(cached()).contains("apple");
    database.write(
        tx -> {
          assertThat(cached(tx)).contains("apple");
          CACHED.delete(tx, "bowl");
          assertThat(cached(tx)).isEmpty();
          return 0;
        });
    assertThat(cached()).isEmpty();
    step();
    assertThat(cached()).isEmpty();
    putBoth("pear");
    assertThat(cached()).contains("pear");
  }

  @Test
  void readersSeeEveryChangeOfACachedRowInOrder() throws InterruptedException {
    putBoth("0");
    List<Thread> readers = new ArrayList<>();
    AtomicReference<String> wrong = new AtomicReference<>();
    for (int reader = 0; reader < 3; reader++) {
      readers.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    int before = 0;
                    while (before < 500 && wrong.get() == null) {
                      int now = database.read(this::valueOfBoth);
                      if (now < before) {
                        wrong.set(now + " after " + before);
                      }
                      before = now;
                    }
                  }));
    }
    for (int i = 1; i <= 500; i++) {
      String number = Integer.toString(i);
      database.writeRelaxed(
          tx -> {
            CACHED.put(tx, "bowl", new Fruit(number, 0, null));
            OTHERS.put(tx, "bowl", new Fruit(number, 0, null));
            return 0;
          });
    }
    for (Thread reader : readers) {
      reader.join();
    }
    assertThat(wrong.get()).isNull();
  }

  /// A cached row and one that is not, always written together: a snapshot shows them equal.
  private int valueOfBoth(Snapshot snapshot) {
    String cached = cached(snapshot).orElse("0");
    String other = OTHERS.get(snapshot, "bowl").map(Fruit::name).orElse("0");
    return cached.equals(other) ? Integer.parseInt(cached) : -1;
  }

  private Optional<String> cached() {
    return database.read(DatabaseContract::cached);
  }

  private static Optional<String> cached(Snapshot snapshot) {
    return CACHED.get(snapshot, "bowl").map(Fruit::name);
  }

  private void putBoth(String name) {
    database.write(
        tx -> {
          CACHED.put(tx, "bowl", new Fruit(name, 0, null));
          OTHERS.put(tx, "bowl", new Fruit(name, 0, null));
          return 0;
        });
  }

  @Test
  void deletingAnAbsentRowIsNoError() {
    database.write(
        tx -> {
          FRUITS.delete(tx, Tuple.of("nothing"));
          return 0;
        });
    step();
    assertThat(names(Range.all())).isEmpty();
  }

  @Test
  void aChangeThatThrowsChangesNothingAndItsExceptionReachesTheCaller() {
    put("bowl", 1, "apple");
    step();
    IllegalArgumentException thrown = new IllegalArgumentException("no");
    assertThatThrownBy(
            () ->
                database.write(
                    tx -> {
                      FRUITS.put(tx, Tuple.of("bowl", 1), new Fruit("rotten", 0, null));
                      FRUITS.put(tx, Tuple.of("bowl", 1), new Fruit("more rotten", 0, null));
                      FRUITS.put(tx, Tuple.of("bowl", 2), new Fruit("pear", 0, null));
                      FRUITS.delete(tx, Tuple.of("bowl", 1));
                      throw thrown;
                    }))
        .isSameAs(thrown);
    step();
    assertThat(names(Range.all())).containsExactly("apple");
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
              (key, fruit) -> {
                seen.add(fruit.name());
                FRUITS.delete(tx, key);
                FRUITS.delete(tx, Tuple.of("bowl", key.number(1) + 1));
                return true;
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

  @Test
  void readsSeeOneConsistentState() throws Exception {
    put("bowl", 1, "apple");
    step();
    CountDownLatch begun = new CountDownLatch(1);
    // The write starts only when the read has begun, and the read must not see it. An engine may
    // let it wait until the read ends.
    Thread writer =
        Thread.ofVirtual()
            .start(
                () -> {
                  await(begun);
                  put("bowl", 2, "pear");
                });
    database.read(
        snapshot -> {
          assertThat(names(snapshot, Range.all())).containsExactly("apple");
          begun.countDown();
          for (int i = 0; i < 100; i++) {
            assertThat(names(snapshot, Range.all())).containsExactly("apple");
          }
          return 0;
        });
    writer.join();
    assertThat(names(Range.all())).containsExactly("apple", "pear");
  }

  @Test
  void commitActionsRunInOrderAndNeverForAFailedChange() {
    List<String> ran = new ArrayList<>();
    database.write(
        tx -> {
          tx.afterCommit(() -> ran.add("first"));
          tx.afterCommit(() -> ran.add("second"));
          assertThat(ran).isEmpty();
          return 0;
        });
    assertThat(ran).containsExactly("first", "second");
    assertThatThrownBy(
            () ->
                database.writeRelaxed(
                    tx -> {
                      tx.afterCommit(() -> ran.add("never"));
                      throw new IllegalStateException("no");
                    }))
        .hasMessage("no");
    assertThat(ran).containsExactly("first", "second");
  }

  @Test
  void undoActionsRunOnlyForAFailedChange() {
    assumeFalse(repeatsChanges());
    List<String> ran = new ArrayList<>();
    database.write(
        tx -> {
          tx.afterUndo(() -> ran.add("never"));
          return 0;
        });
    assertThat(ran).isEmpty();
    assertThatThrownBy(
            () ->
                database.writeRelaxed(
                    tx -> {
                      tx.afterUndo(() -> ran.add("first"));
                      tx.afterUndo(() -> ran.add("last"));
                      throw new IllegalStateException("no");
                    }))
        .hasMessage("no");
    assertThat(ran).containsExactly("last", "first");
  }

  @Test
  void aSavepointUndoesOnlyItsPart() {
    assumeFalse(repeatsChanges());
    put("bowl", 1, "apple");
    List<String> ran = new ArrayList<>();
    database.write(
        tx -> {
          put(tx, 1, "pear");
          tx.afterCommit(() -> ran.add("committed"));
          tx.afterUndo(() -> ran.add("never"));
          assertThatThrownBy(() -> tx.withSavepoint(() -> failAfterChanges(tx, ran)))
              .hasMessage("the part failed");
          assertThat(FRUITS.get(tx, Tuple.of("bowl", 1))).contains(new Fruit("pear", 1, null));
          assertThat(FRUITS.get(tx, Tuple.of("bowl", 2))).isEmpty();
          tx.withSavepoint(() -> put(tx, 3, "quince"));
          return 0;
        });
    assertThat(ran).containsExactly("undone", "committed");
    step();
    assertThat(get("bowl", 1)).contains(new Fruit("pear", 1, null));
    assertThat(get("bowl", 2)).isEmpty();
    assertThat(get("bowl", 3)).contains(new Fruit("quince", 3, null));
  }

  private static void failAfterChanges(Tx tx, List<String> ran) {
    put(tx, 2, "plum");
    tx.afterUndo(() -> ran.add("undone"));
    tx.withSavepoint(() -> put(tx, 1, "undone"));
    tx.afterCommit(() -> ran.add("never"));
    throw new IllegalStateException("the part failed");
  }

  @Test
  void nestedWritesAreRefused() {
    assertThatThrownBy(() -> database.write(_ -> database.write(_ -> 0)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("use its tx");
    step();
    put("bowl", 1, "apple");
    assertThat(names(Range.all())).containsExactly("apple");
  }

  @Test
  void endedTransactionsRefuseUse() {
    Tx ended = database.write(tx -> tx);
    assertThatThrownBy(() -> FRUITS.get(ended, Tuple.of("bowl", 1)))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void concurrentIncrementsAreNeverLost() throws Exception {
    Map<Integer, Long> last = new ConcurrentHashMap<>();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 8; t++) {
      int mine = t;
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int i = 0; i < 50; i++) {
                      Database.Change<Long> increment =
                          tx -> {
                            long now = OTHERS.get(tx, "n").map(Fruit::weight).orElse(0L) + 1;
                            OTHERS.put(tx, "n", new Fruit("n", now, null));
                            if (now % 7 == 0) {
                              tx.put(Tuple.of("junk").toBytes(), new byte[] {1});
                            }
                            return now;
                          };
                      last.put(
                          mine,
                          i % 2 == 0
                              ? database.write(increment)
                              : database.writeRelaxed(increment));
                      assertThatThrownBy(
                              () ->
                                  database.write(
                                      tx -> {
                                        OTHERS.put(tx, "n", new Fruit("n", -1, null));
                                        throw new IllegalStateException();
                                      }))
                          .isInstanceOf(IllegalStateException.class);
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(last).hasSize(8);
    step();
    assertThat(database.read(s -> OTHERS.get(s, "n")).orElseThrow().weight()).isEqualTo(400);
  }

  @Test
  void emptyValuesAreRows() {
    byte[] key = Tuple.of("raw").toBytes();
    database.write(
        tx -> {
          tx.put(key, new byte[0]);
          assertThat(tx.get(key)).isEmpty();
          return 0;
        });
    step();
    Optional<byte[]> row = database.read(snapshot -> Optional.ofNullable(snapshot.get(key)));
    assertThat(row).hasValueSatisfying(value -> assertThat(value).isEmpty());
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

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
