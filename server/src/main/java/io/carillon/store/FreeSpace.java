package io.carillon.store;

import java.io.File;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// The free bytes of a disk, asked of the kernel ten times a second at the most: the writer wants
/// to know before each batch, and no disk loses its reserve within a tenth of a second. Used by one
/// thread.
///
/// By statvfs alone: a [java.nio.file.FileStore] looks for the mount in `/proc`, which some
/// machines do not have. An unavailable answer is 0, which makes the store read-only.
final class FreeSpace implements LongSupplier {
  private static final long FRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final File folder;
  private long askedAt = System.nanoTime() - FRESH_NANOS;
  private long bytes;

  FreeSpace(Path folder) {
    this.folder = folder.toFile();
  }

  @Override
  public long getAsLong() {
    long now = System.nanoTime();
    if (now - askedAt >= FRESH_NANOS) {
      bytes = folder.getUsableSpace();
      askedAt = now;
    }
    return bytes;
  }
}
