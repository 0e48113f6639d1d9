package io.carillon.lambda.runtime;

import java.nio.file.Path;
import java.time.Duration;

/// Settings for running functions on this machine.
///
/// @param workFolder holds unpacked code and bootstraps; emptied at start
/// @param initLimit how long an initialization may take before it is repeated within an invocation
/// @param idleTimeout how long an environment is kept warm without work
/// @param maxEnvironments the maximum number of environments
/// @param maxMemoryMb the memory limit of all environments together: their configured memory and
///   the files in `/tmp`
/// @param logBytesPerInvocation how much one invocation may print before the rest is dropped
/// @param sandbox whether to use bubblewrap if installed
public record RuntimeSettings(
    Path workFolder,
    Duration initLimit,
    Duration idleTimeout,
    int maxEnvironments,
    int maxMemoryMb,
    int logBytesPerInvocation,
    boolean sandbox) {

  /// Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
  public static final Duration INIT_LIMIT = Duration.ofSeconds(10);
}
