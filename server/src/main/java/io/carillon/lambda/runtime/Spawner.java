package io.carillon.lambda.runtime;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// Starts all processes from one thread that lives as long as this object.
///
/// A process asks the kernel to be killed when its parent dies, and to the kernel the parent is the
/// *thread* that forked.
final class Spawner implements AutoCloseable {
  private static final Redirect NOTHING = Redirect.from(Path.of("/dev/null").toFile());

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("environment-spawner").daemon().factory());

  /// @param environment the complete environment
  /// @param output for standard output and standard error
  Process start(List<String> command, Map<String, String> environment, Path folder, Redirect output)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectInput(NOTHING)
            .redirectOutput(output);
    builder.environment().clear();
    builder.environment().putAll(environment);
    try {
      return thread.submit(builder::start).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while starting a process", e);
    } catch (ExecutionException e) {
      throw new IOException("A process could not be started: " + e.getCause(), e.getCause());
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
