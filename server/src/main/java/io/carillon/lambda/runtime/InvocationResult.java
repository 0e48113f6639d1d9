package io.carillon.lambda.runtime;

/// How an invocation ended.
public sealed interface InvocationResult {

  /// The function returned.
  record Returned(byte[] payload, LogTail log) implements InvocationResult {}

  /// The function failed: it threw, ran out of time or memory, exited, or could not be loaded.
  ///
  /// @param payload the error as JSON: `errorMessage`, `errorType`
  /// @param why the error in one line
  record FunctionFailed(byte[] payload, String why, LogTail log) implements InvocationResult {}

  /// A concurrency or memory limit is reached.
  record Throttled(Limit limit) implements InvocationResult {}

  /// An internal error: no environment could be started.
  record Unavailable(String why) implements InvocationResult {}

  /// The limit that was reached.
  enum Limit {
    /// The function's reserved concurrency.
    RESERVED,
    /// This server's limit.
    TOTAL
  }

  /// The last 4 KB of the invocation's log.
  @FunctionalInterface
  interface LogTail {
    /// Waits until what the function printed has been read.
    byte[] read() throws InterruptedException;
  }
}
