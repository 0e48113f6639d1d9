package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.PerfContext;
import org.rocksdb.PerfLevel;

/// Looks at a queue that claim nothing: they find what is due, spare later ones the tombstones that
/// they skip, and never hide a row from claims.
@Tag("slow")
final class KeySpaceQueueLookTest {
  record Item(String text) {}

  private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant LEASE_END = at(30);

  private final Path folder;
  private RocksDatabase database;
  private DueQueue<Item> queue;

  @AfterEach
  void close() {
    database.close();
  }

  KeySpaceQueueLookTest(@TempDir Path folder) {
    this.folder = folder;
    this.database = RocksDatabase.open(folder);
    this.queue = database.queue("test.items", Item.class, 0);
  }

  @Test
  void aLookFindsTheFirstRowWithoutWriting() {
    CountingDatabase counting = new CountingDatabase(database);
    assertThat(look(counting, 100)).isEmpty();
    add("b", 9);
    add("a", 7);
    assertThat(look(counting, 100)).contains(at(7));
    assertThat(look(counting, 7)).as("the end is exclusive").isEmpty();
    add("c", 3);
    assertThat(look(counting, 100)).contains(at(3));
    assertThat(claim(100)).containsExactly("c", "a", "b");
    assertThat(counting.written()).isZero();
    assertThatThrownBy(() -> database.write(tx -> queue.firstDue(tx, queue.mark(), "q", at(1))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /// The tombstones are where the leases would have ended, and one row keeps the queue's head.
  @Test
  void looksSkipTheTombstonesOfSettledRowsOnce() {
    add("late", 1_000);
    settle(100_000);
    assertThat(skippedByLook(30)).as("before the leases would have ended").isLessThan(50);
    assertThat(look(database, 31)).as("the look that skips them").isEmpty();
    assertThat(skippedByLook(32)).isLessThan(50);
    CountingDatabase counting = new CountingDatabase(database);
    assertThat(look(counting, 33)).isEmpty();
    assertThat(counting.scanned()).isZero();
  }

  @Test
  void looksAtAnEmptiedQueueSkipNoTombstones() {
    settle(10_000);
    assertThat(skippedByLook(500)).isLessThan(50);
  }

  @Test
  void theFirstLookAfterARestartSparesTheNextTheTombstones() {
    add("late", 1_000);
    settle(10_000);
    reopen();
    assertThat(look(database, 500)).as("the look that skips them").isEmpty();
    assertThat(skippedByLook(501)).isLessThan(50);
    assertThat(claim(1_000)).containsExactly("late");
  }

  /// Rows are inserted all the time, but due after what is looked at.
  @Test
  void insertionsBehindALookDoNotKeepItFromRaisingTheHead() {
    add("late", 1_000);
    settle(10_000);
    look(() -> add("later", 2_000), 500);
    assertThat(skippedByLook(501)).isLessThan(50);
    assertThat(claim(2_000)).containsExactly("late", "later");
  }

  @Test
  void aRowInsertedSinceTheSnapshotIsNotHidden() {
    add("late", 1_000);
    assertThat(look(database, 50)).isEmpty();
    assertThat(look(() -> add("new", 60), 100)).isEmpty();
    assertThat(claim(100)).containsExactly("new");
  }

  /// Another look begins between the insertion and the end of the first.
  @Test
  void aRowInsertedBetweenOverlappingLooksIsNotHidden() {
    add("late", 1_000);
    assertThat(look(database, 50)).isEmpty();
    assertThat(
            look(
                () -> {
                  add("new", 60);
                  assertThat(look(database, 55)).isEmpty();
                },
                100))
        .isEmpty();
    assertThat(claim(100)).containsExactly("new");
  }

  @Test
  void aRowClaimedAndDueAgainSinceTheSnapshotIsNotHidden() {
    add("late", 1_000);
    assertThat(look(database, 50)).isEmpty();
    assertThat(
            look(
                () -> {
                  add("new", 60);
                  assertThat(claim(61, 70)).containsExactly("new");
                },
                100))
        .isEmpty();
    assertThat(claim(100)).containsExactly("new");
  }

  /// The head of an emptied queue is dropped, and another one is made meanwhile.
  @Test
  void aRowInsertedIntoAQueueThatWasEmptiedSinceTheSnapshotIsNotHidden() {
    add("late", 1_000);
    assertThat(look(database, 50)).isEmpty();
    look(
        () -> {
          database.write(tx -> queue.purge(tx, "q", 10));
          add("new", 60);
        },
        100);
    assertThat(claim(100)).containsExactly("new");
  }

  @Test
  void aRowInsertedDuringTheFirstLookAfterARestartIsNotHidden() {
    add("late", 1_000);
    reopen();
    assertThat(look(() -> add("new", 60), 100)).isEmpty();
    assertThat(claim(100)).containsExactly("new");
  }

  /// Every step of a random interleaving of looks, which overlap, and changes is compared with a
  /// scan by a queue that has no heads.
  @Test
  void noInterleavingOfLooksAndChangesHidesARow() {
    long seed = System.nanoTime();
    System.out.println("KeySpaceQueueLookTest seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 150; round++) {
      queue = database.queue("test.items", Item.class, 0);
      interleave(random, 25, 0);
      List<String> all = rows();
      assertThat(claim(10_000)).as("seed %d, round %d", seed, round).hasSameElementsAs(all);
      database.write(tx -> queue.purge(tx, "q", 1_000));
    }
  }

  private void interleave(Random random, int steps, int depth) {
    for (int i = 0; i < steps; i++) {
      int number = random.nextInt(1_000_000);
      int due = random.nextInt(200);
      switch (random.nextInt(6)) {
        case 0, 1 -> add("m" + number, due);
        case 2 -> claim(due, due + random.nextInt(50));
        case 3 ->
            database.writeRelaxed(
                tx -> {
                  queue
                      .claim(tx, "q", at(due), 2, at(due + 5))
                      .forEach(claimed -> queue.settle(tx, claimed.lease()));
                  return true;
                });
        default -> {
          if (depth < 3) {
            look(() -> interleave(random, random.nextInt(4), depth + 1), due);
          } else {
            look(database, due);
          }
        }
      }
    }
  }

  private List<String> rows() {
    DueQueue<Item> withoutHeads = database.queue("test.items", Item.class, 0);
    return database.read(snapshot -> withoutHeads.list(snapshot, "q", 10_000)).stream()
        .map(item -> item.row().text())
        .toList();
  }

  /// Consumers look first and claim only what they see. All rows are due, so a look that finds none
  /// says that all are claimed.
  @Test
  void consumersThatLookBeforeTheyClaimMissNoRow() throws Exception {
    int total = 2_000;
    ConcurrentLinkedQueue<String> settled = new ConcurrentLinkedQueue<>();
    AtomicInteger added = new AtomicInteger();
    AtomicBoolean failed = new AtomicBoolean();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      Random random = new Random(t);
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    int number;
                    while ((number = added.getAndIncrement()) < total) {
                      String id = "m" + number;
                      addRelaxed(id, random.nextInt(1_000));
                    }
                  }));
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    while (settled.size() < total && !failed.get()) {
                      if (look(database, 1_001).isEmpty()) {
                        LockSupport.parkNanos(1);
                        continue;
                      }
                      settled.addAll(settleSome());
                    }
                  }));
    }
    for (Thread thread : threads) {
      if (!thread.join(Duration.ofSeconds(60))) {
        failed.set(true);
      }
    }
    assertThat(settled).hasSize(total).doesNotHaveDuplicates();
  }

  private List<String> settleSome() {
    return database.writeRelaxed(
        tx -> {
          List<String> texts = new ArrayList<>();
          for (DueQueue.Claimed<Item> one : queue.claim(tx, "q", at(1_000), 3, at(9_000))) {
            queue.settle(tx, one.lease());
            texts.add(one.row().text());
          }
          return texts;
        });
  }

  /// Adds, claims and settles rows one after another, so that tombstones remain.
  private void settle(int total) {
    int piece = 10_000;
    for (int from = 0; from < total; from += piece) {
      int start = from;
      database.writeRelaxed(
          tx -> {
            for (int i = start; i < start + piece; i++) {
              queue.add(tx, "q", "%08d".formatted(i), at(0), new Item("x"));
            }
            return 0;
          });
      List<DueQueue.Claimed<Item>> claimed =
          database.writeRelaxed(tx -> queue.claim(tx, "q", at(1), piece, LEASE_END));
      assertThat(claimed).hasSize(piece);
      database.writeRelaxed(
          tx -> {
            claimed.forEach(one -> queue.settle(tx, one.lease()));
            return 0;
          });
    }
    // Raises the head past where the rows were added.
    assertThat(claim(2)).isEmpty();
  }

  private Optional<Instant> look(Database on, int end) {
    DueQueue.Mark mark = queue.mark();
    return on.read(snapshot -> queue.firstDue(snapshot, mark, "q", at(end)));
  }

  /// `meanwhile` happens after the snapshot was taken and before the look raises the head.
  private Optional<Instant> look(Runnable meanwhile, int end) {
    DueQueue.Mark mark = queue.mark();
    return database.read(
        snapshot -> {
          // The scan is over when the action runs: it is what reads last.
          Snapshot interrupted =
              new Snapshot() {
                @Override
                public byte @Nullable [] get(byte[] key) {
                  return snapshot.get(key);
                }

                @Override
                public Instant now() {
                  return snapshot.now();
                }

                @Override
                public void scan(byte[] from, byte[] to, int page, Visitor visitor) {
                  snapshot.scan(from, to, page, visitor);
                  meanwhile.run();
                }
              };
          return queue.firstDue(interrupted, mark, "q", at(end));
        });
  }

  /// The tombstones that a look skips, counted by RocksDB on this thread.
  private long skippedByLook(int end) {
    database.engine().setPerfLevel(PerfLevel.ENABLE_COUNT);
    try (PerfContext perf = database.engine().getPerfContext()) {
      perf.reset();
      assertThat(look(database, end)).isEmpty();
      return perf.getInternalKeySkippedCount() + perf.getInternalDeleteSkippedCount();
    } finally {
      database.engine().setPerfLevel(PerfLevel.DISABLE);
    }
  }

  private void reopen() {
    database.close();
    database = RocksDatabase.open(folder);
    queue = database.queue("test.items", Item.class, 0);
  }

  private void add(String id, int due) {
    database.write(
        tx -> {
          queue.add(tx, "q", id, at(due), new Item(id));
          return 0;
        });
  }

  private void addRelaxed(String id, int due) {
    database.writeRelaxed(
        tx -> {
          queue.add(tx, "q", id, at(due), new Item(id));
          return 0;
        });
  }

  private List<String> claim(int now) {
    return claim(now, now + 30);
  }

  private List<String> claim(int now, int leaseUntil) {
    return database
        .writeRelaxed(tx -> queue.claim(tx, "q", at(now), 1_000, at(leaseUntil)))
        .stream()
        .map(claimed -> claimed.row().text())
        .toList();
  }

  private static Instant at(long seconds) {
    return T0.plusSeconds(seconds);
  }
}
