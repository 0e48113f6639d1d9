package io.carillon.lambda.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// The resident memory of a process and all below it, as Linux's `/proc` tells it.
final class ResidentSize {
  private ResidentSize() {}

  /// In bytes; -1 where there is no `/proc`.
  static long ofTree(ProcessHandle process) {
    if (!Files.isDirectory(Path.of("/proc/self"))) {
      return -1;
    }
    try (Stream<ProcessHandle> all = Stream.concat(Stream.of(process), process.descendants())) {
      return all.mapToLong(ResidentSize::anonymous).sum();
    }
  }

  /// Pages of files and of shared memory are left out: they would count once for each process.
  private static long anonymous(ProcessHandle process) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
        if (line.startsWith("RssAnon:")) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
        }
      }
    } catch (IOException e) {
      return 0; // it has ended
    }
    return 0;
  }
}
