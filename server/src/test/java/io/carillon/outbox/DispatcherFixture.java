package io.carillon.outbox;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.carillon.store.CountingDatabase;
import io.carillon.store.KeyCodec;
import io.carillon.store.ManualClock;
import io.carillon.store.Nodes;
import io.carillon.store.Range;
import io.carillon.store.RepeatingDatabase;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tx;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/// A dispatcher over a store in memory and a clock that stands still, with a scripted delivery.
abstract class DispatcherFixture {
  record Effect(String text) {}

  /// Runs a function for each attempt and records the jobs.
  static class Scripted implements Delivery {
    final List<Job> attempts = new CopyOnWriteArrayList<>();
    final List<Job> deadLettered = new CopyOnWriteArrayList<>();
    final Function<Job, DeliveryOutcome> script;
    Function<Work, Optional<Consumer<Tx>>> inTransaction = _ -> Optional.empty();
    RetryPolicy policy = RetryPolicy.ASYNC_INVOCATION;
    boolean hasDeadLetterQueue = false;
    int concurrency = 16;

    Scripted(Function<Job, DeliveryOutcome> script) {
      this.script = script;
    }

    @Override
    public DeliveryOutcome attempt(Job job) {
      attempts.add(job);
      return script.apply(job);
    }

    @Override
    public Optional<Consumer<Tx>> plan(Snapshot snapshot, Work work) {
      return inTransaction.apply(work);
    }

    @Override
    public RetryPolicy retryPolicy(Job job) {
      return policy;
    }

    @Override
    public DeadLetterPlan planDeadLetter(Snapshot snapshot, Job job, String why) {
      return new DeadLetterPlan(
          hasDeadLetterQueue, tx -> tx.afterCommit(() -> deadLettered.add(job)));
    }

    @Override
    public Duration longestAttempt(Work work) {
      return Duration.ofDays(10_000);
    }

    @Override
    public int concurrencyOfLane(Snapshot snapshot, String lane) {
      return concurrency;
    }
  }

  static final Table<String, Effect> EFFECTS =
      Table.of("test.effects", KeyCodec.STRING, Effect.class);

  final ManualClock clock = new ManualClock();
  final DeadLetters deadLetters = new DeadLetters();
  final CountingDatabase database = new CountingDatabase(RepeatingDatabase.inMemory(clock));
  final List<DeliveryFailure> failures = new CopyOnWriteArrayList<>();
  final CountDownLatch never = new CountDownLatch(1);
  TableOutbox outbox = TableOutbox.open(database, Nodes.join(database, Nodes.ONLY));
  Dispatcher.Settings settings = Dispatcher.Settings.usual();

  /// Without deliveries and not started, until [#run].
  Dispatcher dispatcher = dispatcher(Map.of());

  @BeforeEach
  void clearFailures() {
    failures.clear();
  }

  @AfterEach
  void close() {
    never.countDown();
    dispatcher.close();
    database.close();
  }

  Dispatcher dispatcher(Map<String, Delivery> deliveries) {
    return new Dispatcher(
        database,
        outbox,
        deliveries,
        () -> 0L,
        (tx, _, failure) -> tx.afterCommit(() -> failures.add(failure)),
        settings);
  }

  <D extends Delivery> D run(D delivery) {
    run(dispatcher(Map.of("kind", delivery)));
    return delivery;
  }

  void run(Dispatcher other) {
    dispatcher = other;
    dispatcher.start();
  }

  /// Running jobs stay under the lease of a former incarnation.
  void restartAsAfterACrash() {
    outbox.setStarter(null);
    outbox = TableOutbox.open(database, Nodes.join(database, Nodes.ONLY));
    settings = Dispatcher.Settings.usual();
    dispatcher = dispatcher(Map.of());
  }

  void add(String lane, String cause) {
    add(work(lane, cause));
  }

  void add(Work work) {
    database.write(
        tx -> {
          outbox.add(tx, work);
          return 0;
        });
  }

  /// Adds work in a transaction that fails.
  void addAndRollBack(String lane, String cause) {
    assertThatThrownBy(
            () ->
                database.write(
                    tx -> {
                      outbox.add(tx, work(lane, cause));
                      throw new IllegalStateException("no");
                    }))
        .hasMessage("no");
  }

  Work work(String lane, String cause) {
    return new Work("kind", lane, clock.instant(), new byte[] {7}, cause);
  }

  void move(Duration by) {
    clock.move(by);
    dispatcher.wake();
  }

  /// Before that, added jobs wait, as the table may hold older ones.
  void awaitTableIsRead() {
    await()
        .until(
            () -> {
              database.reset();
              add("warm-up", "warm-up");
              awaitEmpty();
              return database.written() == 2;
            });
  }

  void awaitEmpty() {
    await().atMost(Duration.ofSeconds(60)).until(() -> depth() == 0);
  }

  long depth() {
    return database.read(
        snapshot ->
            outbox.jobs().channels(snapshot, "", 20_000).stream()
                .mapToLong(channel -> outbox.jobs().depth(snapshot, channel))
                .sum());
  }

  List<String> deadLetterReasons() {
    return database.read(s -> deadLetters.list(s, "", 10)).stream()
        .map(DeadLetters.DeadLetter::why)
        .toList();
  }

  static DeliveryOutcome done(String text) {
    return new DeliveryOutcome.Done(tx -> effect(tx, text));
  }

  static void effect(Tx tx, String text) {
    EFFECTS.put(tx, text, new Effect(text));
  }

  List<String> effects() {
    return database.read(s -> EFFECTS.list(s, Range.all(), 100)).stream()
        .map(Table.Entry::key)
        .toList();
  }

  DeliveryOutcome hang() {
    waitFor(never);
    return DeliveryOutcome.done();
  }

  static void waitFor(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
