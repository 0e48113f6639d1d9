package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

/// Who is taken for dead.
class NodesTest {
  private static final long LEGACY = 41;

  private final Database shared = new SharedMemory(InstantSource.system());

  private boolean isDead(Database database, Nodes to, Nodes node) {
    return database.read(snapshot -> to.isDead(snapshot, node.current()));
  }

  private static void beat(Nodes node, int times) {
    for (int i = 0; i < times; i++) {
      node.beat();
    }
  }

  @Test
  void everyStartHasAHigherNumber() {
    Nodes first = Nodes.join(shared, "a");
    Nodes second = Nodes.join(shared, "b");
    Nodes third = Nodes.join(shared, "a");

    assertThat(second.current()).isGreaterThan(first.current());
    assertThat(third.current()).isGreaterThan(second.current());
    assertThat(first.former()).isEmpty();
    assertThat(third.former()).map(Nodes.Start::name).contains("a");
  }

  @Test
  void aFormerIncarnationIsDeadAtOnce() {
    Nodes former = Nodes.join(shared, "a");
    Nodes other = Nodes.join(shared, "b");
    Nodes next = Nodes.join(shared, "a");

    assertThat(isDead(shared, other, former)).isTrue();
    assertThat(isDead(shared, next, former)).isTrue();
    assertThat(isDead(shared, next, other)).isFalse();
    assertThat(isDead(shared, other, next)).isFalse();
  }

  @Test
  void overADatabaseOfOneProcessAllOthersAreDead() {
    Database own = new MemoryDatabase();
    Nodes former = Nodes.join(own, "a");
    Nodes next = Nodes.join(own, "b");

    assertThat(isDead(own, next, former)).isTrue();
    assertThat(isDead(own, next, next)).isFalse();
  }

  @Test
  void aNodeIsDeadOnceItsBeatIsTheSameAtEveryLook() {
    Nodes silent = Nodes.join(shared, "a");
    Nodes watching = Nodes.join(shared, "b");

    beat(watching, Nodes.MAX_MISSES);
    assertThat(isDead(shared, watching, silent)).isFalse();
    watching.beat();
    assertThat(isDead(shared, watching, silent)).isTrue();
  }

  @Test
  void aBeatStartsTheCountAnew() {
    Nodes slow = Nodes.join(shared, "a");
    Nodes watching = Nodes.join(shared, "b");

    beat(watching, Nodes.MAX_MISSES);
    slow.beat();
    beat(watching, Nodes.MAX_MISSES);
    assertThat(isDead(shared, watching, slow)).isFalse();
  }

  @Test
  void aNodeThatBeatsAgainIsNotDeadInTheNextTransaction() {
    Nodes paused = Nodes.join(shared, "a");
    Nodes watching = Nodes.join(shared, "b");
    beat(watching, Nodes.MAX_MISSES + 1);
    paused.beat();

    assertThat(isDead(shared, watching, paused)).isFalse();
  }

  @Test
  void aNodeLearnsFromItsBeatThatOthersTookOver() {
    Nodes paused = Nodes.join(shared, "a");
    Nodes watching = Nodes.join(shared, "b");
    assertThat(paused.beat()).isTrue();
    shared.write(tx -> watching.beginTakeover(tx, paused.current()));
    assertThat(paused.beat()).isFalse();
    forget(watching, paused.current());
    assertThat(paused.beat()).isFalse();
  }

  @Test
  void aNumberIsNotGivenTwice() {
    Nodes dead = Nodes.join(shared, "a");
    Nodes next = Nodes.join(shared, "a");
    forget(next, dead.current());

    assertThat(isDead(shared, next, dead)).isTrue();
    assertThat(Nodes.join(shared, "c").current()).isGreaterThan(next.current());
  }

  @Test
  void theHighestNumberIsNotForgotten() {
    Nodes watching = Nodes.join(shared, "a");
    Nodes dead = Nodes.join(shared, "b");
    forget(watching, dead.current());

    assertThat(Nodes.join(shared, "c").current()).isGreaterThan(dead.current());
  }

  private void forget(Nodes by, long incarnation) {
    shared.write(
        tx -> {
          by.forget(tx, incarnation);
          return by;
        });
  }

  @Test
  void aStopIsRecorded() {
    Nodes.join(shared, "a").recordStop();

    assertThat(Nodes.join(shared, "a").former()).map(Nodes.Start::stopped).contains(true);
  }

  @Test
  void theStartOfAFormerVersionIsKnown() {
    Database database = new MemoryDatabase();
    Table<String, Nodes.Epoch> epochs =
        Table.of("outbox.epochs", KeyCodec.STRING, Nodes.Epoch.class);
    Instant started = Instant.parse("2026-01-01T00:00:00Z");
    database.write(
        tx -> {
          epochs.put(tx, "current", new Nodes.Epoch(LEGACY, started, false));
          return tx;
        });

    Nodes next = Nodes.join(database, Nodes.ONLY);

    assertThat(next.current()).isEqualTo(LEGACY + 1);
    assertThat(next.former()).map(Nodes.Start::started).contains(started);
  }
}
