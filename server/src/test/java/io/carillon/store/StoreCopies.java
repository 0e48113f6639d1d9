package io.carillon.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Copies of a store's folder as a kill leaves them, and damage to their files.
final class StoreCopies {
  private StoreCopies() {}

  /// Copies the files of a store that may be open: a kill leaves what the page cache holds.
  static Path copy(Path folder, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
    return to;
  }

  static List<Path> files(Path folder, String pattern) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.getFileName().toString().matches(pattern)).sorted().toList();
    }
  }

  static Path only(Path folder, String pattern) throws IOException {
    List<Path> found = files(folder, pattern);
    if (found.size() != 1) {
      throw new IllegalStateException(pattern + " are " + found);
    }
    return found.getFirst();
  }

  static void flip(Path file, long at) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[(int) at] ^= 0x10;
    Files.write(file, bytes);
  }
}
