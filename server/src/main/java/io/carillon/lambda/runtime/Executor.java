package io.carillon.lambda.runtime;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/// Starts execution environments: as processes here, as containers one day.
public interface Executor extends AutoCloseable {

  /// Starts one. It has begun when this returns; it speaks up through the Runtime API.
  Running start(Launch launch) throws IOException;

  /// Where an environment sees the function's code that lies in `codeFolder`.
  String taskRoot(Path codeFolder);

  /// Where an environment sees the files of `runtimeFolder`.
  String runtimeRoot(Path runtimeFolder);

  /// Whether functions are kept from this server's files and from one another.
  boolean isolates();

  /// For people: how functions are kept apart, and what is missing.
  String describe();

  @Override
  void close();

  /// What to start.
  ///
  /// @param id unique; names what belongs to it on the machine
  /// @param command as seen from inside
  /// @param environment all of its variables
  /// @param codeFolder the function's unpacked code
  /// @param runtimeFolder our bootstraps
  /// @param readable further folders it may read, such as its interpreter's
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

    /// What it prints, standard output and error in one.
    Output output();

    /// Completes once every process of it is gone and its traces on the machine are removed.
    CompletableFuture<Exit> exit();

    /// The most memory it has been seen to hold, now included.
    long peakMemoryBytes();

    /// What it holds, as it was seen last; that is some times a second.
    Usage usage();

    /// Stops its processes where they are, until [#thaw]. May do nothing.
    void freeze();

    /// Lets them go on.
    void thaw();

    /// Ends every process of it, stopped or not, without asking.
    void kill();
  }

  /// What an environment holds of this machine's memory.
  ///
  /// @param processBytes what belongs to its processes
  /// @param temporaryBytes what lies in its `/tmp`, as far as that is memory, and in shared memory
  record Usage(long processBytes, long temporaryBytes) {
    static final Usage NOTHING = new Usage(0, 0);

    long bytes() {
      return processBytes + temporaryBytes;
    }

    Usage plus(Usage other) {
      return new Usage(processBytes + other.processBytes, temporaryBytes + other.temporaryBytes);
    }
  }

  /// How it ended.
  ///
  /// @param status the exit status; above 128 a signal's number is added to that
  /// @param outOfMemory whether it was ended because it used more memory than it may
  record Exit(int status, boolean outOfMemory) {

    /// In the words that AWS logs. bwrap tells a signal as an exit status, which a process may also
    /// choose (AWS's Node.js runtime does, with 129): so only signals that end processes by
    /// accident are taken for one.
    String inWords() {
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
