package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/// The contract of every engine: transactions, snapshots, cached rows and actions.
abstract class DatabaseContract extends RowsContract {
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
  void actionsAfterTheAnswerFollowThoseOfTheCommit() throws InterruptedException {
    List<String> ran = new CopyOnWriteArrayList<>();
    CountDownLatch last = new CountDownLatch(1);
    assertThatThrownBy(
            () ->
                database.write(
                    tx -> {
                      tx.afterAnswer(() -> ran.add("never"));
                      throw new IllegalStateException("no");
                    }))
        .hasMessage("no");
    database.write(
        tx -> {
          tx.afterAnswer(() -> ran.add("answered"));
          tx.afterAnswer(last::countDown);
          tx.afterCommit(() -> ran.add("committed"));
          return 0;
        });
    assertThat(last.await(1, TimeUnit.MINUTES)).isTrue();
    assertThat(ran).containsExactly("committed", "answered");
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
    tx.afterAnswer(() -> ran.add("never"));
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

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
