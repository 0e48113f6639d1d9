package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A server that cannot start prints one or two lines that say what to do, without a stack trace.
class StartupTest {
  @TempDir Path folder;

  @Test
  void aPortOrFolderInUseIsReportedWithWhatToDo() throws Exception {
    try (Carillon server = Carillon.start(folder)) {
      assertFails(
          1,
          "is taken, perhaps by another Carillon. Stop that program, or choose another port",
          "start",
          "--port",
          String.valueOf(server.port()),
          "--data",
          folder.resolve("other").toString());
      assertFails(
          1,
          "is in use by another process. Stop the Carillon that runs on it",
          "start",
          "--port",
          "0",
          "--data",
          folder.resolve("data").toString());
    }
  }

  @Test
  void anUnusableDataFolderIsNamed() throws Exception {
    Path file = Files.createFile(folder.resolve("file"));
    assertFails(1, file + " cannot be used", "start", "--port", "0", "--data", file.toString());
  }

  @Test
  void mistypedCommandsAndFlagsAreNamedWithoutTheHelp() throws Exception {
    assertFails(2, "'nosuch'. The commands are start, demo, mail", "nosuch");
    assertFails(2, "'--nosuch'", "start", "--nosuch", "1");
    assertFails(
        1, "port must be a whole number from 0 to 65535, not \"abc\"", "start", "--port", "abc");
  }

  private void assertFails(int exit, String what, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(Carillon.ROOT.resolve("carillon").toString()));
    command.addAll(List.of(arguments));
    FinishedProcess process = FinishedProcess.of(command, Map.of(), folder);
    assertThat(process.output()).contains(what).doesNotContain("\tat ");
    assertThat(process.output().lines()).hasSizeLessThanOrEqualTo(2);
    assertThat(process.exit()).isEqualTo(exit);
  }
}
