package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.PerfContext;
import org.rocksdb.PerfLevel;

@Tag("slow")
final class DueQueueTest {
  record Item(String text) {}

  private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration LEASE = Duration.ofSeconds(30);

  @TempDir Path folder;
  private Database database = new MemoryDatabase();
  private DueQueue<Item> queue = DueQueue.of("test.items", Item.class);

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void rowsAreClaimedInTheOrderOfTheirDueTimes() {
    add("q", "late", at(20));
    add("q", "early", at(10));
    add("q", "same-b", at(15));
    add("q", "same-a", at(15));
    add("other", "x", at(1));
    assertThat(claim("q", at(9), 10)).isEmpty();
    assertThat(claim("q", at(15), 2)).containsExactly("early", "same-a");
    assertThat(claim("q", at(25), 10)).containsExactly("same-b", "late");
    assertThat(claim("q", at(25), 10)).isEmpty();
  }

  @Test
  void expiredLeasesAreClaimedAgainAndBecomeStale() {
    add("q", "a", at(0));
    DueQueue.Lease first = claimOne("q", at(1)).lease();
    assertThat(claim("q", at(30), 1)).isEmpty();
    DueQueue.Claimed<Item> second = claimOne("q", at(31));
    assertThat(second.lease().claims()).isEqualTo(2);
    assertThat(database.<Boolean>write(tx -> queue.settle(tx, first))).isFalse();
    assertThat(database.<Boolean>write(tx -> queue.reschedule(tx, first, at(40)))).isFalse();
    assertThat(database.<Boolean>write(tx -> queue.release(tx, first, at(40), new Item("z"))))
        .isFalse();
    assertThat(database.<Boolean>write(tx -> queue.settle(tx, second.lease()))).isTrue();
    assertThat(database.<Boolean>write(tx -> queue.settle(tx, second.lease()))).isFalse();
    assertThat(depth("q", at(99))).isEqualTo(new DueQueue.Depth(0, 0, 0));
  }

  @Test
  void expiredLeasesThatWereNotClaimedAgainStillSettle() {
    add("q", "a", at(0));
    DueQueue.Lease lease = claimOne("q", at(1)).lease();
    assertThat(claim("q", at(2), 1)).isEmpty();
    assertThat(database.<Boolean>write(tx -> queue.settle(tx, lease))).isTrue();
  }

  @Test
  void aReceiptFindsItsLeaseAfterAReschedule() {
    add("q", "a", at(0));
    DueQueue.Lease lease = claimOne("q", at(1)).lease();
    database.write(tx -> queue.reschedule(tx, lease, at(100)));
    DueQueue.Lease found =
        database.read(s -> queue.lease(s, "q", "a", lease.claims())).orElseThrow();
    assertThat(found.due()).isEqualTo(at(100));
    assertThat(database.read(s -> queue.get(s, lease)).orElseThrow().text()).isEqualTo("a");
    assertThat(database.read(s -> queue.lease(s, "q", "a", 2)).isPresent()).isFalse();
    assertThat(claim("q", at(99), 1)).isEmpty();
    assertThat(database.<Boolean>write(tx -> queue.settle(tx, found))).isTrue();
    assertThat(database.read(s -> queue.lease(s, "q", "a", 1)).isPresent()).isFalse();
  }

  @Test
  void rowsDueBeforeTheHeadAreFound() {
    add("q", "a", at(0));
    add("q", "b", at(50));
    DueQueue.Lease lease = claimOne("q", at(10)).lease();
    assertThat(claim("q", at(20), 5)).isEmpty();
    database.write(tx -> queue.reschedule(tx, lease, at(3)));
    assertThat(claim("q", at(20), 5)).containsExactly("a");
    add("q", "c", at(2));
    assertThat(claim("q", at(60), 5)).containsExactly("c", "a", "b");
  }

  @Test
  void zeroLengthLeasesCanBeClaimedAgainAtOnce() {
    add("q", "a", at(0));
    for (int i = 1; i <= 3; i++) {
      DueQueue.Claimed<Item> claimed =
          database.write(tx -> queue.claim(tx, "q", at(5), 1, at(5))).getFirst();
      assertThat(claimed.lease().claims()).isEqualTo(i);
    }
    assertThatThrownBy(() -> database.write(tx -> queue.claim(tx, "q", at(5), 1, at(4))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void releasedRowsAreChangedAndTheirClaimsReset() {
    add("q", "a", at(0));
    DueQueue.Lease lease = claimOne("q", at(1)).lease();
    database.write(tx -> queue.release(tx, lease, at(60), new Item("again")));
    assertThat(claim("q", at(59), 1)).isEmpty();
    DueQueue.Claimed<Item> claimed = claimOne("q", at(60));
    assertThat(claimed.row()).isEqualTo(new Item("again"));
    assertThat(claimed.lease().claims()).isEqualTo(1);
  }

  @Test
  void rowsAddedUnderALeaseBehaveLikeClaimedOnes() {
    DueQueue.Claimed<Item> claimed =
        database.write(tx -> queue.addClaimed(tx, "q", "a", at(30), queue.encoded(new Item("a"))));
    add("q", "b", at(1));
    assertThat(depth("q", at(2))).isEqualTo(new DueQueue.Depth(2, 1, 0));
    assertThat(claim("q", at(29), 5)).containsExactly("b");
    assertThat(database.read(s -> queue.lease(s, "q", "a", 1)).orElseThrow())
        .isEqualTo(claimed.lease());
    DueQueue<Item> others = DueQueue.of("test.items", Item.class, "another");
    List<DueQueue.Held> leases = database.read(s -> others.leasesOfOthers(s, 5));
    assertThat(leases).contains(new DueQueue.Held(claimed.lease(), ""));
    DueQueue.Claimed<Item> again = claimOne("q", at(30));
    assertThat(again.lease().claims()).isEqualTo(2);
    assertThat(database.<Boolean>write(tx -> queue.settle(tx, claimed.lease()))).isFalse();
    assertThat(database.<Boolean>write(tx -> queue.settle(tx, again.lease()))).isTrue();
  }

  @Test
  void theDepthCountsDueClaimedAndDelayedRows() {
    for (int i = 0; i < 10; i++) {
      add("q", "due" + i, at(0));
    }
    add("q", "delayed", at(500));
    assertThat(claim("q", at(1), 4)).hasSize(4);
    DueQueue.Depth depth = depth("q", at(2));
    assertThat(depth).isEqualTo(new DueQueue.Depth(11, 4, 1));
    assertThat(depth.due()).isEqualTo(6);
    assertThat(depth("q", at(100)).due()).isEqualTo(10);
  }

  @Test
  void queuesArePurgedInPieces() {
    for (int i = 0; i < 10; i++) {
      add("q", "m" + i, at(i));
    }
    add("p", "other", at(0));
    assertThat(claim("q", at(3), 2)).hasSize(2);
    assertThat(database.<Integer>write(tx -> queue.purge(tx, "q", 7))).isEqualTo(7);
    assertThat(database.<Integer>write(tx -> queue.purge(tx, "q", 7))).isEqualTo(3);
    assertThat(database.<Integer>write(tx -> queue.purge(tx, "q", 7))).isZero();
    assertThat(database.read(s -> queue.queues(s, "", 9)).stream()).containsExactly("p");
    assertThat(depth("q", at(99)).rows()).isZero();
    add("q", "new", at(1));
    assertThat(claim("q", at(99), 9)).containsExactly("new");
  }

  @Test
  void failedClaimsChangeNothing() {
    add("q", "a", at(0));
    assertThatThrownBy(
            () ->
                database.write(
                    tx -> {
                      queue.claim(tx, "q", at(1), 1, at(30));
                      throw new IllegalStateException("no");
                    }))
        .hasMessage("no");
    assertThat(claim("q", at(1), 1)).containsExactly("a");
  }

  @Test
  void rowsAreClaimedByIdAndDueTime() {
    add("q", "a", at(500));
    add("q", "b", at(500));
    assertThat(claim("q", at(1), 5)).isEmpty();
    assertThat(database.<Optional<Instant>>read(s -> queue.firstDue(s, "q", at(600))))
        .contains(at(500));
    DueQueue.Claimed<Item> claimed =
        database.write(tx -> queue.claimOne(tx, "q", "b", at(500), at(20))).orElseThrow();
    assertThat(claimed.lease().claims()).isEqualTo(1);
    assertThat(
            database.<Boolean>write(
                tx -> queue.claimOne(tx, "q", "b", at(500), at(20)).isPresent()))
        .isFalse();
    assertThat(claim("q", at(21), 5)).containsExactly("b");
    assertThat(database.<Boolean>write(tx -> queue.settle(tx, claimed.lease()))).isFalse();
  }

  @Test
  void aRestartFindsTheLeasesOfFormerHolders() {
    reopen("epoch-1");
    add("q", "a", at(0));
    add("q", "b", at(0));
    assertThat(claim("q", at(1), 1)).containsExactly("a");
    assertThat(database.read(s -> queue.leasesOfOthers(s, 9)).stream()).isEmpty();
    reopen("epoch-2");
    List<DueQueue.Held> dead = database.read(s -> queue.leasesOfOthers(s, 9));
    assertThat(dead)
        .singleElement()
        .satisfies(
            held -> {
              assertThat(held.lease().id()).isEqualTo("a");
              assertThat(held.holder()).isEqualTo("epoch-1");
            });
    database.write(tx -> queue.reschedule(tx, dead.getFirst().lease(), at(0)));
    assertThat(database.read(s -> queue.leasesOfOthers(s, 9)).stream()).isEmpty();
    assertThat(claimOne("q", at(1)).lease().claims()).isEqualTo(2);
    assertThat(claimOne("q", at(1)).lease().claims()).isEqualTo(1);
  }

  @Test
  void firstDueIsTheEarliestRow() {
    assertThat(database.read(s -> queue.firstDue(s, "q", at(100))).isPresent()).isFalse();
    add("q", "b", at(9));
    add("q", "a", at(7));
    assertThat(database.read(s -> queue.firstDue(s, "q", at(100))).orElseThrow()).isEqualTo(at(7));
    queue = DueQueue.of("test.items", Item.class);
    assertThat(database.read(s -> queue.firstDue(s, "q", at(100))).orElseThrow()).isEqualTo(at(7));
    add("q", "c", at(3));
    assertThat(claim("q", at(99), 9)).containsExactly("c", "a", "b");
  }

  /// Threads add, claim, settle and release at once, so that their changes share batches in every
  /// order. A head raised wrongly would hide a row for good.
  @Test
  void noRowIsLostOrSettledTwiceUnderConcurrency() throws Exception {
    reopen("");
    long seed = System.nanoTime();
    System.out.println("DueQueueTest seed " + seed);
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
    reopen("");
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
    reopen("");
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

  private void reopen(String holder) {
    database.close();
    database = RocksDatabase.open(folder);
    queue = DueQueue.of("test.items", Item.class, holder);
  }

  private void add(String name, String id, Instant due) {
    database.write(
        tx -> {
          queue.add(tx, name, id, due, new Item(id));
          return 0;
        });
  }

  private List<String> claim(String name, Instant now, int limit) {
    return database.write(tx -> queue.claim(tx, name, now, limit, now.plus(LEASE))).stream()
        .map(claimed -> claimed.row().text())
        .toList();
  }

  private DueQueue.Claimed<Item> claimOne(String name, Instant now) {
    return database.write(tx -> queue.claim(tx, name, now, 1, now.plus(LEASE))).getFirst();
  }

  private DueQueue.Depth depth(String name, Instant now) {
    return database.read(snapshot -> queue.depth(snapshot, name, now));
  }

  private static Instant at(long seconds) {
    return T0.plusSeconds(seconds);
  }
}
