package io.carillon.lambda.runtime;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/// Starts execution environments.
public interface Executor extends AutoCloseable {

  /// Starts one. Its processes run when this returns; it registers with the Runtime API by polling.
  Running start(Launch launch) throws IOException;

  /// The path of `codeFolder` as the environment sees it.
  String taskRoot(Path codeFolder);

  /// The path of `runtimeFolder` as the environment sees it.
  String runtimeRoot(Path runtimeFolder);

  /// Whether functions are isolated from this server's files and from one another.
  boolean isolates();

  /// Describes the isolation of functions, and what is missing, for people.
  String describe();

  @Override
  void close();

  /// The specification of an environment's processes.
  ///
  /// @param id unique on the machine
  /// @param command with paths as the environment sees them
  /// @param environment its complete environment
  /// @param codeFolder the function's unpacked code
  /// @param runtimeFolder our bootstraps
  /// @param readable additional readable folders, such as the interpreter's
  record Launch(
      String id,
      List<String> command,
      Map<String, String> environment,
      Path codeFolder,
      Path runtimeFolder,
      List<Path> readable,
      int memoryMb,
      int temporaryMb) {}

  /// An environment that has been started.
  interface Running {

    /// Standard output and standard error.
    Output output();

    /// Completes once all its processes are gone and its resources are released.
    CompletableFuture<Exit> exit();

    /// The highest memory usage measured, including now.
    long peakMemoryBytes();

    /// The last measured usage; it is measured several times a second.
    Usage usage();

    /// Suspends its processes until [#thaw]. May do nothing.
    void freeze();

    /// Resumes them.
    void thaw();

    /// Kills all its processes, suspended or not.
    void kill();
  }

  /// The memory usage of an environment.
  ///
  /// @param processBytes memory of its processes
  /// @param temporaryBytes files in `/tmp` that are in memory, and shared memory
  record Usage(long processBytes, long temporaryBytes) {
    static final Usage NOTHING = new Usage(0, 0);

    long bytes() {
      return processBytes + temporaryBytes;
    }

    Usage plus(Usage other) {
      return new Usage(processBytes + other.processBytes, temporaryBytes + other.temporaryBytes);
    }
  }

  /// How an environment ended.
  ///
  /// @param status the exit status; above 128, 128 plus a signal number
  /// @param outOfMemory whether it was killed for exceeding its memory limit
  record Exit(int status, boolean outOfMemory) {

    /// AWS's message. bwrap reports a signal as an exit status, which a process may also choose
    /// (AWS's Node.js runtime exits with 129): so only signals of crashes are reported as signals.
    String message() {
      if (outOfMemory || status == 137) {
        return "Runtime exited with error: signal: killed";
      }
      if (status == 0) {
        return "Runtime exited without providing a reason";
      }
      String signal = signal(status - 128);
      return "Runtime exited with error: "
          + (signal.isEmpty() ? "exit status " + status : "signal: " + signal);
    }

    private static String signal(int number) {
      return switch (number) {
        case 4 -> "illegal instruction";
        case 6 -> "aborted";
        case 7 -> "bus error";
        case 8 -> "floating point exception";
        case 11 -> "segmentation fault";
        case 15 -> "terminated";
        default -> "";
      };
    }
  }
}
