package io.carillon.lambda.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The line of a function, by a clock of the test's own.
class PoolTest {
  private static final FunctionSpec FUNCTION =
      RuntimeFixture.function(
          "f", "python3.11", "index.handler", RuntimeFixture.code(new byte[] {1}));
  private static final long CALLER_LIMIT = Duration.ofSeconds(10).toNanos();

  private final Pool pool = new Pool(FUNCTION);
  private final Assignment called = assignment(Patience.CALLER);
  private final Assignment event = assignment(Patience.EVENT);

  private static Assignment assignment(Patience patience) {
    return new Assignment(
        new Invocation("id", FUNCTION.arn(), new byte[0], "", "", ""), patience, 0);
  }

  private static Environment environment() {
    InstantSource clock = InstantSource.system();
    EnvironmentLog log = new EnvironmentLog(_ -> {}, clock, 1_000);
    return new Environment("id", "stream", FUNCTION, log, clock, new NoOwner());
  }

  private static final class NoOwner implements Environment.Owner {
    @Override
    public void ready(Environment environment, boolean first) {}

    @Override
    public void dead(Environment environment, Environment.State before) {}
  }

  @Test
  void aCallerWaitsForSecondsAndAnEventForAMinute() {
    pool.enqueue(event, 0);
    pool.enqueue(called, 0);
    assertThat(pool.takeExpired(CALLER_LIMIT - 1)).isEmpty();
    assertThat(pool.takeExpired(CALLER_LIMIT)).containsExactly(called);
    assertThat(pool.takeExpired(Duration.ofSeconds(60).toNanos() - 1)).isEmpty();
    assertThat(pool.takeExpired(Duration.ofSeconds(60).toNanos())).containsExactly(event);
    assertThat(pool.hasLine()).isFalse();
  }

  @Test
  void nobodyGivesUpForWhomAnEnvironmentStarts() {
    Assignment last = assignment(Patience.CALLER);
    pool.enqueue(called, 0);
    pool.enqueue(last, 0);
    Environment environment = environment();
    pool.beginsToStart(environment, 0);
    assertThat(pool.takeExpired(2 * CALLER_LIMIT)).containsExactly(last);
    assertThat(pool.hasStarted(environment, 2 * CALLER_LIMIT)).isEqualTo(2 * CALLER_LIMIT);
    assertThat(pool.takeFirst()).isSameAs(called);
  }

  @Test
  void loadCountsFromTheEndOfTheLastStart() {
    pool.enqueue(event, 0);
    pool.enqueue(called, 0);
    Environment first = environment();
    pool.beginsToStart(first, 0);
    assertThat(pool.load(700, 5)).isEqualTo(new StartPolicy.Load(2, 1, 700, 700, List.of(), 0, 5));
    pool.hasStarted(first, 1_000);
    pool.beginsToWork(first, 1_000);
    assertThat(pool.load(1_100, 5))
        .isEqualTo(new StartPolicy.Load(2, 0, 100, 100, List.of(100L), 0, 5));
    pool.hasWorked(first, 1_300);
    assertThat(pool.load(1_400, 5))
        .isEqualTo(new StartPolicy.Load(2, 0, 400, 400, List.of(), 300, 5));
  }

  @Test
  void expectedStartIsTheFunctionsOwnElseItsRuntimes() {
    StartTimes times = new StartTimes();
    assertThat(times.expectedNanos(FUNCTION)).isEqualTo(StartPolicy.UNKNOWN_START.toNanos());
    FunctionSpec other =
        RuntimeFixture.function("other", FUNCTION.runtime(), "index.handler", FUNCTION.code());
    times.add(other, 1_000);
    assertThat(times.expectedNanos(FUNCTION)).isEqualTo(1_000);
    times.add(FUNCTION, 5_000);
    times.add(FUNCTION, 1_000);
    assertThat(times.expectedNanos(FUNCTION)).isEqualTo(4_000);
    assertThat(times.expectedNanos(other)).isEqualTo(1_000);
  }
}
