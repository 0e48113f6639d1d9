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

/// The server dies under load: by kill -9, where the page cache survives, and by power loss, which
/// discards everything not synced. Afterwards everything acknowledged is stored, byte for byte, and
/// each event has reached the end of its chain. Promise 1 and 2 of the design.
///
/// In the last test the disk drops the syncs of the store's log, and the loss has to be detected;
/// otherwise the others would prove nothing.
class CrashTest {
  private static final int CLIENTS = 8;

  /// The limit of additional kills while some kind of work has not been hit.
  private static final int MAX_KILLS = 40;

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

  /// A way for a server to fail.
  private interface Failure {
    Map<String, String> environment();

    /// Called after the kill.
    void afterKill(int number) throws IOException;
  }

  private static final Failure KILL =
      new Failure() {
        @Override
        public Map<String, String> environment() {
          return Map.of();
        }

        @Override
        public void afterKill(int number) {}
      };

  private Failure powerLoss() throws IOException {
    PowerLoss loss = PowerLoss.of(disk);
    return new Failure() {
      @Override
      public Map<String, String> environment() {
        return loss.environment();
      }

      @Override
      public void afterKill(int number) throws IOException {
        System.out.println(loss.dropSomeUnsynced(seed + number));
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
  void nothingAcknowledgedIsLostInTwentyKillsOfAllKindsOfWork() throws Exception {
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
  void lossOnADiskThatDropsSyncsIsDetected() throws Exception {
    Clients uploader;
    int port;
    try (Carillon server = Carillon.start(disk)) {
      port = server.port();
      uploader = Chain.provision(server, false);
    }
    PowerLoss loss = PowerLoss.of(disk);
    Map<String, Long> acknowledged;
    try (Carillon server = start(port, loss.environmentIgnoringSyncsOf(".log"));
        Uploads uploads = upload(uploader, List.of(Chain.TO_TOPIC))) {
      uploads.awaitAcknowledged(100);
      server.kill();
      acknowledged = uploads.acknowledged();
    }
    System.out.println(
        loss.dropAllUnsynced()); // dropping a part could spare everything acknowledged
    try (Carillon server = start(port, Map.of())) {
      assertThat(Chain.lostObjects(server, acknowledged)).isNotEmpty();
    }
  }

  private List<KillMoment> moments(int any, int flush, int compaction) {
    List<KillMoment> moments = new ArrayList<>();
    moments.addAll(Collections.nCopies(any, KillMoment.ANY));
    moments.addAll(Collections.nCopies(flush, KillMoment.FLUSH));
    moments.addAll(Collections.nCopies(compaction, KillMoment.COMPACTION));
    Collections.shuffle(moments, random);
    return moments;
  }

  /// @param required the kinds of work that have to be interrupted by at least one kill each
  /// @return how many kills interrupted each kind of work
  private Map<Work, Integer> survive(
      Failure failure,
      List<KillMoment> moments,
      Set<Work> required,
      int minAcknowledged,
      List<String> prefixes)
      throws Exception {
    Carillon server = Carillon.start(disk, failure.environment());
    int port = server.port();
    Map<Work, Integer> hits = new EnumMap<>(Work.class);
    try (Uploads uploads =
        upload(Chain.provision(server, prefixes.contains(Chain.TO_FUNCTION)), prefixes)) {
      int share = minAcknowledged / (moments.size() + 1);
      List<KillMoment> plan = new ArrayList<>(moments);
      for (int kill = 0; kill < plan.size(); kill++) {
        uploads.awaitAcknowledged(uploads.acknowledged().size() + share + random.nextInt(50));
        KillMoment moment = plan.get(kill);
        boolean reached = moment.await(server, random);
        server.kill();
        Set<Work> work = tableWork(reached ? moment : KillMoment.ANY);
        failure.afterKill(kill);
        server = start(port, failure.environment());
        work.addAll(KilledServer.jobs(server));
        work.forEach(hit -> hits.merge(hit, 1, Integer::sum));
        System.out.println("kill " + (kill + 1) + " (" + moment + ") hit " + work);
        if (kill + 1 == plan.size() && plan.size() < MAX_KILLS) {
          required.stream()
              .filter(one -> !hits.containsKey(one))
              .findFirst()
              .map(KillMoment::of)
              .ifPresent(plan::add);
        }
      }
      uploads.awaitAcknowledged(Math.max(minAcknowledged, uploads.acknowledged().size() + CLIENTS));
      uploads.stop();
      assertNothingLost(server, uploads.acknowledged());
      System.out.println(uploads.acknowledged().size() + " uploads survived; kills hit " + hits);
      return hits;
    } finally {
      server.close();
    }
  }

  private static void assertNothingLost(Carillon server, Map<String, Long> acknowledged)
      throws Exception {
    assertThat(Chain.lostObjects(server, acknowledged)).as("lost objects").isEmpty();
    assertThat(Chain.lostEvents(server, acknowledged.keySet()))
        .as("lost events; among the dead letters: %s", server.admin("dead-letters?limit=1"))
        .isEmpty();
  }

  private Set<Work> tableWork(KillMoment moment) throws IOException {
    Set<Work> work = EnumSet.noneOf(Work.class);
    if (moment != KillMoment.ANY && KilledServer.hasIncompleteTable(disk.resolve("data"))) {
      work.add(moment == KillMoment.FLUSH ? Work.FLUSHING : Work.COMPACTING);
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
