package io.carillon.acceptance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Simulated power loss: a library preloaded into the server records what was synced, and after the
/// kill everything else is discarded. See `server/src/test/c/dropunsynced.c`.
final class PowerLoss {
  private final Path tools;
  private final Path disk;
  private final Path journal;

  private PowerLoss(Path tools, Path disk, Path journal) {
    this.tools = tools;
    this.disk = disk;
    this.journal = journal;
  }

  /// @param disk the root of the simulated disk; a folder beside it holds the journal
  static PowerLoss of(Path disk) throws IOException {
    Requirements.program("sh", "-c", "[ $(uname) = Linux ] && gcc --version");
    Path real = Files.createDirectories(disk).toRealPath();
    PowerLoss loss =
        new PowerLoss(
            Files.createDirectories(real.resolveSibling("tools")),
            real,
            Files.createDirectories(real.resolveSibling("journal")));
    String library = loss.tools.resolve("libdropunsynced.so").toString();
    loss.run("gcc", "-O1", "-shared", "-fPIC", "-o", library, loss.source(), "-ldl");
    loss.run("gcc", "-O1", "-DAPPLY", "-o", loss.applyProgram(), loss.source());
    return loss;
  }

  /// The environment variables of the server.
  Map<String, String> environment() {
    return Map.of(
        "LD_PRELOAD", tools.resolve("libdropunsynced.so").toString(),
        "DROPUNSYNCED_ROOT", disk.toString(),
        "DROPUNSYNCED_JOURNAL", journal.toString());
  }

  /// The same, on a disk that acknowledges but ignores syncs of files with this ending.
  Map<String, String> environmentIgnoringSyncsOf(String ending) {
    Map<String, String> environment = new HashMap<>(environment());
    environment.put("DROPUNSYNCED_FORGET", ending);
    return environment;
  }

  /// Discards a random part of what the killed server had not synced.
  ///
  /// @return how much that was, as text
  String dropSomeUnsynced(long seed) throws IOException {
    return apply(Long.toString(seed & 0x7FFF_FFFF));
  }

  /// Discards everything that the killed server had not synced.
  ///
  /// @return how much that was, as text
  String dropAllUnsynced() throws IOException {
    return apply("all");
  }

  private String apply(String how) throws IOException {
    return run(applyProgram(), disk.toString(), journal.toString(), how).strip();
  }

  private String applyProgram() {
    return tools.resolve("dropunsynced").toString();
  }

  private String source() {
    return Carillon.ROOT.resolve("server/src/test/c/dropunsynced.c").toString();
  }

  private String run(String... command) throws IOException {
    return FinishedProcess.of(List.of(command), Map.of(), tools).expectSuccess().output();
  }
}
