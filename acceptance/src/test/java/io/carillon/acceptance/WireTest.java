package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// One server, many clients: boto3, the SDK for JavaScript, the AWS CLI. Each script prints a line
/// a check; what they expect is AWS's documented behaviour, named in the scripts.
class WireTest {
  private static final Path SOURCES = Carillon.ROOT.resolve("acceptance/src/test");

  @TempDir static Path folder;
  private static Carillon server;

  @BeforeAll
  static void start() throws Exception {
    server = Carillon.start(folder, "--retry-time-scale", "0.01");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void boto3() throws Exception {
    Needs.program("python3", "-c", "import boto3");
    run("boto3", List.of("python3", SOURCES.resolve("python/wire.py").toString()));
  }

  @Test
  void theSdkForJavaScript() throws Exception {
    Needs.program("node", "--version");
    Path modules = SOURCES.resolve("node/node_modules");
    if (!Files.isDirectory(modules)) {
      Needs.program("npm ci --prefix acceptance/src/test/node");
    }
    Carillon.Account own = server.account("javascript");
    run(
        "javascript",
        List.of("node", SOURCES.resolve("node/wire.mjs").toString()),
        own.environment());
  }

  private static void run(String who, List<String> command) throws Exception {
    run(who, command, Map.of());
  }

  private static void run(String who, List<String> command, Map<String, String> more)
      throws Exception {
    Map<String, String> environment = new HashMap<>(server.environment());
    environment.putAll(more);
    Ran ran = Ran.of(command, environment, folder);
    System.out.println(who + ":\n" + ran.output());
    assertThat(ran.exit()).as(ran.output()).isZero();
  }
}
