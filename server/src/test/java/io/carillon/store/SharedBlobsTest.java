package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.store.Blobs.BlobRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two nodes that share a folder of blobs and a database.
final class SharedBlobsTest {
  @TempDir Path folder;
  private final Database database = new MemoryDatabase();
  private final ManualClock clock = new ManualClock();
  private final Set<Long> ended = new HashSet<>();

  /// What every node is told of the others.
  private final class Told implements Incarnations {
    private final long current;

    private Told(long current) {
      this.current = current;
    }

    @Override
    public long current() {
      return current;
    }

    @Override
    public boolean hasEnded(Snapshot snapshot, long incarnation) {
      return ended.contains(incarnation);
    }

    @Override
    public void requireLiving(Tx tx) {
      if (ended.contains(current)) {
        throw new IllegalStateException("ended");
      }
    }
  }

  private FileBlobs start(long incarnation) {
    return FileBlobs.open(folder, database, new Told(incarnation), clock, 0, () -> 1);
  }

  @Test
  void aStartingNodeLeavesTheUploadsThatOthersReceive() throws IOException {
    FileBlobs one = start(1);
    try (Blobs.Upload upload = one.begin()) {
      upload.write(new byte[100_000], 0, 100_000);
      FileBlobs two = start(2);
      assertThat(two.sweep()).isEqualTo(new FileBlobs.Swept(0, 0));
      BlobRef blob = upload.commit();
      assertThat(two.sweep()).isEqualTo(new FileBlobs.Swept(0, 0));
      reference(one, blob);
      assertThat(two.sweep()).isEqualTo(new FileBlobs.Swept(0, 0));
      assertThat(two.verify().damaged()).isEmpty();
    }
  }

  @Test
  void whatAnEndedNodeLeftIsSweptByTheOthers() throws IOException {
    FileBlobs one = start(1);
    FileBlobs two = start(2);
    try (Blobs.Upload _ = one.begin()) {
      BlobRef referenced = store(one);
      reference(one, referenced);
      store(one);
      store(two);
      assertThat(files()).hasSize(4);
      ended.add(1L);
      assertThat(two.sweep()).isEqualTo(new FileBlobs.Swept(0, 1));
      assertThat(files()).hasSize(2);
      assertThat(two.verify()).isEqualTo(new FileBlobs.Scrubbed(1, 3, List.of()));
    }
  }

  /// It was paused for so long that the others took it for dead.
  @Test
  void aNodeThatWasDeclaredEndedReferencesNoBlob() throws IOException {
    FileBlobs one = start(1);
    FileBlobs two = start(2);
    BlobRef blob = store(one);
    ended.add(1L);
    assertThat(two.sweep().orphans()).isEqualTo(1);
    assertThatThrownBy(() -> reference(one, blob)).hasMessage("ended");
    assertThat(two.verify()).isEqualTo(new FileBlobs.Scrubbed(0, 0, List.of()));
  }

  /// Its node has been started again, but it goes on until others take over from it.
  @Test
  void aPausedStartKeepsItsBlobsUntilOthersTakeOver() throws IOException {
    Database shared = new SharedMemory(clock);
    Nodes paused = Nodes.join(shared, "a");
    Nodes again = Nodes.join(shared, "a");
    FileBlobs before = FileBlobs.open(folder, shared, paused, clock, 0, () -> 1);
    BlobRef first = store(before);
    BlobRef second = store(before);
    FileBlobs after = FileBlobs.open(folder, shared, again, clock, 0, () -> 1);

    assertThat(after.sweep().orphans()).isZero();
    reference(shared, before, first);
    assertThat(shared.<Boolean>write(tx -> again.beginTakeover(tx, paused.current()))).isTrue();
    assertThatThrownBy(() -> reference(shared, before, second)).hasMessageContaining("took over");
    assertThat(after.sweep().orphans()).isEqualTo(1);
    assertThat(after.verify()).isEqualTo(new FileBlobs.Scrubbed(1, 3, List.of()));
  }

  @Test
  void eachNodeRemovesWhatItAbandonedItself() throws IOException {
    FileBlobs one = start(1);
    FileBlobs two = start(2);
    store(one);
    clock.move(Duration.ofHours(7));
    assertThat(two.sweep().orphans()).isZero();
    assertThat(one.removeAbandoned()).isEqualTo(1);
    assertThat(files()).isEmpty();
  }

  /// A node that hangs for hours between an upload and its commit still removes no blob of a row.
  @Test
  void aBlobReferencedWhileAbandonedOnesAreRemovedStays() throws IOException {
    InterleavedDatabase interleaved = new InterleavedDatabase(database);
    FileBlobs one = FileBlobs.open(folder, interleaved, new Told(1), clock, 0, () -> 1);
    BlobRef blob = store(one);
    clock.move(Duration.ofHours(7));
    interleaved.beforeRelaxedWrite(() -> reference(one, blob));
    assertThat(one.removeAbandoned()).isZero();
    assertThat(interleaved.hasInterleaved()).isTrue();
    assertThat(one.verify()).isEqualTo(new FileBlobs.Scrubbed(1, 3, List.of()));
  }

  /// Uploads, references, releases, sweeps, starts and ends in random order: what a row references
  /// is there and whole, and in the end nothing else is.
  @Test
  void noInterleavingLosesAReferencedBlob() throws IOException {
    long seed = System.nanoTime();
    System.out.println("SharedBlobsTest seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 10; round++) {
      interleave(random);
    }
  }

  private record Uploaded(FileBlobs by, BlobRef blob) {}

  private void interleave(Random random) throws IOException {
    List<Long> names = new ArrayList<>();
    List<FileBlobs> nodes = new ArrayList<>();
    List<Uploaded> unreferenced = new ArrayList<>();
    List<Uploaded> referenced = new ArrayList<>();
    for (int step = 0; step < 60; step++) {
      if (nodes.size() < 2) {
        names.add(random.nextLong());
        nodes.add(start(names.getLast()));
      }
      int at = random.nextInt(nodes.size());
      FileBlobs node = nodes.get(at);
      switch (random.nextInt(7)) {
        case 0, 1 -> unreferenced.add(new Uploaded(node, store(node)));
        case 2 -> take(random, unreferenced).ifPresent(next -> tryReference(next, referenced));
        case 3 ->
            take(random, referenced)
                .ifPresent(
                    next ->
                        database.write(
                            tx -> {
                              node.release(tx, next.blob());
                              return next;
                            }));
        case 4 -> node.sweep();
        case 5 -> clock.move(Duration.ofHours(random.nextInt(4)));
        default -> {
          if (random.nextInt(4) == 0) { // it goes on with what it had begun
            ended.add(names.remove(at));
            nodes.remove(at);
          }
        }
      }
      assertThat(nodes.isEmpty() ? List.of() : nodes.getFirst().verify().damaged()).isEmpty();
    }
    ended.addAll(names);
    clock.move(Duration.ofHours(7));
    FileBlobs last = start(random.nextLong());
    last.sweep();
    assertThat(files()).hasSize(referenced.size());
    referenced.forEach(
        next ->
            database.write(
                tx -> {
                  last.release(tx, next.blob());
                  return next;
                }));
    clock.move(Duration.ofHours(7));
    last.sweep();
    assertThat(files()).isEmpty();
  }

  private void tryReference(Uploaded next, List<Uploaded> referenced) {
    try {
      reference(next.by(), next.blob());
      referenced.add(next);
    } catch (IllegalStateException _) {
      // its node has ended, or it was abandoned for too long
    }
  }

  private static <T> Optional<T> take(Random random, List<T> from) {
    return from.isEmpty()
        ? Optional.empty()
        : Optional.of(from.remove(random.nextInt(from.size())));
  }

  private void reference(FileBlobs by, BlobRef blob) {
    reference(database, by, blob);
  }

  private static void reference(Database database, FileBlobs by, BlobRef blob) {
    database.write(
        tx -> {
          by.retain(tx, blob);
          return blob;
        });
  }

  private static BlobRef store(FileBlobs node) throws IOException {
    try (Blobs.Upload upload = node.begin()) {
      upload.write(new byte[] {1, 2, 3}, 0, 3);
      return upload.commit();
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).toList();
    }
  }
}
