package io.carillon.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Folders that survive power loss: a name is on disk once the folder it is in was synced.
final class Folders {
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
    Files.createDirectories(absolute);
    if (Files.isReadable(parent)) {
      sync(parent);
    }
  }

  static void sync(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
