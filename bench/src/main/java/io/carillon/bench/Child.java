package io.carillon.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// A server process under measurement: its endpoint, its start-up time, and the CPU time and memory
/// it has used.
final class Child implements AutoCloseable {
  private static final String READY = "Carillon is ready at ";

  private final Process process;
  private final URI endpoint;
  private final Duration startToReady;

  private Child(Process process, URI endpoint, Duration startToReady) {
    this.process = process;
    this.endpoint = endpoint;
    this.startToReady = startToReady;
  }

  static Child start(List<String> command, Map<String, String> environment) throws IOException {
    Instant begun = Instant.now();
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    StringBuilder seen = new StringBuilder();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      seen.append(line).append('\n');
      if (line.startsWith(READY)) {
        Duration took = Duration.between(begun, Instant.now());
        Thread.ofVirtual().start(() -> drain(lines));
        return new Child(process, URI.create(line.substring(READY.length()).strip()), took);
      }
    }
    throw new IOException("The server did not start:\n" + seen);
  }

  private static void drain(BufferedReader lines) {
    try (lines) {
      while (lines.readLine() != null) {
        // output after the ready line is discarded
      }
    } catch (IOException _) {
      // the process ended
    }
  }

  URI endpoint() {
    return endpoint;
  }

  Duration startToReady() {
    return startToReady;
  }

  /// CPU time used so far, user and system.
  Duration cpu() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /// CPU time used so far by the one thread that changes the store, user and system, in ticks of 10
  /// ms. Source: proc(5), `/proc/pid/task/tid/stat`.
  Duration writerCpu() throws IOException {
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + process.pid() + "/task"))) {
      for (Path thread : threads.toList()) {
        if (Files.readString(thread.resolve("comm")).strip().equals("store-writer")) {
          String stat = Files.readString(thread.resolve("stat"));
          String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
          return Duration.ofMillis(10 * (Long.parseLong(fields[11]) + Long.parseLong(fields[12])));
        }
      }
    }
    return Duration.ZERO;
  }

  /// Memory that is resident now, in MiB. Source: proc(5), VmRSS.
  long residentMiB() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
      }
    }
    return 0;
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }
}
