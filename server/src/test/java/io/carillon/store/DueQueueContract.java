package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What every engine's queues do, see [DueQueue].
abstract class DueQueueContract {
  record Item(String text) {}

  static final Duration LEASE = Duration.ofSeconds(30);
  private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
  private static final long HOLDER = 7;

  Database database;
  DueQueue<Item> queue;

  DueQueueContract(Database database) {
    this.database = database;
    this.queue = database.queue("test.items", Item.class, HOLDER);
  }

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
    assertThat(database.<Boolean>write(tx -> queue.extend(tx, first, at(40)))).isFalse();
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
    database.write(tx -> queue.extend(tx, lease, at(100)));
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
    database.write(tx -> queue.extend(tx, lease, at(3)));
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
    assertThat(database.read(queue::held).stream())
        .contains(new DueQueue.Held(claimed.lease(), HOLDER));
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

  /// A row that is released counts its claims anew, so they cannot tell one lease from another.
  @Test
  void aLeaseFromBeforeARowWasReleasedIsStale() {
    add("q", "a", at(0));
    DueQueue.Lease former = claimOne("q", at(1)).lease();
    assertThat(database.<Boolean>write(tx -> queue.release(tx, former, at(2), new Item("a"))))
        .isTrue();
    DueQueue.Lease present = claimOne("q", at(2)).lease();
    assertThat(present.claims()).isEqualTo(former.claims());

    assertThat(database.<Boolean>write(tx -> queue.settle(tx, former))).isFalse();
    assertThat(database.<Boolean>write(tx -> queue.extend(tx, former, at(90)))).isFalse();
    assertThat(database.<Boolean>write(tx -> queue.release(tx, former, at(2), new Item("z"))))
        .isFalse();
    assertThat(database.<Boolean>read(s -> queue.get(s, former).isPresent())).isFalse();
    assertThat(database.<Boolean>write(tx -> queue.settle(tx, present))).isTrue();
  }

  @Test
  void aStaleLeaseDropsTheEffectToo() {
    add("q", "a", at(0));
    DueQueue.Lease former = claimOne("q", at(1)).lease();
    DueQueue.Lease present = claimOne("q", at(31)).lease();
    AtomicInteger effects = new AtomicInteger();

    assertThat(settle(former, effects)).isFalse();
    assertThat(effects).hasValue(0);
    assertThat(settle(present, effects)).isTrue();
    int ofPresent = effects.get();
    assertThat(ofPresent).isPositive();
    assertThat(settle(present, effects)).isFalse();
    assertThat(effects).hasValue(ofPresent);
  }

  private boolean settle(DueQueue.Lease lease, AtomicInteger effects) {
    return database.write(tx -> queue.settle(tx, lease, effects::incrementAndGet));
  }

  @Test
  void aLeaseNamesItsHolder() {
    add("q", "a", at(0));
    DueQueue.Lease lease = claimOne("q", at(1)).lease();
    assertThat(database.read(queue::held).stream())
        .containsExactly(new DueQueue.Held(lease, HOLDER));
    database.write(tx -> queue.settle(tx, lease));
    assertThat(database.read(queue::held).stream()).isEmpty();
  }

  @Test
  void anExtendedLeaseKeepsItsTokenAndItsHolder() {
    add("q", "a", at(0));
    DueQueue.Lease lease = claimOne("q", at(1)).lease();
    database.write(tx -> queue.extend(tx, lease, at(100)));
    DueQueue.Held held = database.read(queue::held).getFirst();
    assertThat(held.holder()).isEqualTo(HOLDER);
    assertThat(held.lease().token()).isEqualTo(lease.token());
    assertThat(held.lease().due()).isEqualTo(at(100));
    assertThat(database.<Boolean>write(tx -> queue.settle(tx, lease))).isTrue();
  }

  @Test
  void firstDueIsTheEarliestRow() {
    assertThat(database.read(s -> queue.firstDue(s, "q", at(100))).isPresent()).isFalse();
    add("q", "b", at(9));
    add("q", "a", at(7));
    assertThat(database.read(s -> queue.firstDue(s, "q", at(100))).orElseThrow()).isEqualTo(at(7));
    add("q", "c", at(3));
    assertThat(claim("q", at(99), 9)).containsExactly("c", "a", "b");
  }

  void add(String name, String id, Instant due) {
    database.write(
        tx -> {
          queue.add(tx, name, id, due, new Item(id));
          return 0;
        });
  }

  List<String> claim(String name, Instant now, int limit) {
    return database.write(tx -> queue.claim(tx, name, now, limit, now.plus(LEASE))).stream()
        .map(claimed -> claimed.row().text())
        .toList();
  }

  DueQueue.Claimed<Item> claimOne(String name, Instant now) {
    return database.write(tx -> queue.claim(tx, name, now, 1, now.plus(LEASE))).getFirst();
  }

  DueQueue.Depth depth(String name, Instant now) {
    return database.read(snapshot -> queue.depth(snapshot, name, now));
  }

  static Instant at(long seconds) {
    return T0.plusSeconds(seconds);
  }
}
