package io.carillon.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/// Keeps two processes from using one store, from before its files are looked at.
///
/// RocksDB has a lock of its own, `LOCK`, which it takes too late for that and which older versions
/// of Carillon hold alone; so ours comes first and then that one is tried. In this order, for to
/// close a file gives up all locks that the process has on it, and only who holds ours may come
/// near to the other.
final class StoreLock implements AutoCloseable {
  private static final String OURS = "carillon.lock";
  private static final String OF_ROCKSDB = "LOCK";

  private final FileChannel file;

  private StoreLock(FileChannel file) {
    this.file = file;
  }

  /// @throws UnusableStoreException where another process, or this one, has it
  static StoreLock take(Path folder) throws IOException {
    FileChannel file =
        FileChannel.open(folder.resolve(OURS), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      Path other = folder.resolve(OF_ROCKSDB);
      if (tryLock(file) == null || Files.exists(other) && !isFree(other)) {
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
      // The process gives the lock up with the file, however it closes.
    }
  }
}
