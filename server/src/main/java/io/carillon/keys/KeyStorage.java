package io.carillon.keys;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Stores keys between runs.
sealed interface KeyStorage {

  Optional<byte[]> read(String name);

  /// Replaces the content atomically: a crash leaves the old or the new one, never a part.
  void write(String name, byte[] bytes);

  /// Runs `work` while no other node or process runs anything here: what it found missing is still
  /// missing when it writes.
  <T> T exclusively(Supplier<T> work);

  /// Files that only the owner can read, in a folder that only the owner can enter.
  record Folder(Path path) implements KeyStorage {
    private static final Logger LOG = LoggerFactory.getLogger(KeyStorage.class);
    private static final Set<PosixFilePermission> OWNER_ONLY =
        PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> OWNER_FOLDER =
        PosixFilePermissions.fromString("rwx------");
    private static final String LOCK = "lock";
    private static final Duration RETRY = Duration.ofMillis(5);
    private static final boolean POSIX =
        FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

    static Folder create(Path path) {
      try {
        if (Files.isDirectory(path)) {
          restrict(path, OWNER_FOLDER);
        } else {
          Files.createDirectories(path.toAbsolutePath().getParent());
          createFolder(path);
        }
        return new Folder(path);
      } catch (IOException e) {
        throw new UncheckedIOException("The folder of keys cannot be used: " + path, e);
      }
    }

    private static void createFolder(Path path) throws IOException {
      try {
        Files.createDirectory(path, withPermissions(OWNER_FOLDER));
      } catch (FileAlreadyExistsException e) {
        if (!Files.isDirectory(path)) {
          throw e;
        } // else another process was faster
      }
    }

    @Override
    public Optional<byte[]> read(String name) {
      Path file = path.resolve(name);
      try {
        byte[] bytes = Files.readAllBytes(file);
        restrict(file, OWNER_ONLY);
        return Optional.of(bytes);
      } catch (NoSuchFileException e) {
        return Optional.empty();
      } catch (IOException e) {
        throw new UncheckedIOException("The key cannot be read: " + file, e);
      }
    }

    @Override
    public void write(String name, byte[] bytes) {
      Path file = path.resolve(name);
      Path fresh = path.resolve(name + ".new");
      try {
        Files.deleteIfExists(fresh); // left by a crash
        Files.createFile(fresh, withPermissions(OWNER_ONLY));
        try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
          ByteBuffer buffer = ByteBuffer.wrap(bytes);
          while (buffer.hasRemaining()) {
            channel.write(buffer);
          }
          channel.force(true);
        }
        Files.move(
            fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        sync(path);
        Path parent = path.toAbsolutePath().getParent();
        if (parent != null && Files.isReadable(parent)) {
          sync(parent); // this folder may be new
        }
      } catch (IOException e) {
        throw new UncheckedIOException("The key cannot be written: " + file, e);
      }
    }

    /// Under a lock of the operating system, which ends with its holder. The file stays: a lock on
    /// a file that another process deletes would exclude nobody.
    @Override
    public <T> T exclusively(Supplier<T> work) {
      Path file = path.resolve(LOCK);
      try {
        if (Files.notExists(file)) {
          createLock(file);
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
            FileLock _ = lock(channel)) {
          return work.get();
        }
      } catch (IOException e) {
        throw new UncheckedIOException("The folder of keys cannot be locked: " + file, e);
      }
    }

    private static void createLock(Path file) throws IOException {
      try {
        Files.createFile(file, withPermissions(OWNER_ONLY));
      } catch (FileAlreadyExistsException _) {
        // another process was faster
      }
    }

    /// Waits for other processes, and for other threads of this one.
    private static FileLock lock(FileChannel channel) throws IOException {
      while (true) {
        try {
          return channel.lock();
        } catch (OverlappingFileLockException _) {
          pause();
        }
      }
    }

    private static void pause() throws IOException {
      try {
        Thread.sleep(RETRY);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("Interrupted while waiting for the lock");
      }
    }

    private static void sync(Path folder) throws IOException {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }

    /// A restored backup or a copy may have made the file accessible to others.
    private static void restrict(Path file, Set<PosixFilePermission> allowed) throws IOException {
      if (!POSIX || allowed.containsAll(Files.getPosixFilePermissions(file))) {
        return;
      }
      LOG.warn(
          "{} was accessible to other users of this machine; restricting it to its owner", file);
      Files.setPosixFilePermissions(file, allowed);
    }

    private static FileAttribute<?>[] withPermissions(Set<PosixFilePermission> permissions) {
      return POSIX
          ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)}
          : new FileAttribute<?>[0];
    }
  }

  /// Lost when the process ends.
  record Memory(Map<String, byte[]> byName) implements KeyStorage {

    static Memory create() {
      return new Memory(new ConcurrentHashMap<>());
    }

    @Override
    public <T> T exclusively(Supplier<T> work) {
      return work.get(); // one process, which opens its keys once and locks their use
    }

    @Override
    public Optional<byte[]> read(String name) {
      return Optional.ofNullable(byName.get(name));
    }

    @Override
    public void write(String name, byte[] bytes) {
      byName.put(name, bytes);
    }
  }
}
