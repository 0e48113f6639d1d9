package io.carillon.lambda.runtime;

import java.nio.file.Path;
import java.time.Duration;

/// How functions are run on this machine.
///
/// @param workFolder holds unpacked code and bootstraps; emptied at start
/// @param initLimit how long an initialization may take before it is run again with an invocation
/// @param idleTimeout how long an environment is kept warm without work
/// @param maxEnvironments how many environments live at a time
/// @param maxMemoryMb what all of them may use together: their configured memory, and what they
///   keep in `/tmp`
/// @param logBytesPerInvocation what one invocation may print before the rest is dropped
/// @param sandbox whether to use bubblewrap where it works
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
