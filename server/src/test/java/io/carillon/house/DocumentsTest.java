package io.carillon.house;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.Config;
import io.carillon.Server;
import io.carillon.Settings;
import io.carillon.aws.Operations;
import io.carillon.aws.protocol.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Documents that say what the code says are written from it. `-Dcarillon.writeDocs=true` writes
/// them anew; without it they are held to what they would be.
class DocumentsTest {
  private static final Path DOCS = Path.of("..").toAbsolutePath().normalize().resolve("docs");

  @Test
  void theListOfSettingsIsCurrent() throws IOException {
    StringBuilder text =
        new StringBuilder(
            "# Configuration\n\n"
                + "Written from `Settings` by `DocumentsTest`. Flags win over the environment, the"
                + " environment over the file (`carillon.yaml`, or `--config FILE`).\n\n"
                + "| flag and key | environment | default | what it does |\n"
                + "| --- | --- | --- | --- |\n");
    for (Settings.Setting setting : Settings.ALL) {
      text.append(
          "| `%s` | `%s` | %s | %s |%n"
              .formatted(
                  setting.name(), setting.environmentName(), setting.fallback(), setting.says()));
    }
    hold("configuration.md", text.toString());
  }

  @Test
  void theListOfOperationsIsCurrent() throws IOException {
    Map<String, String> flags = Map.of("in-memory", "true", "port", "0", "sandbox", "off");
    StringBuilder text =
        new StringBuilder(
            "# What becomes of each operation\n\n"
                + "Written by `DocumentsTest` from the SDK's models and the operation tables."
                + " Operations that are not here answer `NotImplemented` with their name; a member"
                + " that is not supported is refused by its name.\n");
    try (Server server =
        Server.start(Config.of(Settings.resolve(flags, Map.of(), Optional.empty())))) {
      for (Operations table : server.operations()) {
        describe(table, text);
      }
    }
    hold("compat.md", text.toString());
  }

  private static void describe(Operations table, StringBuilder text) {
    long here = Model.of(table.service()).stream().filter(entry -> isHere(table, entry)).count();
    text.append(
        "\n## %s: %d of %d%n%n| operation | state |%n| --- | --- |%n"
            .formatted(table.service(), here, Model.of(table.service()).size()));
    for (Model.Entry entry : Model.of(table.service())) {
      text.append(
          "| %s | %s |%n".formatted(entry.name(), isHere(table, entry) ? "done" : "not here"));
    }
  }

  private static boolean isHere(Operations table, Model.Entry entry) {
    return table.find(entry.input()).isPresent();
  }

  private static void hold(String name, String text) throws IOException {
    Path file = DOCS.resolve(name);
    if (Boolean.getBoolean("carillon.writeDocs")) {
      Files.writeString(file, text);
    }
    assertThat(Files.readString(file))
        .as(file + "; write it with -Dcarillon.writeDocs=true")
        .isEqualTo(text);
  }
}
