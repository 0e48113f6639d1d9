package io.carillon.acceptance;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// A deployment package that contains boto3, copied from this machine's `python3`: functions see
/// the system's Python only, which need not have it.
final class PythonSdk {
  private static final List<String> MODULES =
      List.of("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six");

  /// The part of botocore's data that a client of IAM reads.
  private static final Set<String> DATA =
      Set.of(
          "endpoints.json",
          "partitions.json",
          "_retry.json",
          "sdk-default-configuration.json",
          "iam");

  private PythonSdk() {}

  static void need() {
    Requirements.program("python3", "-c", "import boto3");
  }

  static byte[] packageOf(String name, String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      add(zip, name, text.getBytes(StandardCharsets.UTF_8));
      for (Path module : modules()) {
        Path top = Objects.requireNonNull(module.getParent());
        try (Stream<Path> files = Files.walk(module)) {
          for (Path file : files.filter(PythonSdk::isWanted).toList()) {
            add(zip, top.relativize(file).toString(), Files.readAllBytes(file));
          }
        }
      }
    }
    return bytes.toByteArray();
  }

  private static List<Path> modules() throws IOException {
    String script =
        """
        import importlib, os
        for name in "%s".split():
            path = importlib.import_module(name).__file__
            print(os.path.dirname(path) if path.endswith("__init__.py") else path)
        """
            .formatted(String.join(" ", MODULES));
    return FinishedProcess.of(List.of("python3", "-c", script), Map.of(), Path.of("/"))
        .expectSuccess()
        .output()
        .lines()
        .map(Path::of)
        .toList();
  }

  private static boolean isWanted(Path file) {
    String path = file.toString();
    int data = path.indexOf("/botocore/data/");
    return Files.isRegularFile(file)
        && !path.contains("/__pycache__/")
        && (data < 0 || DATA.contains(path.substring(data).split("/", -1)[3].replace(".gz", "")));
  }

  private static void add(ZipOutputStream zip, String name, byte[] content) throws IOException {
    zip.putNextEntry(new ZipEntry(name));
    zip.write(content);
  }
}
