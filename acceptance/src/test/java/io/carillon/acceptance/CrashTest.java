package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.acceptance.KilledServer.Work;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The server dies under load, by kill -9 with the page cache whole and by power loss, which takes
/// what was not synced. Whatever the clients were told is stored is there afterwards, byte for
/// byte, and its event has reached the end of its chain. Promise 1 and 2 of the design.
///
/// The last test has the disk forget the syncs of the store's log and expects to see the loss; if
/// it did not, the others would prove nothing.
class CrashTest {
  private static final int CLIENTS = 8;

  /// Where chance has left out what is to be hit, kills go on up to this many.
  private static final int MOST_KILLS = 40;

  private static final Set<Work> NOTHING = Set.of();

  @TempDir Path folder;
  private final long seed = Long.getLong("carillon.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private Path disk = Path.of("");

  @BeforeEach
  void print() throws IOException {
    System.out.println("CrashTest seed " + seed + " (repeat with -Dcarillon.seed=" + seed + ")");
    disk = Files.createDirectories(folder.toRealPath().resolve("disk"));
  }

  /// How a server's end comes.
  private interface End {
    Map<String, String> environment();

    /// Follows the kill.
    void strike(int number) throws IOException;
  }

  private static final End KILL =
      new End() {
        @Override
        public Map<String, String> environment() {
          return Map.of();
        }

        @Override
        public void strike(int number) {}
      };

  private End powerLoss() throws IOException {
    PowerLoss loss = PowerLoss.of(disk);
    return new End() {
      @Override
      public Map<String, String> environment() {
        return loss.environment();
      }

      @Override
      public void strike(int number) throws IOException {
        System.out.println(loss.strike(seed + number));
      }
    };
  }

  @Test
  void nothingAcknowledgedIsLostInThreeKills() throws Exception {
    survive(KILL, moments(3, 0, 0), NOTHING, 1_000, List.of(Chain.TO_TOPIC));
  }

  @Test
  void nothingAcknowledgedIsLostInThreePowerLosses() throws Exception {
    survive(powerLoss(), moments(3, 0, 0), NOTHING, 1_000, List.of(Chain.TO_TOPIC));
  }

  @Test
  @Tag("full")
  void nothingAcknowledgedIsLostInTwentyKillsWhateverTheyHit() throws Exception {
    Requirements.program("python3", "--version");
    Map<Work, Integer> hits =
        survive(
            KILL,
            moments(10, 4, 6),
            EnumSet.allOf(Work.class),
            5_000,
            List.of(Chain.TO_TOPIC, Chain.TO_TOPIC, Chain.TO_TOPIC, Chain.TO_FUNCTION));
    assertThat(hits).as("kills by what they hit").containsOnlyKeys(Work.values());
  }

  @Test
  @Tag("full")
  void nothingAcknowledgedIsLostInTwentyPowerLosses() throws Exception {
    Requirements.program("python3", "--version");
    survive(
        powerLoss(),
        moments(16, 2, 2),
        NOTHING,
        5_000,
        List.of(Chain.TO_TOPIC, Chain.TO_TOPIC, Chain.TO_TOPIC, Chain.TO_FUNCTION));
  }

  @Test
  void aStoreWhoseSyncsAreForgottenIsCaught() throws Exception {
    Clients uploader;
    int port;
    try (Carillon server = Carillon.start(disk)) {
      port = server.port();
      uploader = Chain.provision(server, false);
    }
    PowerLoss loss = PowerLoss.of(disk);
    Map<String, Long> acknowledged;
    try (Carillon server = start(port, loss.environmentForgetting(".log"));
        Uploads uploads = upload(uploader, List.of(Chain.TO_TOPIC))) {
      uploads.awaitAcknowledged(100);
      server.kill();
      acknowledged = uploads.acknowledged();
    }
    System.out.println(loss.strikeWhole()); // half a strike can spare all that was acknowledged
    try (Carillon server = start(port, Map.of())) {
      assertThat(Chain.lostObjects(server, acknowledged)).isNotEmpty();
    }
  }

  private List<Moment> moments(int any, int flush, int compaction) {
    List<Moment> moments = new ArrayList<>();
    moments.addAll(Collections.nCopies(any, Moment.ANY));
    moments.addAll(Collections.nCopies(flush, Moment.FLUSH));
    moments.addAll(Collections.nCopies(compaction, Moment.COMPACTION));
    Collections.shuffle(moments, random);
    return moments;
  }

  /// @param toHit what the server must be at when one or another of the kills comes
  /// @return how many kills hit the server at what
  private Map<Work, Integer> survive(
      End end, List<Moment> moments, Set<Work> toHit, int leastAcknowledged, List<String> prefixes)
      throws Exception {
    Carillon server = Carillon.start(disk, end.environment());
    int port = server.port();
    Map<Work, Integer> hits = new EnumMap<>(Work.class);
    try (Uploads uploads =
        upload(Chain.provision(server, prefixes.contains(Chain.TO_FUNCTION)), prefixes)) {
      int share = leastAcknowledged / (moments.size() + 1);
      List<Moment> plan = new ArrayList<>(moments);
      for (int kill = 0; kill < plan.size(); kill++) {
        uploads.awaitAcknowledged(uploads.acknowledged().size() + share + random.nextInt(50));
        Moment moment = plan.get(kill);
        boolean came = moment.await(server, random);
        server.kill();
        Set<Work> work = tableWork(came ? moment : Moment.ANY);
        end.strike(kill);
        server = start(port, end.environment());
        work.addAll(KilledServer.jobs(server));
        work.forEach(hit -> hits.merge(hit, 1, Integer::sum));
        System.out.println("kill " + (kill + 1) + " (" + moment + ") hit " + work);
        if (kill + 1 == plan.size() && plan.size() < MOST_KILLS) {
          toHit.stream()
              .filter(one -> !hits.containsKey(one))
              .findFirst()
              .map(Moment::of)
              .ifPresent(plan::add);
        }
      }
      uploads.awaitAcknowledged(
          Math.max(leastAcknowledged, uploads.acknowledged().size() + CLIENTS));
      uploads.close();
      everythingIsThere(server, uploads.acknowledged());
      System.out.println(uploads.acknowledged().size() + " uploads survived; kills hit " + hits);
      return hits;
    } finally {
      server.close();
    }
  }

  private static void everythingIsThere(Carillon server, Map<String, Long> acknowledged)
      throws Exception {
    assertThat(Chain.lostObjects(server, acknowledged)).as("lost objects").isEmpty();
    assertThat(Chain.lostEvents(server, acknowledged.keySet()))
        .as("lost events; among the dead letters: %s", server.door("dead-letters?limit=1"))
        .isEmpty();
  }

  private Set<Work> tableWork(Moment moment) throws IOException {
    Set<Work> work = EnumSet.noneOf(Work.class);
    if (moment != Moment.ANY && KilledServer.hasTornTable(disk.resolve("data"))) {
      work.add(moment == Moment.FLUSH ? Work.FLUSHING : Work.COMPACTING);
    }
    return work;
  }

  private Carillon start(int port, Map<String, String> environment) throws IOException {
    return Carillon.start(disk, environment, "--port", String.valueOf(port));
  }

  private Uploads upload(Clients uploader, List<String> prefixes) {
    return Uploads.start(uploader, CLIENTS, Chain.BUCKET, prefixes, seed);
  }
}
