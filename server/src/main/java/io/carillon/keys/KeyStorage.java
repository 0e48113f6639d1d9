package io.carillon.keys;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Stores keys between runs.
sealed interface KeyStorage {

  Optional<byte[]> read(String name);

  /// Replaces the content atomically: a crash leaves the old or the new one, never a part.
  void write(String name, byte[] bytes);

  /// Files that only the owner can read, in a folder that only the owner can enter.
  record Folder(Path path) implements KeyStorage {
    private static final Logger LOG = LoggerFactory.getLogger(KeyStorage.class);
    private static final Set<PosixFilePermission> OWNER_ONLY =
        PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> OWNER_FOLDER =
        PosixFilePermissions.fromString("rwx------");
    private static final boolean POSIX =
        FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

    static Folder create(Path path) {
      try {
        if (Files.isDirectory(path)) {
          restrict(path, OWNER_FOLDER);
        } else {
          Files.createDirectories(path.toAbsolutePath().getParent());
          Files.createDirectory(path, withPermissions(OWNER_FOLDER));
        }
        return new Folder(path);
      } catch (IOException e) {
        throw new UncheckedIOException("The folder of keys cannot be used: " + path, e);
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
    public Optional<byte[]> read(String name) {
      return Optional.ofNullable(byName.get(name));
    }

    @Override
    public void write(String name, byte[] bytes) {
      byName.put(name, bytes);
    }
  }
}
