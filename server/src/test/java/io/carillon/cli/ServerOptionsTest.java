package io.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.server.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The flags of `start` and `demo` as settings.
class ServerOptionsTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "'', false",
    "--in-memory, true",
    "--in-memory=true, true",
    "--in-memory=false, false",
    "--in-memory --port 0, true"
  })
  void togglesWithoutAValueAreOn(String line, boolean inMemory) {
    assertThat(read(line, Map.of()).inMemory()).isEqualTo(inMemory);
  }

  @Test
  void aFlagWinsOverTheEnvironment() {
    Map<String, String> environment = Map.of("CARILLON_PORT", "1", "CARILLON_IN_MEMORY", "true");

    Config config = read("--port 2 --data=elsewhere", environment);

    assertThat(config.port()).isEqualTo(2);
    assertThat(config.data()).isEqualTo(Path.of("elsewhere"));
    assertThat(config.inMemory()).isTrue();
  }

  @Test
  void theConfigFlagWinsOverTheEnvironment() throws IOException {
    Path one = Files.writeString(folder.resolve("one"), "port: 1\n");
    Path two = Files.writeString(folder.resolve("two"), "port: 2\n");
    Map<String, String> environment = Map.of("CARILLON_CONFIG", one.toString());

    assertThat(read("", environment).port()).isEqualTo(1);
    assertThat(read("--config " + two, environment).port()).isEqualTo(2);
  }

  private static Config read(String line, Map<String, String> environment) {
    List<Config> read = new ArrayList<>();
    Command command =
        new Command("Reads.")
            .with(ServerOptions::flags)
            .action(
                given -> {
                  read.add(ServerOptions.read(given, environment));
                  return 0;
                });
    command.run("it", line.isEmpty() ? List.of() : List.of(line.split(" ")));
    return read.getFirst();
  }
}
