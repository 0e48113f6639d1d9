package io.carillon.lambda.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.lambda.runtime.StartPolicy.Load;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The policy by itself, and over the time of a simulated clock.
class StartPolicyTest {
  private static final long MS = 1_000_000;
  private static final StartPolicy POLICY = new StartPolicy(2);

  private static Load load(int waiting, int starting, long durationMs, long... busyMs) {
    List<Long> busy = new ArrayList<>();
    for (long one : busyMs) {
      busy.add(one * MS);
    }
    return new Load(waiting, starting, 0, 0, busy, durationMs * MS, 400 * MS);
  }

  @Test
  void theFirstInvocationStartsAnEnvironmentAtOnce() {
    assertThat(POLICY.isWorthwhile(load(1, 0, 0))).isTrue();
    assertThat(POLICY.isWorthwhile(load(1, 0, 2))).as("all of them have ended").isTrue();
  }

  @Test
  void nothingMoreStartsBeforeAnythingIsKnown() {
    assertThat(POLICY.isWorthwhile(load(100, 1, 0))).isFalse();
  }

  @Test
  void aLineThatIsShorterThanAStartWaits() {
    assertThat(POLICY.isWorthwhile(load(100, 0, 2, 1))).isFalse();
    assertThat(POLICY.isWorthwhile(load(250, 0, 2, 1))).isTrue();
    assertThat(POLICY.isWorthwhile(load(250, 0, 2, 1, 1))).as("two environments").isFalse();
  }

  @Test
  void environmentsThatAreStartingTakeTheirPartOfTheLine() {
    assertThat(POLICY.isWorthwhile(load(2, 2, 5_000))).isFalse();
    assertThat(POLICY.isWorthwhile(load(3, 2, 5_000))).isTrue();
  }

  @Test
  void aRunningInvocationCountsWithTheTimeItHasTaken() {
    assertThat(POLICY.isWorthwhile(load(1, 0, 2, 300))).isFalse();
    assertThat(POLICY.isWorthwhile(load(1, 0, 2, 401))).isTrue();
    assertThat(POLICY.isWorthwhile(load(4, 0, 0, 101))).as("the first ever").isTrue();
    assertThat(POLICY.isWorthwhile(load(1, 0, 2, 10_000, 1)))
        .as("another environment is not blocked")
        .isFalse();
  }

  @Test
  void anInvocationThatHasWaitedForAStartsTimeGetsOne() {
    List<Long> busy = List.of(0L, 0L, 0L);
    assertThat(POLICY.isWorthwhile(new Load(1, 0, 399 * MS, 0, busy, 900 * MS, 400 * MS)))
        .isFalse();
    assertThat(POLICY.isWorthwhile(new Load(1, 0, 401 * MS, 0, busy, 900 * MS, 400 * MS))).isTrue();
  }

  @Test
  void aLineThatNeverEmptiesGetsMoreEnvironmentsEachLaterThanTheOneBefore() {
    assertThat(POLICY.isWorthwhile(lasting(199, List.of(0L)))).isFalse();
    assertThat(POLICY.isWorthwhile(lasting(201, List.of(0L)))).isTrue();
    assertThat(POLICY.isWorthwhile(lasting(1_199, List.of(0L, 0L)))).isFalse();
    assertThat(POLICY.isWorthwhile(lasting(1_201, List.of(0L, 0L)))).isTrue();
  }

  private static Load lasting(long lineMs, List<Long> busy) {
    return new Load(7, 0, 0, lineMs * MS, busy, 2 * MS, 400 * MS);
  }

  @Test
  void noMoreStartsAtOnceThanProcessors() {
    assertThat(POLICY.hasProcessor(List.of())).isTrue();
    assertThat(POLICY.hasProcessor(List.of(300 * MS))).isTrue();
    assertThat(POLICY.hasProcessor(List.of(300 * MS, 0L))).isFalse();
    assertThat(POLICY.hasProcessor(List.of(2_001 * MS, 0L)))
        .as("one that hangs keeps no processor from others")
        .isTrue();
  }

  @Test
  void aBurstOfShortInvocationsNeedsOneEnvironment() {
    Simulation burst = new Simulation(80, 80, 2, 400);
    burst.run();
    assertThat(burst.started).isEqualTo(1);
    assertThat(burst.now).isLessThanOrEqualTo(400 + 80 * 2 + 10);
  }

  @Test
  void handlersThatBlockGetAnEnvironmentEach() {
    Simulation blocked = new Simulation(8, 8, 60_000, 400);
    blocked.run();
    assertThat(blocked.started).isEqualTo(8);
    assertThat(blocked.mostStartingAtOnce).isEqualTo(2);
    assertThat(blocked.now).as("the last begins").isLessThan(60_000 + 8 * 400);
  }

  /// As from the outbox, which hands over eight events of a function at a time.
  @Test
  void aLongBacklogOfShortInvocationsIsSharedByAFewEnvironments() {
    Simulation many = new Simulation(2_000, 8, 2, 400);
    many.run();
    assertThat(many.started).isBetween(2, 4);
    assertThat(many.now).as("by one it would take 4.4 s").isLessThan(3_500);
  }

  /// A backlog in steps of a millisecond; all environments are equally fast.
  private static final class Simulation {
    private final int mostAtOnce;
    private final long durationMs;
    private final long startMs;
    private final Deque<Long> line = new ArrayDeque<>();
    private final List<Long> starting = new ArrayList<>();
    private final List<Long> busy = new ArrayList<>();
    private final RecentTime durations = new RecentTime();
    private long lastStarted;
    private long now;
    private int backlog;
    private int idle;
    private int started;
    private int mostStartingAtOnce;

    /// @param mostAtOnce how many invocations work or wait at a time
    Simulation(int invocations, int mostAtOnce, long durationMs, long startMs) {
      this.mostAtOnce = mostAtOnce;
      this.durationMs = durationMs;
      this.startMs = startMs;
      this.backlog = invocations;
    }

    void run() {
      while (backlog > 0 || !line.isEmpty() || !busy.isEmpty()) {
        for (; backlog > 0 && line.size() + busy.size() < mostAtOnce; backlog--) {
          line.addLast(now);
        }
        startWhatIsWorthwhile();
        now++;
        if (starting.removeIf(since -> now - since >= startMs)) {
          lastStarted = now;
          idle = started - starting.size() - busy.size();
        }
        int before = busy.size();
        busy.removeIf(since -> now - since >= durationMs);
        for (int ended = before - busy.size(); ended > 0; ended--) {
          durations.add(durationMs * MS);
          idle++;
        }
        for (; idle > 0 && !line.isEmpty(); idle--) {
          line.removeFirst();
          busy.add(now);
        }
      }
    }

    private void startWhatIsWorthwhile() {
      while (POLICY.isWorthwhile(load()) && POLICY.hasProcessor(nanosSince(starting))) {
        starting.add(now);
        started++;
        mostStartingAtOnce = Math.max(mostStartingAtOnce, starting.size());
      }
    }

    private Load load() {
      long uncovered = line.stream().skip(starting.size()).findFirst().orElse(now);
      return new Load(
          line.size(),
          starting.size(),
          (now - Math.max(uncovered, lastStarted)) * MS,
          (now - lastStarted) * MS,
          nanosSince(busy),
          durations.nanos(),
          startMs * MS);
    }

    private List<Long> nanosSince(List<Long> times) {
      return times.stream().map(time -> (now - time) * MS).toList();
    }
  }
}
