package io.carillon.lambda.runtime;

import java.nio.file.Path;
import java.time.Duration;

/// How functions are run on this machine.
///
/// @param workFolder holds unpacked code and bootstraps; emptied at start
/// @param idleTimeout how long an environment is kept warm without work
/// @param maxEnvironments how many environments live at a time
/// @param maxMemoryMb what all of them may use together, by their configured memory
/// @param logBytesPerInvocation what one invocation may print before the rest is dropped
/// @param sandbox whether to use bubblewrap where it works
public record RuntimeSettings(
    Path workFolder,
    Duration idleTimeout,
    int maxEnvironments,
    int maxMemoryMb,
    int logBytesPerInvocation,
    boolean sandbox) {

  /// The defaults: as many environments as three quarters of `machineMemoryMb` hold, 100 at most.
  public static RuntimeSettings defaults(Path workFolder, int machineMemoryMb) {
    return new RuntimeSettings(
        workFolder, Duration.ofMinutes(10), 100, machineMemoryMb / 4 * 3, 4 << 20, true);
  }
}
