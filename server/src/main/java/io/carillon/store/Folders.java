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

/// Folders that survive power loss: a name is on disk once its parent folder was synced.
final class Folders {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  private Folders() {}

  /// Creates a folder and its missing parents, and syncs their names. An existing folder's name is
  /// synced too, as a killed process may have created it without syncing.
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
      createOwnerOnly(absolute);
    }
    if (Files.isReadable(parent)) {
      sync(parent);
    }
  }

  /// With access for its owner only, where the file system has owners: it holds users' data.
  private static void createOwnerOnly(Path folder) throws IOException {
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
