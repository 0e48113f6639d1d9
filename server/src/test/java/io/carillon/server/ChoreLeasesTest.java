package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.kernel.Chore;
import io.carillon.store.CountingDatabase;
import io.carillon.store.Database;
import io.carillon.store.ManualClock;
import io.carillon.store.MemoryDatabase;
import io.carillon.store.Nodes;
import io.carillon.store.SharedMemory;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ChoreLeasesTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Chore SWEEP = Chore.ofOneNode("test.sweep", MINUTE, () -> {});

  private final ManualClock clock = new ManualClock();
  private final Database database = new SharedMemory(clock);

  private ChoreLeases node(String name) {
    return new ChoreLeases(database, Nodes.join(database, name));
  }

  @Test
  void threeNodesRunAChoreOnceInEachPeriod() {
    List<ChoreLeases> nodes = List.of(node("a"), node("b"), node("c"));
    for (int period = 0; period < 5; period++) {
      int runs = 0;
      for (int i = 0; i < 3; i++) {
        runs += nodes.get((period + i) % 3).take(SWEEP) ? 1 : 0;
        clock.move(Duration.ofSeconds(1));
      }
      assertThat(runs).as("period %d", period).isEqualTo(1);
      clock.move(MINUTE);
    }
  }

  @Test
  void otherChoresAndChoresOfEachNodeAreNotHeldBack() {
    ChoreLeases one = node("a");
    ChoreLeases two = node("b");
    assertThat(one.take(SWEEP)).isTrue();
    assertThat(two.take(Chore.ofOneNode("test.other", MINUTE, () -> {}))).isTrue();
    Chore own = Chore.ofEachNode(MINUTE, MINUTE, () -> {});
    assertThat(one.take(own)).isTrue();
    assertThat(two.take(own)).isTrue();
  }

  @Test
  void aNodeThatStartsAgainRunsWhatItRanBefore() {
    Chore daily = Chore.ofOneNode("test.daily", Duration.ofDays(1), () -> {});
    assertThat(node("a").take(daily)).isTrue();
    assertThat(node("b").take(daily)).isFalse();
    assertThat(node("a").take(daily)).isTrue();
  }

  @Test
  void theChoresOfADeadNodeAreRunByTheOthers() {
    Chore daily = Chore.ofOneNode("test.daily", Duration.ofDays(1), () -> {});
    assertThat(node("a").take(daily)).isTrue();
    Nodes hasty = SharedMemory.joinHastily(database, "b");
    ChoreLeases other = new ChoreLeases(database, hasty);
    assertThat(other.take(daily)).isFalse();
    hasty.beat();
    assertThat(other.take(daily)).isTrue();
  }

  @Test
  void aLeaseFromBeforeTheClockWasSetBackHoldsNobodyBack() {
    assertThat(node("a").take(SWEEP)).isTrue();
    clock.move(Duration.ofHours(-1));
    assertThat(node("b").take(SWEEP)).isTrue();
  }

  @Test
  void aNodeWithTheDatabaseToItselfWritesNoLeases() {
    CountingDatabase own = new CountingDatabase(new MemoryDatabase(clock));
    ChoreLeases leases = new ChoreLeases(own, Nodes.join(own, "a"));
    own.reset();
    assertThat(leases.take(SWEEP)).isTrue();
    assertThat(leases.take(SWEEP)).isTrue();
    assertThat(own.written()).isZero();
  }
}
