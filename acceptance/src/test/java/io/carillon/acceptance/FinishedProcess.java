package io.carillon.acceptance;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// What a program printed and how it ended.
record FinishedProcess(int exit, String output) {
  private static final long PATIENCE_SECONDS = 240;

  static FinishedProcess of(List<String> command, Map<String, String> environment, Path folder)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(command + " did not end:\n" + output);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
    return new FinishedProcess(process.exitValue(), output);
  }

  /// @throws AssertionError with what it printed, unless it ended well
  FinishedProcess expectSuccess() {
    if (exit != 0) {
      throw new AssertionError("exit code " + exit + ":\n" + output);
    }
    return this;
  }
}
