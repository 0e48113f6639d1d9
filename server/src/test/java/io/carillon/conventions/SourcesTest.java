package io.carillon.conventions;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.googlejavaformat.java.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// The format and size of source files.
@Tag("slow")
class SourcesTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  /// `.ci/format` repairs what this finds.
  @Test
  void everySourceIsFormatted() throws Exception {
    List<String> arguments = new ArrayList<>(List.of("--dry-run"));
    sources().map(Path::toString).forEach(arguments::add);
    StringWriter out = new StringWriter();
    StringWriter errors = new StringWriter();

    new Main(new PrintWriter(out, true), new PrintWriter(errors, true), System.in)
        .format(arguments.toArray(String[]::new));

    assertThat(out.toString() + errors).as("files to format; run .ci/format").isEmpty();
  }

  @Test
  void noFileHasMoreThanAThousandLines() throws IOException {
    assertThat(sources().filter(file -> lines(file) > 1_000)).isEmpty();
  }

  private static Stream<Path> sources() throws IOException {
    List<Path> found = new ArrayList<>();
    for (String module : List.of("server", "examples", "bench", "acceptance")) {
      Path folder = ROOT.resolve(module).resolve("src");
      if (Files.isDirectory(folder)) {
        try (Stream<Path> files = Files.walk(folder)) {
          files.filter(file -> file.toString().endsWith(".java")).forEach(found::add);
        }
      }
    }
    assertThat(found).isNotEmpty();
    return found.stream();
  }

  private static long lines(Path file) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines.count();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
