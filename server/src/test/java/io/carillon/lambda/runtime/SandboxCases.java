package io.carillon.lambda.runtime;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/// Runs functions with a bwrap that works, fails, or is missing, and prints a line for each case. A
/// separate program, so that it can run as another user and under limits.
final class SandboxCases {
  private static final String BWRAP_ERROR = "bwrap: Creating new namespace failed";

  private final Path folder;
  private final Path real;
  private final Path witnesses;

  private SandboxCases(Path folder, Path real) throws IOException {
    this.folder = folder;
    this.real = real;
    this.witnesses = Files.createDirectory(folder.resolve("witnesses"));
    Files.setPosixFilePermissions(witnesses, PosixFilePermissions.fromString("rwxrwxrwx"));
  }

  /// @param arguments an empty public folder, and the path of the real bwrap
  public static void main(String[] arguments) throws Exception {
    SandboxCases cases = new SandboxCases(Path.of(arguments[0]), Path.of(arguments[1]));
    cases.bwrapWorks();
    cases.bwrapFails("dies", "echo '" + BWRAP_ERROR + "' >&2; exit 1");
    cases.bwrapFails("killed", "kill -9 $$");
    cases.bwrapIsSlow();
    cases.bwrapFails(
        "pretends", "while [ \"$1\" != -- ]; do shift; done; shift; exec \"$@\" # no walls");
    cases.bwrapFails("pretends to be nobody", rootInside(cases.real));
    cases.bwrapVanishes();
    cases.bwrapFailsLater();
    cases.bwrapMissing("none", true);
    cases.bwrapMissing("off", false);
  }

  /// A sandbox in which the function is root.
  private static String rootInside(Path bwrap) {
    return """
    test $(id -u) = 0 || set -- --uid 0 "$@"
    n=$#
    while [ $n -gt 0 ]; do
      a=$1; shift; n=$((n - 1))
      if [ "$a" = /usr/bin/setpriv ]; then
        while [ "$1" != -- ]; do shift; n=$((n - 1)); done
        shift; n=$((n - 1))
      else
        set -- "$@" "$a"
      fi
    done
    exec %s "$@"
    """
        .formatted(bwrap);
  }

  private void bwrapWorks() throws Exception {
    try (ProcessExecutor executor = executor("works", realBwrapFolder(), true)) {
      report("works", executor);
    }
  }

  /// Fails, then works again.
  private void bwrapFails(String name, String script) throws Exception {
    Path bin = fake(name, script);
    try (ProcessExecutor executor = executor(name, bin, true)) {
      report(name, executor);
      fake(bin, realBwrap());
      report(name + ", mended", executor);
    }
  }

  private void bwrapIsSlow() throws Exception {
    Path bin = fake("slow", "echo 'looking around'; sleep 30");
    try (ProcessExecutor executor = executor("slow", bin, true)) {
      report("slow", executor);
    }
  }

  private Path fake(String name, String script) throws IOException {
    Path bin = Files.createDirectory(folder.resolve("bin-" + name));
    fake(bin, script);
    return bin;
  }

  /// A script instead of bwrap, replacing an existing one.
  static Path fake(Path bin, String script) throws IOException {
    Path fake = Files.writeString(bin.resolve("bwrap"), "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(fake, PosixFilePermissions.fromString("rwxr-xr-x"));
    return fake;
  }

  private Path realBwrapFolder() {
    return Objects.requireNonNull(real.getParent());
  }

  private String realBwrap() {
    return "exec " + real + " \"$@\"";
  }

  private void bwrapVanishes() throws Exception {
    Path bin = fake("vanishes", realBwrap());
    try (ProcessExecutor executor = executor("vanishes", bin, true)) {
      report("there", executor);
      Files.delete(bin.resolve("bwrap"));
      report("vanished", executor);
    }
  }

  /// Only an environment's failure reveals it, since bwrap is not probed while it works.
  private void bwrapFailsLater() throws Exception {
    Path bin = fake("fails-later", realBwrap());
    try (ProcessExecutor executor = executor("fails later", bin, true)) {
      report("worked", executor);
      fake(bin, "echo '" + BWRAP_ERROR + "' >&2; exit 1");
      report("first to fail", executor);
      report("after it", executor);
    }
  }

  private void bwrapMissing(String name, boolean sandbox) throws Exception {
    Path bin = sandbox ? Files.createDirectory(folder.resolve("empty")) : realBwrapFolder();
    try (ProcessExecutor executor = executor(name, bin, sandbox)) {
      report(name, executor);
    }
  }

  private ProcessExecutor executor(String name, Path bin, boolean sandbox) throws IOException {
    Machine here = Machine.here();
    Duration patience = name.equals("slow") ? Duration.ofMillis(500) : here.timeout();
    return new ProcessExecutor(
        Files.createDirectory(folder.resolve("work-" + name)),
        sandbox,
        new Machine(
            here.uid(), bin.toString(), here.limits(), folder.resolve("user-ids"), patience));
  }

  /// A function that prints its user and location, and writes a file that only a process outside
  /// the sandbox can write.
  private void report(String name, ProcessExecutor executor) throws Exception {
    Path code = executor.openFolder(Files.createDirectories(folder.resolve("code")));
    String script =
        "test -d /var/task && echo $(id -u) inside $(ulimit -n)"
            + " || { echo $(id -u) outside; id -u > "
            + witnesses
            + "/$(date +%N); }";
    String outcome;
    try {
      Executor.Running running =
          executor.start(
              new Executor.Launch(
                  "env" + System.nanoTime(),
                  List.of("/bin/sh", "-c", script),
                  Map.of("PATH", "/usr/bin:/bin"),
                  code,
                  code,
                  List.of(),
                  128,
                  16));
      outcome = "ran: " + read(running.output());
      outcome += running.exit().get(60, TimeUnit.SECONDS);
    } catch (SandboxException e) {
      outcome = "refused: " + e.getMessage();
    }
    long outside;
    try (var all = Files.list(witnesses)) {
      outside = all.count();
    }
    System.out.println(
        name + " | " + outcome.replace('\n', ' ') + " | ran outside so far: " + outside);
  }

  private static String read(Output output) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int next;
    while ((next = output.read()) >= 0) {
      bytes.write(next);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
