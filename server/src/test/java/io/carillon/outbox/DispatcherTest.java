package io.carillon.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.carillon.base.MemoryBudget;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
final class DispatcherTest extends DispatcherFixture {
  @Test
  void workIsDoneOnceAndItsEffectCommitsWithItsRemoval() {
    Scripted delivery =
        run(new Scripted(job -> new DeliveryOutcome.Done(tx -> effect(tx, job.id()))));
    add("lane", "payload");
    awaitEmpty();
    assertThat(delivery.attempts)
        .singleElement()
        .satisfies(
            job -> {
              assertThat(job.attempts()).isEqualTo(1);
              assertThat(job.work().payload()).isEqualTo(new byte[] {7});
              assertThat(job.work().cause()).isEqualTo("payload");
              assertThat(job.work().lane()).isEqualTo("lane");
            });
    assertThat(effects()).hasSize(1);
    assertThat(failures).isEmpty();
  }

  @Test
  void workAddedInAFailedTransactionIsNotDone() {
    Scripted delivery = run(new Scripted(_ -> DeliveryOutcome.done()));
    addAndRollBack("lane", "x");
    add("lane", "y");
    awaitEmpty();
    assertThat(delivery.attempts).extracting(job -> job.work().cause()).containsExactly("y");
  }

  @Test
  void dueWorkThatFindsAFreeSlotNeedsNoClaim() {
    run(new Scripted(_ -> DeliveryOutcome.done()));
    awaitTableIsRead();
    database.reset();
    add("lane", "x");
    awaitEmpty();
    assertThat(database.written()).as("added, settled").isEqualTo(2);
  }

  @Test
  void failedTransactionsReleaseTheirReservedSlot() {
    Scripted delivery = new Scripted(_ -> DeliveryOutcome.done());
    delivery.concurrency = 1;
    run(delivery);
    awaitTableIsRead();
    addAndRollBack("lane", "x");
    database.reset();
    add("lane", "y");
    awaitEmpty();
    assertThat(database.written()).as("added, settled").isEqualTo(2);
  }

  @Test
  void laterJobsDoNotOvertakeWaitingOnes() {
    CountDownLatch goOn = new CountDownLatch(1);
    Scripted delivery =
        new Scripted(
            job -> {
              if (job.work().lane().equals("lane")) {
                waitFor(goOn);
              }
              return DeliveryOutcome.done();
            });
    delivery.concurrency = 1;
    run(delivery);
    awaitTableIsRead();
    delivery.attempts.clear();
    List<String> all = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      all.add("job " + i);
      add("lane", "job " + i);
      clock.move(Duration.ofMillis(1));
    }
    goOn.countDown();
    awaitEmpty();
    assertThat(delivery.attempts).extracting(job -> job.work().cause()).isEqualTo(all);
  }

  @Test
  void aJobWhoseEffectThrowsIsRetried() {
    AtomicBoolean broken = new AtomicBoolean(true);
    Scripted delivery =
        run(
            new Scripted(
                job ->
                    new DeliveryOutcome.Done(
                        tx -> {
                          effect(tx, job.id());
                          if (broken.getAndSet(false)) {
                            throw new IllegalStateException("the effect failed");
                          }
                        })));
    add("lane", "x");
    await().until(() -> failures.size() == 1);
    assertThat(effects()).isEmpty();
    assertThat(failures.getFirst())
        .isEqualTo(
            new DeliveryFailure.Retrying(
                "IllegalStateException: the effect failed", clock.instant().plusSeconds(60)));
    move(Duration.ofMinutes(1));
    awaitEmpty();
    assertThat(effects()).hasSize(1);
    assertThat(delivery.attempts).hasSize(2);
  }

  @Test
  void retriesFollowThePolicy() {
    Scripted delivery = new Scripted(job -> new DeliveryOutcome.Retry("error " + job.attempts()));
    delivery.policy = RetryPolicy.SNS_PEOPLE;
    run(delivery);
    Instant start = clock.instant();
    add("lane", "x");
    int attempts = delivery.policy.maxAttempts();
    List<Duration> expected = new ArrayList<>();
    Duration sum = Duration.ZERO;
    for (int attempt = 1; attempt < attempts; attempt++) {
      sum = sum.plus(delivery.policy.waitAfter(attempt).orElseThrow());
      expected.add(sum);
    }
    for (int attempt = 1; attempt < attempts; attempt++) {
      int soFar = attempt;
      await().until(() -> failures.size() == soFar);
      DeliveryFailure.Retrying retrying = (DeliveryFailure.Retrying) failures.getLast();
      clock.set(retrying.next().minusMillis(1));
      dispatcher.wake();
      clock.set(retrying.next());
      dispatcher.wake();
    }
    await().until(() -> failures.size() == attempts);
    assertThat(failures.subList(0, attempts - 1))
        .extracting(s -> Duration.between(start, ((DeliveryFailure.Retrying) s).next()))
        .isEqualTo(expected);
    assertThat(failures.getLast())
        .isEqualTo(new DeliveryFailure.DeadLettered("error " + attempts, true));
    assertThat(delivery.attempts)
        .extracting(Job::attempts)
        .hasSize(attempts)
        .endsWith(attempts - 1, attempts);
    assertThat(depth()).isZero();
  }

  @Test
  void exhaustedJobsBecomeDeadLettersWithTheirReasons() {
    run(new Scripted(job -> new DeliveryOutcome.Retry("error " + job.attempts())));
    add("lane", "cause-1");
    await().until(() -> failures.size() == 1);
    move(Duration.ofMinutes(1));
    await().until(() -> failures.size() == 2);
    move(Duration.ofMinutes(2));
    awaitEmpty();
    List<DeadLetters.DeadLetter> deadLettered = database.read(s -> deadLetters.list(s, "", 10));
    assertThat(deadLettered)
        .singleElement()
        .satisfies(
            job -> {
              assertThat(job.why()).isEqualTo("error 3");
              assertThat(job.firstError()).isEqualTo("error 1");
              assertThat(job.lastError()).isEqualTo("error 2");
              assertThat(job.attempts()).isEqualTo(3);
              assertThat(job.cause()).isEqualTo("cause-1");
              assertThat(job.deadLetteredAt()).isEqualTo(clock.instant());
            });
  }

  @Test
  void deadLettersAreRedrivenOnce() {
    AtomicBoolean broken = new AtomicBoolean(true);
    Scripted delivery =
        run(
            new Scripted(
                _ -> broken.get() ? new DeliveryOutcome.Rejected("bad") : DeliveryOutcome.done()));
    add("lane", "a");
    add("lane", "b");
    awaitEmpty();
    List<DeadLetters.DeadLetter> deadLettered = database.read(s -> deadLetters.list(s, "", 10));
    assertThat(deadLettered).hasSize(2);
    broken.set(false);
    String first = deadLettered.get(0).id();
    assertThat(
            database.<Boolean>write(tx -> deadLetters.redrive(tx, first, outbox, clock.instant())))
        .isTrue();
    assertThat(
            database.<Boolean>write(tx -> deadLetters.redrive(tx, first, outbox, clock.instant())))
        .isFalse();
    awaitEmpty();
    assertThat(delivery.attempts).hasSize(3);
    assertThat(database.read(s -> deadLetters.get(s, first)).isPresent()).isFalse();
  }

  @Test
  void aJobThatItsDeliveryDeadLettersIsNotKeptInTheOutbox() {
    Scripted delivery = new Scripted(_ -> new DeliveryOutcome.Rejected("no such function"));
    delivery.hasDeadLetterQueue = true;
    run(delivery);
    add("lane", "x");
    awaitEmpty();
    assertThat(delivery.attempts).hasSize(1);
    assertThat(delivery.deadLettered).hasSize(1);
    assertThat(failures)
        .containsExactly(new DeliveryFailure.DeadLettered("no such function", false));
    assertThat(deadLetterReasons()).isEmpty();
  }

  @Test
  void aJobWhoseDeadLetterDestinationFailsIsKeptInTheDeadLetters() {
    run(
        new Delivery() {
          @Override
          public DeliveryOutcome attempt(Job job) {
            return new DeliveryOutcome.Rejected("bad");
          }

          @Override
          public RetryPolicy retryPolicy(Job job) {
            throw new IllegalStateException("the subscription is gone");
          }

          @Override
          public DeadLetterPlan planDeadLetter(Snapshot snapshot, Job job, String why) {
            return DeadLetterPlan.sent(
                tx -> {
                  effect(tx, "half done");
                  throw new IllegalStateException("the queue is gone");
                });
          }
        });
    add("lane", "x");
    awaitEmpty();
    assertThat(deadLetterReasons())
        .containsExactly(
            "bad; its dead-letter destination failed: IllegalStateException: the queue is gone");
    assertThat(effects()).isEmpty();
  }

  @Test
  void exceptionsAreRetried() {
    Scripted delivery =
        run(
            new Scripted(
                job -> {
                  if (job.attempts() == 1) {
                    throw new StackOverflowError("deep");
                  }
                  return DeliveryOutcome.done();
                }));
    add("lane", "x");
    await().until(() -> failures.size() == 1);
    assertThat(failures.getFirst())
        .isEqualTo(
            new DeliveryFailure.Retrying(
                "StackOverflowError: deep", clock.instant().plusSeconds(60)));
    move(Duration.ofMinutes(1));
    awaitEmpty();
    assertThat(delivery.attempts).hasSize(2);
    assertThat(delivery.attempts.getLast().firstError()).isEqualTo("StackOverflowError: deep");
  }

  @Test
  void postponementsUseUpNoAttemptAndWaitLongerEachTime() {
    Scripted delivery =
        run(
            new Scripted(
                job ->
                    job.postponements() < 3
                        ? new DeliveryOutcome.Postponed("throttled", Duration.ZERO)
                        : job.postponements() == 3
                            ? new DeliveryOutcome.Postponed("later", Duration.ofSeconds(33))
                            : DeliveryOutcome.done()));
    add("lane", "x");
    List<Long> waits = new ArrayList<>();
    for (int i = 1; i <= 4; i++) {
      int soFar = i;
      await().until(() -> failures.size() == soFar);
      Instant next = ((DeliveryFailure.Postponed) failures.getLast()).next();
      waits.add(Duration.between(clock.instant(), next).toSeconds());
      clock.set(next);
      dispatcher.wake();
    }
    awaitEmpty();
    assertThat(waits).containsExactly(1L, 2L, 4L, 33L);
    assertThat(delivery.attempts).extracting(Job::attempts).containsOnly(1);
    assertThat(delivery.attempts).extracting(Job::postponements).containsExactly(0, 1, 2, 3, 4);
  }

  @Test
  void anAttemptThatRunsOutOfMemoryIsNotCounted() {
    Scripted delivery =
        run(
            new Scripted(
                job -> {
                  if (job.postponements() < 5) {
                    throw new OutOfMemoryError("for the test");
                  }
                  return DeliveryOutcome.done();
                }));
    add("lane", "x");
    for (int i = 1; i <= 5; i++) {
      int soFar = i;
      await().until(() -> failures.size() == soFar);
      clock.set(((DeliveryFailure.Postponed) failures.getLast()).next());
      dispatcher.wake();
    }
    awaitEmpty();
    assertThat(delivery.attempts).hasSize(6).extracting(Job::attempts).containsOnly(1);
    assertThat(deadLetterReasons()).isEmpty();
  }

  @Test
  void aJobPostponedBeyondItsMaximumAgeIsDeadLettered() {
    Scripted delivery =
        run(new Scripted(_ -> new DeliveryOutcome.Postponed("throttled", Duration.ofHours(4))));
    add("lane", "x");
    await().until(() -> failures.size() == 1);
    move(Duration.ofHours(4));
    awaitEmpty();
    assertThat(delivery.attempts).hasSize(2);
    assertThat(deadLetterReasons()).containsExactly("throttled");
  }

  @Test
  void workWaitsUntilItIsDue() {
    Scripted delivery = run(new Scripted(_ -> DeliveryOutcome.done()));
    database.write(
        tx -> {
          outbox.add(
              tx, new Work("kind", "l", clock.instant().plusSeconds(10), new byte[0], "later"));
          outbox.add(tx, new Work("kind", "l", clock.instant(), new byte[0], "now"));
          return 0;
        });
    await().until(() -> delivery.attempts.size() == 1);
    move(Duration.ofSeconds(10));
    awaitEmpty();
    assertThat(delivery.attempts)
        .extracting(job -> job.work().cause())
        .containsExactly("now", "later");
  }

  @Test
  void hangingLanesDelayOnlyThemselves() {
    Map<String, AtomicInteger> done = new ConcurrentHashMap<>();
    Scripted delivery =
        new Scripted(
            job -> {
              if (job.work().lane().equals("hangs")) {
                hang();
              }
              done.computeIfAbsent(job.work().lane(), _ -> new AtomicInteger()).incrementAndGet();
              return DeliveryOutcome.done();
            });
    delivery.concurrency = 2;
    run(delivery);
    for (int i = 0; i < 20; i++) {
      add("hangs", "h" + i);
    }
    for (int i = 0; i < 200; i++) {
      add("lane" + i % 5, "x" + i);
    }
    await().until(() -> depth() == 20);
    assertThat(done).hasSize(5);
    assertThat(delivery.attempts.stream().filter(j -> j.work().lane().equals("hangs"))).hasSize(2);
    assertThat(dispatcher.report().lanes("", "", 10))
        .singleElement()
        .satisfies(
            lane -> {
              assertThat(lane.lane()).isEqualTo("hangs");
              assertThat(lane.depth()).isEqualTo(20);
              assertThat(lane.running()).isEqualTo(2);
              assertThat(lane.next()).contains(clock.instant());
              assertThat(lane.oldest()).contains(clock.instant());
            });
    never.countDown();
    awaitEmpty();
  }

  @Test
  void manyHangingLanesStayWithinTheBoundAndLeaveSlotsFree() {
    Scripted delivery =
        new Scripted(
            job -> {
              if (job.work().lane().startsWith("hangs")) {
                hang();
              }
              return DeliveryOutcome.done();
            });
    settings = Dispatcher.Settings.usual().withBounds(64, 1000);
    run(delivery);
    for (int lane = 0; lane < 10; lane++) {
      for (int i = 0; i < 30; i++) {
        add("hangs" + lane, "x");
      }
    }
    for (int i = 0; i < 100; i++) {
      add("swift", "x");
    }
    await().until(() -> depth() == 300);
    assertThat(dispatcher.report().running()).isLessThanOrEqualTo(64);
  }

  @Test
  void runningJobsStayWithinTheBounds() {
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Map<String, AtomicInteger> ofLane = new ConcurrentHashMap<>();
    AtomicInteger mostOfLane = new AtomicInteger();
    Scripted delivery =
        new Scripted(
            job -> {
              AtomicInteger lane =
                  ofLane.computeIfAbsent(job.work().lane(), _ -> new AtomicInteger());
              most.accumulateAndGet(now.incrementAndGet(), Math::max);
              mostOfLane.accumulateAndGet(lane.incrementAndGet(), Math::max);
              LockSupport.parkNanos(1);
              lane.decrementAndGet();
              now.decrementAndGet();
              return DeliveryOutcome.done();
            });
    delivery.concurrency = 3;
    settings = Dispatcher.Settings.usual().withBounds(10, 1000);
    for (int i = 0; i < 2_000; i++) {
      add("lane" + i % 20, "x" + i);
    }
    run(delivery);
    awaitEmpty();
    assertThat(most.get()).isLessThanOrEqualTo(10);
    assertThat(mostOfLane.get()).isLessThanOrEqualTo(3);
    assertThat(delivery.attempts).hasSize(2_000);
  }

  @Test
  void concurrentAttemptsStayWithinTheMemoryBudget() {
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Scripted delivery =
        new Scripted(
            _ -> {
              most.accumulateAndGet(now.incrementAndGet(), Math::max);
              LockSupport.parkNanos(1);
              now.decrementAndGet();
              return DeliveryOutcome.done();
            });
    MemoryBudget memory = new MemoryBudget(7L << 20, Duration.ZERO);
    settings = Dispatcher.Settings.usual().withMemory(memory);
    run(delivery);
    for (int i = 0; i < 40; i++) {
      int lane = i % 5;
      database.write(
          tx -> {
            outbox.add(
                tx, new Work("kind", "lane" + lane, clock.instant(), new byte[1 << 20], "x"));
            return 0;
          });
    }
    awaitEmpty();
    assertThat(delivery.attempts).hasSize(40);
    assertThat(most.get()).as("each holds twice its payload").isLessThanOrEqualTo(3);
    await().until(() -> memory.heldBytes() == 0);
  }

  @Test
  void theClaimingThreadSurvivesAnError() {
    AtomicBoolean full = new AtomicBoolean(true);
    Scripted delivery =
        new Scripted(_ -> DeliveryOutcome.done()) {
          @Override
          public int concurrencyOfLane(Snapshot snapshot, String lane) {
            if (full.getAndSet(false)) {
              throw new OutOfMemoryError("for the test");
            }
            return super.concurrencyOfLane(snapshot, lane);
          }
        };
    add("lane", "x");
    run(delivery);
    awaitEmpty();
    assertThat(delivery.attempts).hasSize(1);
    assertThat(full).isFalse();
  }

  /// Two thousand lanes where memory may hold fifty: the others are found in the table.
  @Test
  void lanesThatDoNotFitInMemoryAreReadFromTheTable() {
    AtomicInteger done = new AtomicInteger();
    AtomicInteger mostLanes = new AtomicInteger();
    int jobs = 20_000;
    settings = Dispatcher.Settings.usual().withBounds(20, 50);
    for (int from = 0; from < jobs; from += 1_000) {
      int start = from;
      database.write(
          tx -> {
            for (int i = start; i < start + 1_000; i++) {
              outbox.add(tx, work("lane" + i % 2_000, "x"));
            }
            return 0;
          });
    }
    run(
        new Delivery() {
          @Override
          public DeliveryOutcome attempt(Job job) {
            mostLanes.accumulateAndGet(dispatcher.report().lanesInMemory(), Math::max);
            done.incrementAndGet();
            return DeliveryOutcome.done();
          }

          @Override
          public RetryPolicy retryPolicy(Job job) {
            return RetryPolicy.ASYNC_INVOCATION;
          }
        });
    await().atMost(Duration.ofMinutes(2)).until(() -> done.get() == jobs);
    awaitEmpty();
    assertThat(mostLanes.get()).isLessThanOrEqualTo(50);
    await().until(() -> dispatcher.report().lanesInMemory() == 0);
  }

  @Test
  void workOfAnUnknownKindWaitsForAServerThatDeliversIt() {
    run(new Scripted(_ -> DeliveryOutcome.done()));
    database.write(
        tx -> {
          outbox.add(tx, new Work("stranger", "l", clock.instant(), new byte[0], "s"));
          return 0;
        });
    add("lane", "x");
    await().until(() -> depth() == 1);
    dispatcher.close();
    Scripted stranger = new Scripted(_ -> DeliveryOutcome.done());
    run(dispatcher(Map.of("stranger", stranger)));
    awaitEmpty();
    assertThat(stranger.attempts).hasSize(1);
  }

  @Test
  void jobsThatRanAtACrashAreAttemptedAtOnceAndTheInterruptedAttemptIsNotCounted() {
    Scripted hanging = run(new Scripted(_ -> hang()));
    add("lane", "x");
    await().until(() -> hanging.attempts.size() == 1);

    restartAsAfterACrash();
    Scripted delivery = run(new Scripted(_ -> DeliveryOutcome.done()));
    awaitEmpty();
    assertThat(delivery.attempts).extracting(Job::attempts).containsExactly(1);
    assertThat(delivery.attempts).extracting(Job::interruptions).containsExactly(1);
    assertThat(delivery.attempts.getFirst().id()).isEqualTo(hanging.attempts.getFirst().id());
  }

  @Test
  void aJobThatCrashesTheProcessIsGivenUp() {
    Dispatcher.Settings swift = Dispatcher.Settings.usual().withTimeScale(0.01);
    int deaths = 0;
    while (depth() > 0 || deaths == 0) {
      settings = swift;
      Scripted poison = run(new Scripted(_ -> hang()));
      if (deaths == 0) {
        add("lane", "poison");
      }
      await().until(() -> !poison.attempts.isEmpty() || depth() == 0);
      deaths += poison.attempts.size();
      restartAsAfterACrash();
    }
    assertThat(deaths).isEqualTo(CrashSuspects.SUSPECT_FROM + CrashSuspects.MAX_ALONE);
    assertThat(deadLetterReasons()).containsExactly("the process ended during its last 5 attempts");
  }

  @Test
  void attemptsInterruptedByAStopAreNotCounted() {
    Scripted hanging = run(new Scripted(_ -> hang()));
    add("lane", "x");
    await().until(() -> hanging.attempts.size() == 1);
    dispatcher.close();

    restartAsAfterACrash();
    Scripted delivery = run(new Scripted(_ -> DeliveryOutcome.done()));
    awaitEmpty();
    assertThat(delivery.attempts).extracting(Job::attempts).containsExactly(1);
  }

  @Test
  void drainingWaitsForRunningJobsAndLeavesTheRest() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    Scripted delivery =
        new Scripted(
            _ -> {
              waitFor(goOn);
              return DeliveryOutcome.done();
            });
    delivery.concurrency = 1;
    run(delivery);
    add("lane", "a");
    add("lane", "b");
    await().until(() -> delivery.attempts.size() == 1);
    assertThat(dispatcher.drain(Duration.ofMillis(20))).isFalse();
    goOn.countDown();
    assertThat(dispatcher.drain(Duration.ofSeconds(20))).isTrue();
    assertThat(delivery.attempts).hasSize(1);
    assertThat(depth()).isEqualTo(1);
  }

  @Test
  void theTimeScaleScalesEveryWait() {
    settings = Dispatcher.Settings.usual().withTimeScale(0.001);
    run(new Scripted(job -> new DeliveryOutcome.Retry("error " + job.attempts())));
    Instant start = clock.instant();
    add("lane", "x");
    await().until(() -> failures.size() == 1);
    assertThat(failures.getFirst())
        .isEqualTo(new DeliveryFailure.Retrying("error 1", start.plusMillis(60)));
  }

  /// A change may apply its plan more than once.
  @Test
  void preparedWorkIsAddedByEveryTransactionThatCommits() {
    Scripted delivery = run(new Scripted(_ -> DeliveryOutcome.done()));
    Instant prepared = clock.instant();
    Consumer<Tx> added = outbox.prepare(work("lane", "x"));
    move(Duration.ofSeconds(1));
    assertThatThrownBy(
            () ->
                database.write(
                    tx -> {
                      added.accept(tx);
                      throw new IllegalStateException("no");
                    }))
        .hasMessage("no");
    assertThat(depth()).isZero();
    for (int i = 0; i < 2; i++) {
      database.write(
          tx -> {
            added.accept(tx);
            return tx;
          });
    }
    awaitEmpty();
    assertThat(delivery.attempts).extracting(Job::created).containsExactly(prepared, prepared);
    assertThat(delivery.attempts).extracting(Job::id).doesNotHaveDuplicates();
  }

  @Test
  void aFailingListenerDoesNotPreventTheOutcome() {
    Scripted delivery = new Scripted(_ -> new DeliveryOutcome.Rejected("bad"));
    run(
        new Dispatcher(
            database,
            outbox,
            Map.of("kind", delivery),
            () -> 0L,
            (_, _, _) -> {
              throw new IllegalStateException("trace is broken");
            },
            Dispatcher.Settings.usual()));
    add("lane", "x");
    awaitEmpty();
    assertThat(deadLetterReasons()).containsExactly("bad");
  }
}
