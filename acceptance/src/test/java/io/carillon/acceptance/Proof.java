package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// What real clients have proved: by client, the checks that passed and the operations that each is
/// about. It lies in `docs/wire-results.json`, and docs/compat.md shows it; a client's run has to
/// reproduce its part. `-Dcarillon.writeDocs=true` writes down what a run has proved instead.
final class Proof {
  private static final Path FILE = Carillon.ROOT.resolve("docs/wire-results.json");
  private static final ObjectMapper JSON = new ObjectMapper();

  private Proof() {}

  /// Holds the record to the proof that a client's run has left in `file`: operations by check.
  static void hold(String client, Path file) throws IOException {
    hold(client, read(file, new TypeReference<TreeMap<String, List<String>>>() {}));
  }

  static void hold(String client, SortedMap<String, List<String>> proved) throws IOException {
    SortedMap<String, List<String>> claimed = new TreeMap<>(proved);
    claimed.values().removeIf(List::isEmpty);
    SortedMap<String, SortedMap<String, List<String>>> record = recorded();
    if (Boolean.getBoolean("carillon.writeDocs")) {
      record.put(client, claimed);
      Files.writeString(
          FILE, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(record) + "\n");
    }
    assertThat(record.getOrDefault(client, new TreeMap<>()))
        .as(FILE + " of " + client + "; write it with -Dcarillon.writeDocs=true")
        .isEqualTo(claimed);
  }

  /// What stands in the record of a client, for runs that are only a part of its checks.
  static Map<String, List<String>> of(String client) throws IOException {
    return recorded().getOrDefault(client, new TreeMap<>());
  }

  private static SortedMap<String, SortedMap<String, List<String>>> recorded() throws IOException {
    return Files.exists(FILE)
        ? read(FILE, new TypeReference<TreeMap<String, SortedMap<String, List<String>>>>() {})
        : new TreeMap<>();
  }

  private static <T> T read(Path file, TypeReference<T> type) throws IOException {
    return JSON.readValue(Files.readString(file), type);
  }
}
