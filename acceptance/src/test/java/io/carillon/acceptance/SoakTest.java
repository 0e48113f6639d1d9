package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;

/// The same load repeatedly: resources are released, in memory and on disk.
@Tag("full")
class SoakTest {
  private static final int ROUNDS = 6;
  private static final int CLIENTS = 8;
  private static final int UPLOADS = 8_000;
  private static final int KEYS_OF_A_DELETION = 1_000;

  // How much the last round may exceed the second, after which caches are warm.
  private static final int SPARE_FILES = 40;
  private static final int SPARE_THREADS = 20;
  private static final long SPARE_HEAP_BYTES = 48L << 20;

  /// The processes of the few warm environments, sandboxes included.
  private static final int PROCESSES = 20;

  /// The size of the database without live rows: deleted rows are compacted gradually.
  private static final long DATABASE_BYTES = 512L << 20;

  /// Blobs are removed a minute after their last reference, by a task that runs every minute.
  private static final Duration UNTIL_BLOBS_ARE_GONE = Duration.ofMinutes(4);

  @TempDir Path folder;

  @Test
  void resourceUseDoesNotGrowFromRoundToRound() throws Exception {
    try (Carillon server = Carillon.start(folder)) {
      Clients uploader = Chain.provision(server, true);
      long blobsBefore = blobs().count();
      List<Footprint> held = new ArrayList<>();
      for (int round = 1; round <= ROUNDS; round++) {
        int uploads = round(server, uploader, round);
        held.add(Footprint.of(server.pid()));
        System.out.printf(
            "round %d: %d uploads; %s; database %d MiB, %d blobs%n",
            round, uploads, held.getLast(), databaseBytes() >> 20, blobs().count());
      }
      Footprint warm = held.get(1);
      Footprint last = held.getLast();
      assertThat(last.openFiles()).isLessThanOrEqualTo(warm.openFiles() + SPARE_FILES);
      assertThat(last.threads()).isLessThanOrEqualTo(warm.threads() + SPARE_THREADS);
      assertThat(last.heapBytes()).isLessThanOrEqualTo(warm.heapBytes() + SPARE_HEAP_BYTES);
      assertThat(databaseBytes()).isLessThanOrEqualTo(DATABASE_BYTES);
      await()
          .atMost(UNTIL_BLOBS_ARE_GONE)
          .pollInterval(Duration.ofSeconds(1))
          .untilAsserted(() -> assertThat(blobs().count()).isEqualTo(blobsBefore));
      assertThat(server.cli("dead-letters").expectSuccess().output())
          .contains("There are no dead letters");
    }
  }

  /// Uploads, waits until every event has reached its end, and deletes the objects.
  private static int round(Carillon server, Clients uploader, int round) throws Exception {
    String topic = Chain.TO_TOPIC + round + "/";
    String function = Chain.TO_FUNCTION + round + "/";
    Map<String, Long> acknowledged;
    try (Uploads uploads =
        Uploads.start(
            uploader, CLIENTS, Chain.BUCKET, List.of(topic, topic, topic, function), round)) {
      uploads.awaitAcknowledged(UPLOADS);
      acknowledged = uploads.acknowledged();
    }
    assertThat(Chain.lostObjects(server, acknowledged)).isEmpty();
    assertThat(Chain.lostEvents(server, acknowledged.keySet())).isEmpty();
    delete(server, List.copyOf(acknowledged.keySet()));
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(
            () ->
                assertThat(Footprint.processesBelow(server.pid())).isLessThanOrEqualTo(PROCESSES));
    return acknowledged.size();
  }

  private static void delete(Carillon server, List<String> keys) {
    try (S3Client s3 = Clients.root(server).s3()) {
      for (int from = 0; from < keys.size(); from += KEYS_OF_A_DELETION) {
        List<ObjectIdentifier> objects =
            keys.subList(from, Math.min(from + KEYS_OF_A_DELETION, keys.size())).stream()
                .map(key -> ObjectIdentifier.builder().key(key).build())
                .toList();
        assertThat(
                s3.deleteObjects(r -> r.bucket(Chain.BUCKET).delete(d -> d.objects(objects)))
                    .errors())
            .isEmpty();
      }
      assertThat(s3.listObjectsV2(r -> r.bucket(Chain.BUCKET)).contents()).isEmpty();
    }
  }

  private Stream<Path> blobs() throws IOException {
    return files("blobs").filter(path -> path.toString().endsWith(".blob"));
  }

  private long databaseBytes() throws IOException {
    return files("db").mapToLong(path -> path.toFile().length()).sum();
  }

  private Stream<Path> files(String part) throws IOException {
    try (Stream<Path> all = Files.walk(folder.resolve("data").resolve(part))) {
      return all.filter(Files::isRegularFile).toList().stream();
    }
  }
}
