package io.carillon.acceptance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Power loss, played: a library that is preloaded into the server writes down what was synced, and
/// after the kill everything else is taken away. See `server/src/test/c/dropunsynced.c`.
final class PowerLoss {
  private final Path tools;
  private final Path disk;
  private final Path journal;

  private PowerLoss(Path tools, Path disk, Path journal) {
    this.tools = tools;
    this.disk = disk;
    this.journal = journal;
  }

  /// @param disk all that is on the disk that forgets; a folder beside it holds the journal
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
    loss.run("gcc", "-O1", "-DAPPLY", "-o", loss.applying(), loss.source());
    return loss;
  }

  /// What the server's environment needs.
  Map<String, String> environment() {
    return Map.of(
        "LD_PRELOAD", tools.resolve("libdropunsynced.so").toString(),
        "DROPUNSYNCED_ROOT", disk.toString(),
        "DROPUNSYNCED_JOURNAL", journal.toString());
  }

  /// As above on a disk that says it has synced files of this ending and has not.
  Map<String, String> environmentForgetting(String ending) {
    Map<String, String> environment = new HashMap<>(environment());
    environment.put("DROPUNSYNCED_FORGET", ending);
    return environment;
  }

  /// Takes away what the killed server had not synced; answers how much that was.
  String strike(long seed) throws IOException {
    return apply(Long.toString(seed & 0x7FFF_FFFF));
  }

  /// As above, from a disk that by chance had kept nothing of it.
  String strikeWhole() throws IOException {
    return apply("all");
  }

  private String apply(String how) throws IOException {
    return run(applying(), disk.toString(), journal.toString(), how).strip();
  }

  private String applying() {
    return tools.resolve("dropunsynced").toString();
  }

  private String source() {
    return Carillon.ROOT.resolve("server/src/test/c/dropunsynced.c").toString();
  }

  private String run(String... command) throws IOException {
    return FinishedProcess.of(List.of(command), Map.of(), tools).expectSuccess().output();
  }
}
