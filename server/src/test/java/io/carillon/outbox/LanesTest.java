package io.carillon.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.carillon.base.MemoryBudget;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class LanesTest {
  private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");
  private static final int CHANNELS = 40;
  private static final int ROOM = 10;

  private volatile Instant now = NOW;
  private final Lanes lanes =
      new Lanes(
          () -> now, 8, ROOM, Duration.ofSeconds(30), MemoryBudget.unlimited(), Threads.VIRTUAL);
  private volatile int pagesRead;

  /// Forty channels are due in an hour and memory has room for ten: reading the table again and
  /// again would find no others.
  @Test
  void theTableIsNotReadContinuouslyWhileMemoryIsFullOfWaitingLanes() throws Exception {
    Thread dispatcher = Thread.ofPlatform().start(this::readTheTable);
    while (dispatcher.getState() != Thread.State.TIMED_WAITING && pagesRead < 1_000) {
      Thread.onSpinWait();
    }
    Thread.sleep(50);
    lanes.stop();
    dispatcher.join();
    assertThat(pagesRead).isLessThan(20);
    assertThat(lanes.size()).isEqualTo(ROOM);
  }

  @Test
  void slotsAreReservedOnlyIfNoJobWaitsForThem() {
    Lanes lanes = roomy();
    Channel channel = new Channel("kind", "lane");
    Channel other = new Channel("kind", "other");
    assertThat(lanes.reserve(channel, 2, 1)).as("the table may hold older jobs").isFalse();
    lanes.pageRead(null);
    assertThat(lanes.reserve(channel, 2, 1)).isTrue();
    assertThat(lanes.reserve(channel, 1, 1)).as("the lane is at its bound").isFalse();
    assertThat(lanes.reserve(channel, 2, 1)).isTrue();
    assertThat(lanes.running(channel)).isEqualTo(2);
    lanes.releaseSlot(channel);
    lanes.noteDue(channel, NOW.plusSeconds(1));
    assertThat(lanes.reserve(channel, 2, 1)).as("what waits is due later").isTrue();
    lanes.releaseSlot(channel);
    now = NOW.plusSeconds(1);
    assertThat(lanes.reserve(channel, 2, 1)).as("what waits is due").isFalse();
    assertThat(lanes.reserve(other, 2, 1)).isTrue();
    lanes.releaseSlot(other);
    lanes.noteDue(channel, NOW);
    assertThat(lanes.reserve(other, 2, 1)).as("another lane has waited longer").isFalse();
    assertThat(lanes.next()).isInstanceOf(Lanes.Task.Claim.class);
    assertThat(lanes.reserve(channel, 2, 1)).as("older jobs are being claimed").isFalse();
    lanes.endClaim(channel, lanes.grant(channel, 2, 1), null);
    lanes.releaseSlot(channel);
    assertThat(lanes.size()).isZero();
    lanes.stop();
    assertThat(lanes.reserve(channel, 2, 1)).isFalse();
  }

  @Test
  void reservedSlotsStayWithinTheBounds() {
    Lanes lanes = roomy();
    lanes.pageRead(null);
    int taken = 0;
    while (lanes.reserve(new Channel("kind", "hog"), 100, 1)) {
      taken++;
    }
    assertThat(taken).as("a quarter of the slots left free").isEqualTo(20);
    while (lanes.reserve(new Channel("kind", "lane" + taken), 100, 1)) {
      taken++;
    }
    assertThat(taken).as("all slots").isEqualTo(100);
  }

  @Test
  void noSlotIsReservedForALaneThatDoesNotFitInMemory() {
    lanes.pageRead(null);
    for (int i = 0; i < ROOM; i++) {
      lanes.noteDue(new Channel("kind", "lane" + i), NOW.plusSeconds(60));
    }
    assertThat(lanes.reserve(new Channel("kind", "one more"), 2, 1)).isFalse();
    assertThat(lanes.reserve(new Channel("kind", "lane1"), 2, 1)).isTrue();
  }

  @Test
  void aFreeSlotWakesTheClaimerIfALaneWaitsForIt() throws Exception {
    lanes.pageRead(null);
    for (int i = 0; i < 8; i++) {
      assertThat(lanes.reserve(new Channel("kind", "lane" + i), 1, 1)).isTrue();
    }
    Channel waiting = new Channel("kind", "waiting");
    lanes.noteDue(waiting, NOW);
    AtomicReference<Lanes.Task> task = new AtomicReference<>();
    Thread claimer = Thread.ofPlatform().start(() -> task.set(lanes.next()));
    while (claimer.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    lanes.ended(new Channel("kind", "lane3"), 1);
    assertThat(claimer.join(Duration.ofSeconds(20))).as("before the table is read again").isTrue();
    assertThat(task.get()).isEqualTo(new Lanes.Task.Claim(List.of(waiting)));
  }

  private Lanes roomy() {
    return new Lanes(
        () -> now, 100, 1_000, Duration.ofSeconds(30), MemoryBudget.unlimited(), Threads.VIRTUAL);
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes it
  private void readTheTable() {
    while (pagesRead < 1_000) {
      switch (lanes.next()) {
        case Lanes.Task.ReadPage(String after, int limit) -> {
          pagesRead = pagesRead + 1;
          readPage(after.isEmpty() ? 0 : Integer.parseInt(after.substring(1)) + 1, limit);
        }
        case Lanes.Task.Stop() -> {
          return;
        }
        case Lanes.Task.Claim claim -> fail("nothing is due: " + claim);
      }
    }
  }

  private void readPage(int first, int limit) {
    int end = Math.min(CHANNELS, first + limit);
    for (int i = first; i < end; i++) {
      lanes.noteDue(new Channel("kind", "lane" + i), NOW.plusSeconds(3_600 + i));
    }
    lanes.pageRead(end == first ? null : "#" + (end - 1));
  }
}
