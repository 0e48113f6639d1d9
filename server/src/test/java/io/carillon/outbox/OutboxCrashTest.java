package io.carillon.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.carillon.store.Database;
import io.carillon.store.KeyCodec;
import io.carillon.store.ManualClock;
import io.carillon.store.Nodes;
import io.carillon.store.Range;
import io.carillon.store.RocksDatabase;
import io.carillon.store.Table;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The outbox on a store that is closed between two steps, and on one whose disk is full.
final class OutboxCrashTest {
  record Effect(String job) {}

  /// How far a job came before the process crashed.
  enum Crash {
    AFTER_ADDING(1, 1),
    AFTER_CLAIMING(1, 1),
    AFTER_ATTEMPTING(2, 1),
    AFTER_RELEASING_FOR_A_RETRY(2, 2),
    AFTER_SETTLING(1, 0);

    final int attempts;
    final int lastAttempt;

    Crash(int attempts, int lastAttempt) {
      this.attempts = attempts;
      this.lastAttempt = lastAttempt;
    }
  }

  private static final Table<String, Effect> EFFECTS =
      Table.of("test.effects", KeyCodec.STRING, Effect.class);
  private static final Channel CHANNEL = new Channel("kind", "lane");

  @TempDir Path folder;
  private final ManualClock clock = new ManualClock();
  private final List<Job> attempts = new CopyOnWriteArrayList<>();

  @ParameterizedTest
  @EnumSource(Crash.class)
  void effectsAreAppliedOnceWhereverTheProcessCrashes(Crash crash) {
    try (Database database =
        RocksDatabase.open(folder, RocksDatabase.Settings.of(folder).withClock(clock))) {
      advanceTo(crash, database);
    }
    try (Database database =
        RocksDatabase.open(folder, RocksDatabase.Settings.of(folder).withClock(clock))) {
      TableOutbox outbox = TableOutbox.open(database, Nodes.join(database, Nodes.ONLY));
      try (Dispatcher dispatcher = dispatcher(database, outbox, new Recording())) {
        dispatcher.start();
        await().until(() -> depth(database, outbox) == 0);
      }
      assertThat(effects(database)).hasSize(1);
      assertThat(attempts).hasSize(crash.attempts);
      if (crash != Crash.AFTER_SETTLING) {
        assertThat(attempts.getLast().attempts()).isEqualTo(crash.lastAttempt);
      }
    }
  }

  /// Does the dispatcher's steps by hand, up to the crash.
  private void advanceTo(Crash crash, Database database) {
    TableOutbox outbox = TableOutbox.open(database, Nodes.join(database, Nodes.ONLY));
    add(database, outbox);
    if (crash == Crash.AFTER_ADDING) {
      return;
    }
    ClaimedJob claimed =
        database.writeRelaxed(tx -> outbox.jobs().claim(tx, CHANNEL, 5)).jobs().getFirst();
    if (crash == Crash.AFTER_CLAIMING) {
      return;
    }
    Job job = claimed.job();
    attempts.add(job);
    switch (crash) {
      case AFTER_RELEASING_FOR_A_RETRY -> {
        JobRow row = claimed.row();
        JobRow failed =
            new JobRow(row.created(), row.payload(), row.cause(), 1, 0, "why", "why", 0);
        database.writeRelaxed(tx -> outbox.jobs().release(tx, claimed, clock.instant(), failed));
      }
      case AFTER_SETTLING ->
          database.writeRelaxed(
              tx -> {
                outbox
                    .jobs()
                    .settle(tx, claimed, () -> EFFECTS.put(tx, job.id(), new Effect(job.id())));
                return job;
              });
      default -> {}
    }
  }

  @Test
  void outcomesWaitForRoomOnAFullDisk() {
    AtomicLong room = new AtomicLong(10_000);
    RocksDatabase.Settings settings = new RocksDatabase.Settings(1_000, room::get, _ -> {}, clock);
    try (Database database = RocksDatabase.open(folder, settings)) {
      TableOutbox outbox = TableOutbox.open(database, Nodes.join(database, Nodes.ONLY));
      Recording filling =
          new Recording() {
            @Override
            public DeliveryOutcome attempt(Job job) {
              room.set(0);
              return super.attempt(job);
            }
          };
      try (Dispatcher dispatcher = dispatcher(database, outbox, filling)) {
        dispatcher.start();
        add(database, outbox);
        await().until(() -> attempts.size() == 1);
        assertThat(effects(database)).isEmpty();
        room.set(10_000);
        await().until(() -> depth(database, outbox) == 0);
      }
      assertThat(effects(database)).hasSize(1);
      assertThat(attempts).hasSize(1);
    }
  }

  private class Recording implements Delivery {
    @Override
    public DeliveryOutcome attempt(Job job) {
      attempts.add(job);
      return new DeliveryOutcome.Done(tx -> EFFECTS.put(tx, job.id(), new Effect(job.id())));
    }

    @Override
    public RetryPolicy retryPolicy(Job job) {
      return RetryPolicy.ASYNC_INVOCATION;
    }
  }

  private Dispatcher dispatcher(Database database, TableOutbox outbox, Delivery delivery) {
    return new Dispatcher(
        database,
        outbox,
        Map.of("kind", delivery),
        () -> 0L,
        (_, _, _) -> {},
        Dispatcher.Settings.usual().withBounds(16, 100));
  }

  private void add(Database database, TableOutbox outbox) {
    database.write(
        tx -> {
          outbox.add(tx, new Work("kind", "lane", clock.instant(), new byte[0], "cause"));
          return 0;
        });
  }

  private static long depth(Database database, TableOutbox outbox) {
    return database.read(snapshot -> outbox.jobs().depth(snapshot, CHANNEL));
  }

  private static List<String> effects(Database database) {
    return database.read(s -> EFFECTS.list(s, Range.all(), 100)).stream()
        .map(Table.Entry::key)
        .toList();
  }
}
