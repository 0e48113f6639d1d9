package io.carillon.lambda.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The hard limits of this process. Unprivileged processes cannot exceed them, so a function gets
/// the intended limit or the hard limit, whichever is lower.
///
/// @param processes of one user
/// @param openFiles of one process
record HardLimits(long processes, long openFiles) {
  private static final long WANTED_PROCESSES = 1024;
  private static final long WANTED_OPEN_FILES = 1024;
  private static final HardLimits NONE = new HardLimits(Long.MAX_VALUE, Long.MAX_VALUE);

  /// From `/proc` on Linux; unlimited elsewhere.
  static HardLimits ofThisProcess() throws IOException {
    Path limits = Path.of("/proc/self/limits");
    return Files.exists(limits) ? parse(Files.readAllLines(limits)) : NONE;
  }

  /// A line is `Max open files 1024 20000 files`.
  static HardLimits parse(List<String> lines) throws IOException {
    return new HardLimits(hard(lines, "Max processes "), hard(lines, "Max open files "));
  }

  private static long hard(List<String> lines, String name) throws IOException {
    for (String line : lines) {
      if (line.startsWith(name)) {
        String hard = line.substring(name.length()).strip().split(" +", -1)[1];
        return hard.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(hard);
      }
    }
    throw new IOException("/proc/self/limits does not name the limit \"" + name.strip() + "\"");
  }

  /// The process limit of an environment.
  int processesPerEnvironment() {
    return (int) Math.min(WANTED_PROCESSES, processes);
  }

  /// The prefix of a command line that applies an environment's limits.
  List<String> command() {
    long files = Math.min(WANTED_OPEN_FILES, openFiles);
    return List.of(
        "/usr/bin/prlimit",
        "--core=0:0",
        "--nproc=" + processesPerEnvironment() + ":" + processesPerEnvironment(),
        "--nofile=" + files + ":" + files,
        "--");
  }
}
