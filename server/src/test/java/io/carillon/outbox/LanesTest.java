package io.carillon.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.carillon.outbox.TableOutbox.Channel;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class LanesTest {
  private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");
  private static final int CHANNELS = 40;
  private static final int ROOM = 10;

  private volatile Instant now = NOW;
  private final Lanes lanes = new Lanes(() -> now, 8, ROOM, Duration.ofSeconds(30));
  private volatile int pagesRead;

  /// Forty channels are due in an hour and memory knows ten: reading the table again and again
  /// would find no others.
  @Test
  void whileAllWaitAndMemoryIsFullTheTableIsNotReadAllTheTime() throws Exception {
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
      lanes.due(new Channel("kind", "lane" + i), NOW.plusSeconds(3_600 + i));
    }
    lanes.pageRead(end == first ? null : "#" + (end - 1));
  }
}
