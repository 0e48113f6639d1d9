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

/// The sandbox of a machine that has bwrap. It never fails open: while bwrap does not work, no
/// function is started.
///
/// That bwrap is installed says little: user namespaces may be forbidden, or mounts in a container,
/// or a limit is too low. So it is tried, at start and, after a failure, before the next function
/// starts; what was found at one moment is no verdict for the life of the server. After an
/// environment has ended in a way in which bwrap may have failed, it is tried again as well.
final class Sandbox implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Sandbox.class);
  private static final int MOST_WORDS = 600;

  /// Shows that it runs inside, and not as root.
  private static final List<String> PROOF =
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
  private final Duration patience;
  private final Path empty;
  private final Path words;
  private @Nullable CompletableFuture<Optional<String>> attempt;
  private Optional<String> told = Optional.empty();
  private boolean closed;

  /// @param folder exists; a few small files are kept there
  Sandbox(Path program, Path folder, Machine machine, Spawner spawner, UserIds uids)
      throws IOException {
    Path accounts = Files.createDirectories(folder.resolve("accounts"));
    this.bubblewrap = new Bubblewrap(program, accounts, machine);
    this.empty = Files.createDirectories(folder.resolve("empty"));
    this.words = accounts.resolve("bwrap-said");
    this.spawner = spawner;
    this.uids = uids;
    this.patience = machine.patience();
  }

  /// The command line of an environment.
  ///
  /// @throws SandboxException where bwrap does not work, in its own words
  List<String> command(Launch launch, int uid) throws IOException {
    if (!Files.isExecutable(bubblewrap.program())) {
      doubt();
    }
    Optional<String> failure = failure();
    if (failure.isPresent()) {
      throw new SandboxException(failure.get());
    }
    return bubblewrap.command(launch, uid);
  }

  /// Why functions cannot be sandboxed, in bwrap's own words; empty if they can. It is tried now
  /// unless it has worked, and whoever asks meanwhile waits for the same answer.
  Optional<String> failure() {
    return attempt().join();
  }

  /// The same, as far as it is known within `limit`.
  Optional<String> failureWithin(Duration limit) {
    Optional<String> unknown = Optional.of("bubblewrap is still being tried");
    return attempt()
        .copy() // the attempt itself goes on
        .completeOnTimeout(unknown, limit.toMillis(), TimeUnit.MILLISECONDS)
        .join();
  }

  /// The start of the server need not wait: the first function does.
  void tryInBackground() {
    var _ = attempt();
  }

  private synchronized CompletableFuture<Optional<String>> attempt() {
    CompletableFuture<Optional<String>> last = attempt;
    if (last == null || (last.isDone() && last.join().isPresent())) {
      last = CompletableFuture.supplyAsync(this::look, Thread::startVirtualThread);
      attempt = last;
    }
    return last;
  }

  /// It may have stopped working: it is tried again before the next function starts.
  synchronized void doubt() {
    if (attempt != null && attempt.isDone()) {
      attempt = null;
    }
  }

  private Optional<String> look() {
    Optional<String> failure =
        flaw()
            .map(
                flaw ->
                    "bubblewrap (%s) does not work here: %s".formatted(bubblewrap.program(), flaw));
    tell(failure);
    return failure;
  }

  private synchronized void tell(Optional<String> failure) {
    if (closed || failure.equals(told)) {
      return;
    }
    told = failure;
    failure.ifPresentOrElse(
        why ->
            LOG.error("FUNCTIONS DO NOT RUN: {}. It is tried again with the next function.", why),
        () -> LOG.info("bubblewrap works again"));
  }

  /// What is wrong with bwrap; empty if it works.
  private Optional<String> flaw() {
    if (!Files.isExecutable(bubblewrap.program())) {
      return Optional.of("no program is there, or none that can be run");
    }
    Launch proof = new Launch("probe", PROOF, Map.of(), empty, empty, List.of(), 64, 1);
    try {
      int uid = uids.take();
      try {
        List<String> command = bubblewrap.command(proof, uid);
        return flaw(spawner.start(command, Map.of(), empty, Redirect.to(words.toFile())));
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

  /// It prints into a file, so that nothing of it is lost, whenever its process ends.
  private Optional<String> flaw(Process proof) throws IOException, InterruptedException {
    try {
      if (!proof.waitFor(patience)) {
        return Optional.of("it was not done within " + patience.toSeconds() + " s" + said(": "));
      }
      return proof.exitValue() == 0
          ? Optional.empty()
          : Optional.of(
              said("").isEmpty() ? "it ended with status " + proof.exitValue() : said(""));
    } finally {
      ProcessTree.below(proof.toHandle()).forEach(ProcessHandle::destroyForcibly);
      proof.destroyForcibly();
    }
  }

  private String said(String before) throws IOException {
    try (InputStream in = Files.newInputStream(words)) {
      String text = new String(in.readNBytes(MOST_WORDS), StandardCharsets.UTF_8);
      String line = text.lines().map(String::strip).collect(Collectors.joining("; "));
      return line.isEmpty() ? "" : before + line;
    }
  }

  /// What is being tried ends with the thread that started it, which is no news.
  @Override
  public synchronized void close() {
    closed = true;
  }
}
