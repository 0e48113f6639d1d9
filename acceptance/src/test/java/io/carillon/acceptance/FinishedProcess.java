package io.carillon.acceptance;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// The output and exit code of a program.
record FinishedProcess(int exit, String output) {
  private static final long TIMEOUT_SECONDS = 240;

  static FinishedProcess of(List<String> command, Map<String, String> environment, Path folder)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(command + " did not end:\n" + output);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
    return new FinishedProcess(process.exitValue(), output);
  }

  /// @throws AssertionError with the output, unless the exit code is 0
  FinishedProcess expectSuccess() {
    if (exit != 0) {
      throw new AssertionError("exit code " + exit + ":\n" + output);
    }
    return this;
  }
}
