package io.carillon.lambda.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// A process and all below it, as far as this machine shows them.
final class ProcessTree {
  private ProcessTree() {}

  /// The processes below one. Without `/proc` on Linux they cannot be listed; there are none then.
  static Stream<ProcessHandle> below(ProcessHandle process) {
    try {
      return process.descendants();
    } catch (RuntimeException e) { // what the JDK throws where it cannot open /proc
      return Stream.empty();
    }
  }

  /// The resident memory of the tree in bytes; -1 where there is no `/proc`.
  static long residentBytes(ProcessHandle process) {
    if (!Files.isDirectory(Path.of("/proc/self"))) {
      return -1;
    }
    try (Stream<ProcessHandle> all = Stream.concat(Stream.of(process), below(process))) {
      return all.mapToLong(ProcessTree::anonymous).sum();
    }
  }

  /// What lies in the `/tmp` of a sandbox, as its processes see it.
  ///
  /// @param bwrap the process that was started
  /// @param sizeBytes the size of that `/tmp`, by which it is told from this machine's own, which
  ///   the sandbox has before it is built
  static long temporaryBytes(ProcessHandle bwrap, long sizeBytes) {
    try (Stream<ProcessHandle> children = bwrap.children()) {
      return children
          .map(child -> Path.of("/proc/" + child.pid() + "/root/tmp").toFile())
          .filter(folder -> folder.getTotalSpace() == sizeBytes)
          .mapToLong(folder -> folder.getTotalSpace() - folder.getFreeSpace())
          .findFirst()
          .orElse(0);
    } catch (RuntimeException e) { // what the JDK throws where it cannot open /proc
      return 0;
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
