package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.store.Blobs.BlobRef;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// The contract of every implementation of [Blobs].
abstract class BlobsContract {
  final ManualClock clock = new ManualClock();
  final Database database = new MemoryDatabase();

  abstract Blobs blobs();

  abstract int removeReleased() throws IOException;

  @Test
  void blobsAreReadInAnyRange() throws IOException {
    Random random = new Random(1);
    int block = BlobFile.BLOCK;
    for (int size : new int[] {0, 1, block - 1, block, block + 1, 3 * block + 17}) {
      byte[] bytes = bytes(size);
      BlobRef blob = store(bytes);
      assertThat(blob.sizeBytes()).isEqualTo(size);
      assertThat(read(blob, 0, size)).isEqualTo(bytes);
      for (int i = 0; i < 20; i++) {
        int from = random.nextInt(size + 1);
        int count = random.nextInt(size - from + 1);
        assertThat(read(blob, from, count))
            .isEqualTo(Arrays.copyOfRange(bytes, from, from + count));
      }
      assertThatThrownBy(() -> read(blob, 0, size + 1))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> read(blob, -1, 1)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void blobsAreReadByteByByteAcrossBlocks() throws IOException {
    byte[] bytes = bytes(BlobFile.BLOCK + 100);
    BlobRef blob = store(bytes);
    try (InputStream in = blobs().open(blob, BlobFile.BLOCK - 2, 5)) {
      for (int i = 0; i < 5; i++) {
        assertThat(in.read()).isEqualTo(bytes[BlobFile.BLOCK - 2 + i] & 0xFF);
      }
      assertThat(in.read()).isEqualTo(-1);
      assertThat(in.read(new byte[3])).isEqualTo(-1);
    }
  }

  @Test
  void blobsAreRemovedWithTheirLastReference() throws IOException {
    BlobRef blob = store(bytes(100));
    change(tx -> blobs().retain(tx, blob));
    change(tx -> blobs().retain(tx, blob));
    change(tx -> blobs().release(tx, blob));
    assertThat(removeReleased()).isZero();
    assertThat(read(blob, 0, 100)).hasSize(100);
    change(tx -> blobs().release(tx, blob));
    assertThat(removeReleased()).isEqualTo(1);
    assertThat(removeReleased()).isZero();
    assertThatThrownBy(() -> read(blob, 0, 100)).isInstanceOf(IOException.class);
  }

  @Test
  void aBlobReferencedAgainStays() throws IOException {
    BlobRef blob = store(bytes(100));
    change(tx -> blobs().retain(tx, blob));
    change(
        tx -> {
          blobs().release(tx, blob);
          blobs().retain(tx, blob);
        });
    change(tx -> blobs().release(tx, blob));
    change(tx -> blobs().retain(tx, blob));
    assertThat(removeReleased()).isZero();
    assertThat(read(blob, 0, 100)).hasSize(100);
  }

  @Test
  void uncommittedReleasesRemoveNothing() throws IOException {
    BlobRef blob = store(bytes(100));
    change(tx -> blobs().retain(tx, blob));
    assertThatThrownBy(
            () ->
                change(
                    tx -> {
                      blobs().release(tx, blob);
                      throw new IllegalStateException("precondition");
                    }))
        .hasMessage("precondition");
    assertThat(removeReleased()).isZero();
    assertThat(read(blob, 0, 100)).hasSize(100);
  }

  @Test
  void releasingAnUnreferencedBlobIsRefused() throws IOException {
    BlobRef blob = store(bytes(1));
    assertThatThrownBy(() -> change(tx -> blobs().release(tx, blob)))
        .isInstanceOf(IllegalStateException.class);
  }

  BlobRef store(byte[] bytes) throws IOException {
    try (Blobs.Upload upload = blobs().begin()) {
      int at = 0;
      while (at < bytes.length) {
        int count = Math.min(bytes.length - at, 7_001);
        upload.write(bytes, at, count);
        at += count;
      }
      return upload.commit();
    }
  }

  byte[] read(BlobRef blob, long offset, long count) throws IOException {
    try (InputStream in = blobs().open(blob, offset, count)) {
      return in.readAllBytes();
    }
  }

  static byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  void change(Consumer<Tx> change) {
    database.write(
        tx -> {
          change.accept(tx);
          return 0;
        });
  }
}
