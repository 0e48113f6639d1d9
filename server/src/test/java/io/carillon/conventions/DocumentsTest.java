package io.carillon.conventions;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carillon.Config;
import io.carillon.Server;
import io.carillon.Settings;
import io.carillon.aws.Operations;
import io.carillon.aws.protocol.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;

/// Documents that say what the code says are written from it. `-Dcarillon.writeDocs=true` writes
/// them anew; without it they are held to what they would be.
class DocumentsTest {
  private static final Path DOCS = Path.of("..").toAbsolutePath().normalize().resolve("docs");

  /// What the SDK's model has no class for, with who proves it.
  private static final Map<String, String> BESIDE_THE_MODEL =
      Map.of(
          "PostObject",
          "boto3's generate_presigned_post, and curl: `RealClientsTest`",
          "GetFunctionUrlConfig",
          "always an error, as for a function that has none: `UnsupportedConfigurationsTest`",
          "GetProvisionedConcurrencyConfig",
          "always an error, as for a function that has none: `UnsupportedConfigurationsTest`");

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
  void theListOfOperationsIsCurrentAndEachIsProvedByARealClient() throws IOException {
    Proofs proofs = Proofs.read(DOCS.resolve("wire-results.json"));
    Map<String, String> flags = Map.of("in-memory", "true", "port", "0", "sandbox", "off");
    StringBuilder text =
        new StringBuilder(
            "# What becomes of each operation\n\n"
                + "Written by `DocumentsTest` from the SDK's models, the operation tables and"
                + " [wire-results.json](wire-results.json), which the wire tests (module"
                + " `acceptance`) write and reproduce: a client stands beside an operation with the"
                + " check that called it with success and asserted its answer, or AWS's error where"
                + " there is nothing to answer. Operations that are"
                + " not here answer `NotImplemented` with their name; a member that is not"
                + " supported is refused by its name.\n");
    List<String> unproved = new ArrayList<>();
    try (Server server =
        Server.start(Config.of(Settings.resolve(flags, Map.of(), Optional.empty())))) {
      for (Operations table : server.operations()) {
        unproved.addAll(describe(table, proofs, text));
      }
    }
    hold("compat.md", text.toString());
    assertThat(unproved).as("operations that no real client has proved").isEmpty();
  }

  /// Appends the service's section; answers the operations that are here without proof.
  private static List<String> describe(Operations table, Proofs proofs, StringBuilder text) {
    List<Model.Entry> all = Model.of(table.service());
    List<String> here =
        all.stream().filter(entry -> isHere(table, entry)).map(Model.Entry::name).toList();
    List<String> absent =
        all.stream().map(Model.Entry::name).filter(name -> !here.contains(name)).toList();
    text.append(
        "%n## %s: %d of %d%n%n| operation | proved by |%n| --- | --- |%n"
            .formatted(table.service(), here.size(), all.size()));
    List<String> unproved = new ArrayList<>();
    List<String> mounted = new ArrayList<>(here);
    table.all().stream()
        .map(Operations.Operation::name)
        .filter(name -> !here.contains(name))
        .forEach(mounted::add);
    for (String name : mounted) {
      String proof = BESIDE_THE_MODEL.getOrDefault(name, proofs.of(table.service() + ":" + name));
      String remark = table.remark(name).isEmpty() ? "" : " (" + table.remark(name) + ")";
      text.append("| %s%s | %s |%n".formatted(name, remark, proof));
      if (proof.isEmpty()) {
        unproved.add(table.service() + ":" + name);
      }
    }
    text.append("%nNot here: %s.%n".formatted(String.join(", ", absent)));
    return unproved;
  }

  /// By client, the checks that passed and the operations that each is about.
  private record Proofs(SortedMap<String, SortedMap<String, List<String>>> byClient) {
    static Proofs read(Path file) throws IOException {
      return new Proofs(
          new ObjectMapper().readValue(Files.readString(file), new TypeReference<>() {}));
    }

    /// The clients that have proved the operation, each with its checks.
    String of(String operation) {
      List<String> clients = new ArrayList<>();
      byClient.forEach(
          (client, checks) -> {
            List<String> about =
                checks.entrySet().stream()
                    .filter(check -> check.getValue().contains(operation))
                    .map(Map.Entry::getKey)
                    .toList();
            if (!about.isEmpty()) {
              clients.add("%s (%s)".formatted(client, String.join(", ", about)));
            }
          });
      return String.join("; ", clients);
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
