package io.carillon.conventions;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carillon.aws.Operations;
import io.carillon.aws.protocol.Model;
import io.carillon.server.InMemoryServer;
import io.carillon.server.Server;
import io.carillon.server.Settings;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Documents that repeat facts of the code are generated from it. With `-Dcarillon.writeDocs=true`
/// this test writes them; without, it compares them.
class DocumentsTest {
  private static final Path DOCS = Path.of("..").toAbsolutePath().normalize().resolve("docs");

  private static final Pattern SECTION = Pattern.compile("(?m)^## (.+)$");
  private static final Pattern VERSION =
      Pattern.compile(
          "<artifactId>carillon</artifactId>\\s*<version>([\\d.]+)(-SNAPSHOT)?</version>");

  /// Two alternatives at the least.
  private static final Pattern ALTERNATIVES =
      Pattern.compile("(?s)\\n(\\*\\*)?Considered[:.](\\*\\*)?\\s*(- .+?\\n\\s*){2}");

  private static final Pattern CONSEQUENCES =
      Pattern.compile("(?m)^(?:## )?(?:\\*\\*)?Consequences");

  /// Operations that the SDK's model has no class for, with the tests that prove them.
  private static final Map<String, String> OUTSIDE_THE_MODEL =
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
                  setting.name(),
                  setting.environmentName(),
                  setting.fallback(),
                  setting.description()));
    }
    assertCurrent("configuration.md", text.toString());
  }

  @Test
  void theListOfOperationsIsCurrentAndEachIsProvedByARealClient() throws IOException {
    Proofs proofs = Proofs.read(DOCS.resolve("wire-results.json"));
    StringBuilder text =
        new StringBuilder(
            "# What becomes of each operation\n\n"
                + "Written by `DocumentsTest` from the SDK's models, the operation tables and"
                + " [wire-results.json](wire-results.json), which the wire tests (module"
                + " `acceptance`) write and reproduce: a client stands beside an operation with the"
                + " check that called it with success and asserted its answer, or AWS's error where"
                + " there is nothing to answer. Operations that are"
                + " not implemented answer `NotImplemented` with their name; a member that is not"
                + " supported is refused by its name.\n");
    List<String> unproved = new ArrayList<>();
    try (Server server = InMemoryServer.start()) {
      for (Operations table : server.operations()) {
        unproved.addAll(describe(table, proofs, text));
      }
    }
    assertCurrent("compat.md", text.toString());
    assertThat(unproved).as("operations that no real client has proved").isEmpty();
  }

  /// Released versions are dated; the poms' version is released, or newer than all released ones.
  @Test
  void theChangelogHasADatedSectionForEachReleasedVersion() throws IOException {
    List<String> sections =
        SECTION
            .matcher(Files.readString(DOCS.resolveSibling("CHANGELOG.md")))
            .results()
            .map(found -> found.group(1))
            .toList();
    List<ModuleDescriptor.Version> released = new ArrayList<>();
    for (String section : sections) {
      if (!section.equals("Unreleased") || !released.isEmpty()) {
        assertThat(section).matches("\\d+\\.\\d+\\.\\d+, \\d{4}-\\d{2}-\\d{2}");
        released.add(ModuleDescriptor.Version.parse(section.substring(0, section.indexOf(','))));
      }
    }
    assertThat(released).as("the newest first").isSortedAccordingTo(Comparator.reverseOrder());
    Matcher version = VERSION.matcher(Files.readString(DOCS.resolveSibling("pom.xml")));
    assertThat(version.find()).isTrue();
    ModuleDescriptor.Version own = ModuleDescriptor.Version.parse(version.group(1));
    if (version.group(2) == null) {
      assertThat(released.getFirst()).as("the version in pom.xml").isEqualTo(own);
    } else {
      assertThat(released).as("older than the snapshot").allMatch(v -> v.compareTo(own) < 0);
    }
  }

  @Test
  void decisionsAreNumberedAndNameTheirStateAlternativesAndConsequences() throws IOException {
    List<Path> decisions;
    try (Stream<Path> files = Files.list(DOCS.resolve("adr"))) {
      decisions = files.sorted().toList();
    }
    for (int at = 0; at < decisions.size(); at++) {
      String name = decisions.get(at).getFileName().toString();
      String text = Files.readString(decisions.get(at));
      assertThat(name).as("numbers without gaps").startsWith("%04d-".formatted(at + 1));
      assertThat(text).as(name).startsWith("# %d. ".formatted(at + 1));
      assertThat(text).as(name).contains("\n**State:** ");
      assertThat(text).as(name).containsPattern(ALTERNATIVES).containsPattern(CONSEQUENCES);
    }
  }

  /// Appends the service's section.
  ///
  /// @return the implemented operations without proof
  private static List<String> describe(Operations table, Proofs proofs, StringBuilder text) {
    List<Model.Entry> all = Model.of(table.spec());
    List<String> implemented =
        all.stream().filter(entry -> isImplemented(table, entry)).map(Model.Entry::name).toList();
    List<String> absent =
        all.stream().map(Model.Entry::name).filter(name -> !implemented.contains(name)).toList();
    text.append(
        "%n## %s: %d of %d%n%n| operation | proved by |%n| --- | --- |%n"
            .formatted(table.service(), implemented.size(), all.size()));
    List<String> unproved = new ArrayList<>();
    List<String> mounted = new ArrayList<>(implemented);
    table.all().stream()
        .map(Operations.Operation::name)
        .filter(name -> !implemented.contains(name))
        .forEach(mounted::add);
    for (String name : mounted) {
      String proof = OUTSIDE_THE_MODEL.getOrDefault(name, proofs.of(table.service() + ":" + name));
      String remark = table.remark(name).isEmpty() ? "" : " (" + table.remark(name) + ")";
      text.append("| %s%s | %s |%n".formatted(name, remark, proof));
      if (proof.isEmpty()) {
        unproved.add(table.service() + ":" + name);
      }
    }
    text.append("%nNot implemented: %s.%n".formatted(String.join(", ", absent)));
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

  private static boolean isImplemented(Operations table, Model.Entry entry) {
    return table.find(entry.input()).isPresent();
  }

  private static void assertCurrent(String name, String text) throws IOException {
    Path file = DOCS.resolve(name);
    if (Boolean.getBoolean("carillon.writeDocs")) {
      Files.writeString(file, text);
    }
    assertThat(Files.readString(file))
        .as(file + "; write it with -Dcarillon.writeDocs=true")
        .isEqualTo(text);
  }
}
