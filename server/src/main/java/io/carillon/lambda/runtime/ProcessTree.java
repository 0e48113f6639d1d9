package io.carillon.lambda.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// A process and its descendants, as far as the machine can list them.
final class ProcessTree {
  private ProcessTree() {}

  /// The descendants of a process; none on Linux without `/proc`.
  static Stream<ProcessHandle> below(ProcessHandle process) {
    try {
      return process.descendants();
    } catch (RuntimeException e) { // what the JDK throws where it cannot open /proc
      return Stream.empty();
    }
  }

  /// The resident memory of the tree in bytes; -1 without `/proc`.
  static long residentBytes(ProcessHandle process) {
    if (!Files.isDirectory(Path.of("/proc/self"))) {
      return -1;
    }
    try (Stream<ProcessHandle> all = Stream.concat(Stream.of(process), below(process))) {
      return all.mapToLong(ProcessTree::anonymous).sum();
    }
  }

  /// The size of the files in a sandbox's `/tmp`.
  ///
  /// @param bwrap the process that was started
  /// @param sizeBytes the size of that file system, which distinguishes it from the machine's
  ///   `/tmp`, visible before the sandbox is set up
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

  /// Excludes file and shared pages, which would count once for each process.
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
