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

/// What real clients have proved: by client, the checks that passed and the operations that each
/// covers. It is stored in `docs/wire-results.json` and shown in docs/compat.md; a client's run has
/// to reproduce its part. With `-Dcarillon.writeDocs=true` a run stores its result instead.
final class Proof {
  private static final Path FILE = Carillon.ROOT.resolve("docs/wire-results.json");
  private static final ObjectMapper JSON = new ObjectMapper();

  private Proof() {}

  /// Compares the stored proof with the one that a client's run left in `file`: operations by
  /// check.
  static void check(String client, Path file) throws IOException {
    check(client, read(file, new TypeReference<TreeMap<String, List<String>>>() {}));
  }

  static void check(String client, SortedMap<String, List<String>> proved) throws IOException {
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

  /// The stored proof of a client, for runs of a part of its checks.
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
