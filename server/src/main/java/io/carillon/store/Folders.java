package io.carillon.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/// Folders that survive power loss: a name is on disk once the folder it is in was synced.
final class Folders {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  private Folders() {}

  /// Makes a folder, and those above it that are missing, and syncs their names; its own also if it
  /// was there, for a process that was killed may have made it and not come to sync it.
  static void create(Path folder) throws IOException {
    Path absolute = folder.toAbsolutePath();
    Path parent = absolute.getParent();
    if (parent == null) {
      return;
    }
    if (Files.notExists(parent)) {
      create(parent);
    }
    if (Files.notExists(absolute)) {
      createOnes(absolute);
    }
    if (Files.isReadable(parent)) {
      sync(parent);
    }
  }

  /// For its owner alone, where there are owners: it holds what others stored.
  private static void createOnes(Path folder) throws IOException {
    boolean hasOwners = folder.getFileSystem().supportedFileAttributeViews().contains("posix");
    try {
      if (hasOwners) {
        Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
      } else {
        Files.createDirectory(folder);
      }
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(folder)) {
        throw e;
      }
    }
  }

  static void sync(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
