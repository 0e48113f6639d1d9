package io.carillon.store;

import java.io.IOException;

final class MemoryBlobsTest extends BlobsContract {
  private final MemoryBlobs blobs = new MemoryBlobs(database, clock);

  @Override
  Blobs blobs() {
    return blobs;
  }

  @Override
  int removeReleased() throws IOException {
    return blobs.removeReleased();
  }
}
