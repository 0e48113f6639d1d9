package io.carillon.s3.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.base.AccountId;
import io.carillon.base.Region;
import io.carillon.s3.model.Versions.NewVersion;
import io.carillon.store.Database;
import io.carillon.store.InterleavedDatabase;
import io.carillon.store.ManualClock;
import io.carillon.store.MemoryBlobs;
import io.carillon.store.SharedMemory;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// The sequencers of one key when several nodes write it, whose own clocks are an hour apart.
final class SharedSequenceTest {
  private static final Bucket BUCKET =
      Bucket.of(new AccountId("111111111111"), "b", new Region("eu-central-1"), Instant.EPOCH);
  private static final ObjectKey KEY = new ObjectKey("k");

  private final ManualClock clock = new ManualClock();
  private final Database database = new SharedMemory(clock);
  private final List<Long> taken = new ArrayList<>();
  private final Node one = new Node(database, clock);
  private final Node two = new Node(database, InstantSource.offset(clock, Duration.ofHours(-1)));

  private final class Node {
    private final Database database;
    private final Versions versions;

    private Node(Database database, InstantSource own) {
      this.database = database;
      this.versions =
          new Versions(new ContentStore(new MemoryBlobs(database, own)), new Sequence(true), own);
    }

    private void put() {
      ObjectVersion.Draft draft =
          new ObjectVersion.Draft("e", ContentRef.NONE, null, ObjectMetadata.NONE);
      taken.add(
          database.<NewVersion, Long>change(
              snapshot -> versions.plan(snapshot, BUCKET, KEY, draft),
              (tx, planned) -> {
                versions.put(tx, BUCKET, KEY, planned);
                return planned.version().sequence();
              }));
    }

    private void delete() {
      taken.add(
          database.<Versions.Removal, Long>change(
              snapshot -> versions.planRemoval(snapshot, BUCKET, KEY, null),
              (tx, planned) -> {
                versions.remove(tx, BUCKET, KEY, planned);
                return switch (planned) {
                  case Versions.Removal.Nothing(long number) -> number;
                  case Versions.Removal.Gone(_, long number) -> number;
                  case Versions.Removal.Hidden(NewVersion marker) -> marker.version().sequence();
                };
              }));
    }
  }

  @Test
  void sequencersOfAKeyRiseWhicheverNodeWritesIt() {
    long seed = System.nanoTime();
    System.out.println("SharedSequenceTest seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      Node node = random.nextBoolean() ? one : two;
      if (random.nextInt(3) == 0) {
        node.delete();
      } else {
        node.put();
      }
      clock.move(Duration.ofMillis(random.nextInt(3)));
    }
    assertRising();
  }

  @Test
  void anUploadPlannedBeforeAnotherNodeDeletesTheKeyIsNumberedAfterTheDeletion() {
    InterleavedDatabase interleaved = new InterleavedDatabase(database);
    Node slow = new Node(interleaved, clock);
    interleaved.betweenPlanAndApplication(
        () -> {
          clock.move(Duration.ofSeconds(1));
          two.put();
          two.delete();
        });
    slow.put();
    assertThat(interleaved.hasInterleaved()).isTrue();
    assertThat(taken).hasSize(3);
    assertRising();
  }

  @Test
  void sequencersRiseAlthoughTheEnginesClockIsSetBack() {
    one.put();
    clock.move(Duration.ofHours(-2));
    two.put();
    two.delete();
    clock.move(Duration.ofHours(-2));
    one.put();
    assertRising();
  }

  private void assertRising() {
    assertThat(taken).doesNotHaveDuplicates().isSorted();
  }
}
