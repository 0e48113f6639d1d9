package io.carillon.lambda.runtime;

import io.carillon.lambda.runtime.Executor.Launch;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The sandbox of a machine with bwrap. It never fails open: while bwrap does not work, no function
/// is started.
///
/// An installed bwrap may still fail: user namespaces or mounts may be forbidden, or a limit too
/// low. So it is probed at start and, after a failure, before the next function starts. After an
/// environment has ended in a way that bwrap may have caused, it is probed again, too.
final class Sandbox implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Sandbox.class);
  private static final int MAX_OUTPUT_BYTES = 600;

  /// Checks that it runs inside the sandbox, and not as root.
  private static final List<String> PROBE =
      List.of(
          "/bin/sh",
          "-c",
          "test -d "
              + Bubblewrap.TASK_ROOT
              + " || { echo 'it runs programs outside of the sandbox'; exit 1; }; "
              + "test \"$(id -u)\" -ne 0 || { echo 'it runs programs as root'; exit 1; }");

  private final Bubblewrap bubblewrap;
  private final Spawner spawner;
  private final UserIds uids;
  private final Duration timeout;
  private final Path empty;
  private final Path outputFile;
  private @Nullable CompletableFuture<Optional<String>> attempt;
  private Optional<String> reported = Optional.empty();
  private boolean closed;

  /// @param folder an existing folder for a few small files
  Sandbox(Path program, Path folder, Machine machine, Spawner spawner, UserIds uids)
      throws IOException {
    Path accounts = Files.createDirectories(folder.resolve("accounts"));
    this.bubblewrap = new Bubblewrap(program, accounts, machine);
    this.empty = Files.createDirectories(folder.resolve("empty"));
    this.outputFile = accounts.resolve("bwrap-said");
    this.spawner = spawner;
    this.uids = uids;
    this.timeout = machine.timeout();
  }

  /// The command line of an environment.
  ///
  /// @throws SandboxException if bwrap does not work, with its own message
  List<String> command(Launch launch, int uid) throws IOException {
    if (!Files.isExecutable(bubblewrap.program())) {
      invalidate();
    }
    Optional<String> failure = failure();
    if (failure.isPresent()) {
      throw new SandboxException(failure.get());
    }
    return bubblewrap.command(launch, uid);
  }

  /// Why functions cannot be sandboxed, with bwrap's message; empty if they can. Probes now unless
  /// the last probe succeeded; concurrent callers share one probe.
  Optional<String> failure() {
    return attempt().join();
  }

  /// Like [#failure], but waits at most `limit`.
  Optional<String> failureWithin(Duration limit) {
    Optional<String> unknown = Optional.of("bubblewrap is still being tried");
    return attempt()
        .copy() // the attempt itself goes on
        .completeOnTimeout(unknown, limit.toMillis(), TimeUnit.MILLISECONDS)
        .join();
  }

  /// Starts a probe, for which only the first function waits.
  void tryInBackground() {
    var _ = attempt();
  }

  private synchronized CompletableFuture<Optional<String>> attempt() {
    CompletableFuture<Optional<String>> last = attempt;
    if (last == null || (last.isDone() && last.join().isPresent())) {
      last = CompletableFuture.supplyAsync(this::probe, Thread::startVirtualThread);
      attempt = last;
    }
    return last;
  }

  /// Discards the result of the last probe: the next function probes again.
  synchronized void invalidate() {
    if (attempt != null && attempt.isDone()) {
      attempt = null;
    }
  }

  private Optional<String> probe() {
    Optional<String> failure =
        probeFailure()
            .map(
                probeFailure ->
                    "bubblewrap (%s) does not work here: %s"
                        .formatted(bubblewrap.program(), probeFailure));
    report(failure);
    return failure;
  }

  private synchronized void report(Optional<String> failure) {
    if (closed || failure.equals(reported)) {
      return;
    }
    reported = failure;
    failure.ifPresentOrElse(
        why ->
            LOG.error("FUNCTIONS DO NOT RUN: {}. It is tried again with the next function.", why),
        () -> LOG.info("bubblewrap works again"));
  }

  /// Probes bwrap; empty if it works.
  private Optional<String> probeFailure() {
    if (!Files.isExecutable(bubblewrap.program())) {
      return Optional.of("no program is there, or none that can be run");
    }
    Launch launch = new Launch("probe", PROBE, Map.of(), empty, empty, List.of(), 64, 1);
    try {
      int uid = uids.take();
      try {
        List<String> command = bubblewrap.command(launch, uid);
        return probeFailure(
            spawner.start(command, Map.of(), empty, Redirect.to(outputFile.toFile())));
      } finally {
        uids.free(uid);
      }
    } catch (IOException e) {
      return Optional.of(e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of("the server was interrupted while it tried");
    }
  }

  /// The output goes to a file, so that none is lost when the process ends.
  private Optional<String> probeFailure(Process launch) throws IOException, InterruptedException {
    try {
      if (!launch.waitFor(timeout)) {
        return Optional.of("it was not done within " + timeout.toSeconds() + " s" + output(": "));
      }
      return launch.exitValue() == 0
          ? Optional.empty()
          : Optional.of(
              output("").isEmpty() ? "it ended with status " + launch.exitValue() : output(""));
    } finally {
      ProcessTree.below(launch.toHandle()).forEach(ProcessHandle::destroyForcibly);
      launch.destroyForcibly();
    }
  }

  private String output(String before) throws IOException {
    try (InputStream in = Files.newInputStream(outputFile)) {
      String text = new String(in.readNBytes(MAX_OUTPUT_BYTES), StandardCharsets.UTF_8);
      String line = text.lines().map(String::strip).collect(Collectors.joining("; "));
      return line.isEmpty() ? "" : before + line;
    }
  }

  /// A running probe is killed with the spawner's thread; its failure is not reported.
  @Override
  public synchronized void close() {
    closed = true;
  }
}
