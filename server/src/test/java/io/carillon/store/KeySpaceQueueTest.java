package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.PerfContext;
import org.rocksdb.PerfLevel;

/// Queues over a key space: what [DueQueueContract] promises, and what claims may cost.
@Tag("slow")
final class KeySpaceQueueTest extends DueQueueContract {
  private final Path folder;

  KeySpaceQueueTest(@TempDir Path folder) {
    super(RocksDatabase.open(folder));
    this.folder = folder;
  }

  @Test
  void aRestartFindsTheLeasesOfFormerHolders() {
    reopen(1);
    add("q", "a", at(0));
    add("q", "b", at(0));
    assertThat(claim("q", at(1), 1)).containsExactly("a");
    reopen(2);
    assertThat(claim("q", at(1), 1)).containsExactly("b");
    assertThat(database.read(queue::held).stream())
        .extracting(held -> held.lease().id() + " " + held.holder())
        .containsExactly("a 1", "b 2");
  }

  @Test
  void firstDueIsTheEarliestRowAfterARestart() {
    add("q", "b", at(9));
    add("q", "a", at(7));
    reopen(1);
    assertThat(database.read(s -> queue.firstDue(s, "q", at(100))).orElseThrow()).isEqualTo(at(7));
    add("q", "c", at(3));
    assertThat(claim("q", at(99), 9)).containsExactly("c", "a", "b");
  }

  /// Threads add, claim, settle and release at once, so that their changes share batches in every
  /// order. A head raised wrongly would hide a row for good.
  @Test
  void noRowIsLostOrSettledTwiceUnderConcurrency() throws Exception {
    reopen(1);
    long seed = System.nanoTime();
    System.out.println("KeySpaceQueueTest seed " + seed);
    int total = 4_000;
    ConcurrentLinkedQueue<String> settled = new ConcurrentLinkedQueue<>();
    AtomicInteger added = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 8; t++) {
      Random random = new Random(seed + t);
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    int number;
                    while ((number = added.getAndIncrement()) < total) {
                      String id = "m" + number;
                      Instant due = at(random.nextInt(1000));
                      database.writeRelaxed(
                          tx -> {
                            queue.add(tx, "q", id, due, new Item(id));
                            return 0;
                          });
                    }
                  }));
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    while (settled.size() < total) {
                      List<DueQueue.Claimed<Item>> claimed =
                          database.writeRelaxed(
                              tx -> queue.claim(tx, "q", at(1000), 3, at(1_000_000)));
                      for (DueQueue.Claimed<Item> one : claimed) {
                        if (random.nextInt(4) == 0) {
                          Instant due = at(random.nextInt(1000));
                          database.writeRelaxed(
                              tx -> queue.release(tx, one.lease(), due, one.row()));
                        } else if (database.writeRelaxed(tx -> queue.settle(tx, one.lease()))) {
                          settled.add(one.row().text());
                        }
                      }
                    }
                  }));
    }
    for (Thread thread : threads) {
      assertThat(thread.join(Duration.ofSeconds(60))).isTrue();
    }
    assertThat(settled).hasSize(total).doesNotHaveDuplicates();
    assertThat(depth("q", at(0)).rows()).isZero();
  }

  /// The rows and tombstones that claims skip, counted by RocksDB itself.
  @Test
  void claimsSkipNoTombstonesOfSettledRows() {
    reopen(1);
    int total = 200_000;
    int piece = 20_000;
    for (int from = 0; from < total; from += piece) {
      int start = from;
      database.writeRelaxed(
          tx -> {
            for (int i = start; i < start + piece; i++) {
              queue.add(tx, "q", "%08d".formatted(i), at(i / 1000), new Item("x"));
            }
            return 0;
          });
    }
    long claimedRows = 0;
    for (int done = 0; done < total - 1000; done += piece) {
      int wanted = Math.min(piece, total - 1000 - done);
      claimedRows +=
          database.writeRelaxed(
              tx -> {
                List<DueQueue.Claimed<Item>> claimed =
                    queue.claim(tx, "q", at(1_000), wanted, at(9_000_000));
                claimed.forEach(one -> queue.settle(tx, one.lease()));
                return claimed.size();
              });
    }
    assertThat(claimedRows).isEqualTo(total - 1000);
    List<Long> skipped = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      skipped.add(database.writeRelaxed(tx -> skippedByClaim(tx, 10)));
    }
    assertThat(Collections.max(skipped)).as("keys skipped by a claim of ten").isLessThan(50);
    assertThat(depth("q", at(0)).rows()).isEqualTo(1000);
  }

  /// Rows settled under a lease leave their tombstones where the lease would have ended.
  @Test
  void firstDueSkipsNoTombstonesOfSettledRows() {
    reopen(1);
    for (int i = 0; i < 5_000; i++) {
      String id = "%08d".formatted(i);
      database.writeRelaxed(
          tx -> {
            queue.add(tx, "q", id, at(1), new Item("x"));
            return 0;
          });
      database.writeRelaxed(
          tx -> queue.settle(tx, queue.claim(tx, "q", at(1), 1, at(9_000_000)).getFirst().lease()));
    }
    add("q", "leased", at(1));
    long skipped =
        database.writeRelaxed(
            tx ->
                skipped(
                    () -> {
                      assertThat(queue.claim(tx, "q", at(1), 2, at(9_000_000))).hasSize(1);
                      assertThat(queue.firstDue(tx, "q", at(9_000_000))).isEmpty();
                    }));
    assertThat(skipped).isLessThan(50);
  }

  private long skippedByClaim(Tx tx, int limit) {
    return skipped(
        () -> assertThat(queue.claim(tx, "q", at(1_000), limit, at(9_000_000))).hasSize(limit));
  }

  /// The keys that a scan skips, counted on the writer thread, where this runs.
  private long skipped(Runnable scan) {
    RocksDatabase rocks = (RocksDatabase) database;
    rocks.engine().setPerfLevel(PerfLevel.ENABLE_COUNT);
    try (PerfContext perf = rocks.engine().getPerfContext()) {
      perf.reset();
      scan.run();
      return perf.getInternalKeySkippedCount() + perf.getInternalDeleteSkippedCount();
    } finally {
      rocks.engine().setPerfLevel(PerfLevel.DISABLE);
    }
  }

  private void reopen(long holder) {
    database.close();
    database = RocksDatabase.open(folder);
    queue = database.queue("test.items", Item.class, holder);
  }
}
