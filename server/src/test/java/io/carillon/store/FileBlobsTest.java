package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.store.Blobs.BlobRef;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileBlobsTest extends BlobsContract {
  @TempDir Path folder;
  private final AtomicLong room = new AtomicLong(Long.MAX_VALUE);
  private long starts;
  private Optional<FileBlobs> opened = Optional.empty();

  @BeforeEach
  void open() {
    opened =
        Optional.of(
            FileBlobs.open(
                folder, database, new OnlyIncarnation(++starts), clock, 1000, room::get));
  }

  @Override
  FileBlobs blobs() {
    return opened.orElseThrow();
  }

  @Override
  int removeReleased() throws IOException {
    clock.move(Duration.ofMinutes(2));
    return blobs().removeReleased();
  }

  @Test
  void everyFlippedBitIsFoundBeforeItsBlockIsReturned() throws IOException {
    int size = 2 * BlobFile.BLOCK + 1_000;
    BlobRef blob = referenced(bytes(size));
    Path file = fileOf(blob);
    byte[] good = Files.readAllBytes(file);
    for (int at : new int[] {0, BlobFile.BLOCK, size - 1, size, size + 5, good.length - 1}) {
      byte[] bad = good.clone();
      bad[at] ^= 0x10;
      Files.write(file, bad);
      assertThatThrownBy(() -> read(blob, 0, size))
          .as("bit flipped at %d", at)
          .isInstanceOf(DamagedBlobException.class);
      assertThat(blobs().verify().damaged()).extracting("id").containsExactly(blob.id());
    }
    byte[] bad = good.clone();
    bad[BlobFile.BLOCK + 5] ^= 1;
    Files.write(file, bad);
    try (InputStream in = blobs().open(blob, 0, size)) {
      assertThat(in.readNBytes(BlobFile.BLOCK)).hasSize(BlobFile.BLOCK);
      assertThatThrownBy(in::read).isInstanceOf(DamagedBlobException.class);
    }
    assertThat(read(blob, 2L * BlobFile.BLOCK, 1_000)).hasSize(1_000);
  }

  @Test
  void truncatedAndMissingFilesAreFound() throws IOException {
    BlobRef cut = referenced(bytes(5_000));
    BlobRef missing = referenced(bytes(50));
    BlobRef whole = referenced(bytes(500));
    Files.write(fileOf(cut), Arrays.copyOf(Files.readAllBytes(fileOf(cut)), 4_000));
    Files.delete(fileOf(missing));
    FileBlobs.Scrubbed found = blobs().verify();
    assertThat(found.blobs()).isEqualTo(3);
    assertThat(found.bytes()).isEqualTo(whole.sizeBytes());
    assertThat(found.damaged()).extracting("id").containsExactlyInAnyOrder(cut.id(), missing.id());
    assertThatThrownBy(() -> read(cut, 0, 1)).isInstanceOf(DamagedBlobException.class);
  }

  @Test
  void uncommittedUploadsLeaveNothing() throws IOException {
    try (Blobs.Upload upload = blobs().begin()) {
      upload.write(bytes(200_000), 0, 200_000);
      assertThat(files()).hasSize(1);
    }
    assertThat(files()).isEmpty();
  }

  @Test
  void unfinishedUploadsOfAFormerProcessAreRemoved() throws IOException {
    Blobs.Upload torn = blobs().begin(); // left open, as by a process that was killed
    torn.write(bytes(200_000), 0, 200_000);
    BlobRef committed = referenced(bytes(10));
    open();
    assertThat(files()).containsExactly(fileOf(committed));
    assertThatThrownBy(torn::commit).isInstanceOf(IOException.class);
  }

  @Test
  void orphansAreSweptAfterARestartOrSixHours() throws IOException {
    BlobRef referenced = referenced(bytes(10));
    store(bytes(20));
    assertThat(blobs().sweep()).isEqualTo(new FileBlobs.Swept(0, 0));
    clock.move(Duration.ofHours(7));
    assertThat(blobs().sweep()).isEqualTo(new FileBlobs.Swept(0, 1));
    assertThat(files()).containsExactly(fileOf(referenced));

    store(bytes(30));
    open();
    assertThat(blobs().sweep()).isEqualTo(new FileBlobs.Swept(0, 1));
    assertThat(blobs().sweep()).isEqualTo(new FileBlobs.Swept(0, 0));
    assertThat(files()).containsExactly(fileOf(referenced));
  }

  @Test
  void aBlobThatWasAbandonedForSixHoursCannotBeReferenced() throws IOException {
    BlobRef blob = store(bytes(10));
    clock.move(Duration.ofHours(6));
    assertThat(blobs().removeAbandoned()).isEqualTo(1);
    assertThatThrownBy(() -> change(tx -> blobs().retain(tx, blob)))
        .hasMessageContaining("was not referenced for too long");
    assertThat(blobs().verify().blobs()).isZero();
    assertThat(files()).isEmpty();
  }

  /// Ids of former versions name no incarnation.
  @Test
  void blobsOfFormerVersionsStayWithTheirReferences() throws IOException {
    BlobRef old = new BlobRef("0123456789abcdef0123456789abcdef", 10);
    Files.createDirectories(fileOf(old).getParent());
    Files.move(fileOf(store(bytes(10))), fileOf(old));
    change(tx -> blobs().retain(tx, old));
    open();
    assertThat(blobs().sweep().orphans()).isZero();
    assertThat(read(old, 0, 10)).hasSize(10);
    change(tx -> blobs().release(tx, old));
    assertThat(removeReleased()).isEqualTo(1);

    Files.createDirectories(fileOf(old).getParent());
    Files.write(fileOf(old), bytes(10));
    Files.write(folder.resolve("incoming").resolve(old.id()), bytes(10));
    open();
    assertThat(blobs().sweep().orphans()).isEqualTo(1);
    assertThat(files()).isEmpty();
  }

  @Test
  void releasedBlobsStayReadableForAMinute() throws IOException {
    BlobRef blob = referenced(bytes(10));
    change(tx -> blobs().release(tx, blob));
    assertThat(blobs().sweep()).isEqualTo(new FileBlobs.Swept(0, 0));
    assertThat(read(blob, 0, 10)).hasSize(10);
    clock.move(Duration.ofMinutes(1));
    assertThat(blobs().sweep()).isEqualTo(new FileBlobs.Swept(1, 0));
    assertThat(files()).isEmpty();
  }

  /// The file is gone but the crash came before its row: the next run finishes.
  @Test
  void interruptedRemovalsAreRunAgain() throws IOException {
    List<BlobRef> released =
        List.of(referenced(bytes(1)), referenced(bytes(2)), referenced(bytes(3)));
    released.forEach(blob -> change(tx -> blobs().release(tx, blob)));
    BlobReferences references = new BlobReferences();
    int[] before = new int[1];
    assertThatThrownBy(
            () ->
                references.removeReleased(
                    database,
                    clock.instant(),
                    id -> {
                      if (before[0]++ == 1) {
                        throw new IOException("killed");
                      }
                      Files.delete(fileOf(new BlobRef(id, 0)));
                    }))
        .hasMessage("killed");
    assertThat(files()).hasSize(2);
    assertThatThrownBy(() -> change(tx -> blobs().retain(tx, released.getFirst())))
        .hasMessageContaining("being removed");
    open();
    assertThat(removeReleased()).isEqualTo(3);
    assertThat(files()).isEmpty();
    assertThat(removeReleased()).isZero();
  }

  @Test
  void uploadsAreRefusedWhileTheDiskIsFull() throws IOException {
    room.set(999);
    assertThatThrownBy(() -> blobs().begin()).isInstanceOf(ReadOnlyException.class);
    room.set(1000);
    assertThat(store(bytes(3)).sizeBytes()).isEqualTo(3);
  }

  @Test
  void aDiskThatFillsDuringAnUploadEndsItBeforeTheReserveIsUsed() throws IOException {
    byte[] piece = bytes(50_000);
    try (Blobs.Upload upload = blobs().begin()) {
      upload.write(piece, 0, piece.length);
      room.set(999);
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 10; i++) {
                  upload.write(piece, 0, piece.length);
                }
              })
          .isInstanceOf(ReadOnlyException.class);
      assertThat(files()).hasSize(1);
      assertThat(Files.size(files().getFirst())).isLessThan(300_000);
    }
    assertThat(files()).isEmpty();
  }

  private BlobRef referenced(byte[] bytes) throws IOException {
    BlobRef blob = store(bytes);
    change(tx -> blobs().retain(tx, blob));
    return blob;
  }

  private Path fileOf(BlobRef blob) {
    String id = blob.id();
    return folder.resolve(id.substring(0, 2)).resolve(id.substring(2, 4)).resolve(id + ".blob");
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).toList();
    }
  }
}
