package io.carillon.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.outbox.OutboxSimulation.Bug;
import io.carillon.outbox.OutboxSimulation.Result;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Three nodes over one database, see [OutboxSimulation]. `-Dcarillon.simulation.seeds=N` runs more
/// seeds, `-Dcarillon.simulation.first=SEED` begins with another one.
@Tag("slow")
class OutboxSimulationTest {
  private static final int SEEDS = Integer.getInteger("carillon.simulation.seeds", 150);
  private static final int FIRST = Integer.getInteger("carillon.simulation.first", 1);

  /// How many seeds may pass before a bug is found.
  private static final int MAX_SEEDS = 500;

  @Test
  @Timeout(value = 2, unit = TimeUnit.HOURS) // as many seeds as one wants
  void everyJobEndsOnceWhateverHappensToNodesAndOutcomes() throws Exception {
    int startedAnew = 0;
    for (int seed = FIRST; seed < FIRST + SEEDS; seed++) {
      Result result = run(seed, Bug.NONE);
      assertThat(result.violations()).as("seed %d\n%s", seed, result.log()).isEmpty();
      startedAnew += result.log().contains("was taken over from") ? 1 : 0;
      if (seed % 1000 == 0) {
        System.out.println("seed " + seed);
      }
    }
    assertThat(startedAnew)
        .as("seeds in which a node learned that it was taken for dead")
        .isPositive();
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aPlantedBugIsFound(Bug bug) throws Exception {
    int seed = 1;
    while (seed <= MAX_SEEDS && run(seed, bug).violations().isEmpty()) {
      seed++;
    }
    System.out.println(bug + " is found with seed " + seed);
    assertThat(seed).isLessThanOrEqualTo(MAX_SEEDS);
  }

  @Test
  void aSeedDecidesEverything() throws Exception {
    assertThat(run(FIRST, Bug.NONE).log())
        .isEqualTo(run(FIRST, Bug.NONE).log())
        .isNotEqualTo(run(FIRST + 1, Bug.NONE).log());
  }

  /// On a virtual thread, which hands over to other virtual threads quickly.
  private static Result run(long seed, Bug bug) throws Exception {
    Callable<Result> simulation = () -> new OutboxSimulation(seed, bug).run();
    FutureTask<Result> task = new FutureTask<>(simulation);
    Thread.ofVirtual().start(task);
    return task.get();
  }
}
