package io.carillon.acceptance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/// External programs that a test needs: a missing one skips the test with the reason, and fails it
/// where `CI=true`.
final class Requirements {
  private Requirements() {}

  static void program(String... command) {
    if (runs(List.of(command))) {
      return;
    }
    String reason = "needs `" + String.join(" ", command) + "` to work on this machine";
    if ("true".equals(System.getenv("CI"))) {
      Assertions.fail(reason);
    }
    Assumptions.abort(reason);
  }

  /// The path of a program.
  static Path path(String program) {
    return Arrays.stream(System.getenv("PATH").split(":"))
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() -> new AssertionError(program + " is not on the path"));
  }

  /// The program of the first command that works.
  @SafeVarargs
  static String oneOf(List<String>... commands) {
    for (List<String> command : commands) {
      if (runs(command)) {
        return command.getFirst();
      }
    }
    program(commands[0].toArray(String[]::new));
    throw new AssertionError("works after all: " + commands[0]);
  }

  private static boolean runs(List<String> command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException _) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
