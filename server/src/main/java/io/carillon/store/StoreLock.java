package io.carillon.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/// Prevents two processes from using one store, taken before its files are read.
///
/// RocksDB has a lock of its own, `LOCK`, which it takes too late for that, and which is the only
/// one that older versions of Carillon hold. So our lock is taken first and then RocksDB's is
/// tried. The order matters: closing a file releases all locks that the process holds on it, so
/// only the holder of our lock may open the other file.
final class StoreLock implements AutoCloseable {
  private static final String OURS = "carillon.lock";
  private static final String OF_ROCKSDB = "LOCK";

  private final FileChannel file;

  private StoreLock(FileChannel file) {
    this.file = file;
  }

  /// @throws UnusableStoreException if another process, or this one, holds it
  static StoreLock take(Path folder) throws IOException {
    FileChannel file =
        FileChannel.open(folder.resolve(OURS), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      Path other = folder.resolve(OF_ROCKSDB);
      if (tryLock(file) == null || (Files.exists(other) && !isFree(other))) {
        throw new UnusableStoreException(
            "The store in "
                + folder
                + " is in use by another process. Stop the Carillon that runs on it, or use"
                + " another folder.",
            null);
      }
      return new StoreLock(file);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static boolean isFree(Path other) throws IOException {
    try (FileChannel file = FileChannel.open(other, StandardOpenOption.WRITE)) {
      return tryLock(file) != null;
    }
  }

  private static @Nullable FileLock tryLock(FileChannel file) throws IOException {
    try {
      return file.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException _) {
      // Closing the file releases the lock, even if it fails.
    }
  }
}
