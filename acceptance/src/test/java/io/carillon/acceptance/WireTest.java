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

/// One server, many clients: the AWS CLI, boto3, the SDK for JavaScript. Each script prints a line
/// per check and writes which operations its checks have proved; they expect AWS's documented
/// behaviour, named in the scripts. ([SdkForJavaTest] does the same for the SDK for Java.)
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
    Requirements.program("python3", "-c", "import boto3");
    run("boto3", List.of("python3", SOURCES.resolve("python/boto3_wire.py").toString()), Map.of());
  }

  /// In the Python that the CLI is installed for; [ClassicScriptTest] runs it as a process of its
  /// own.
  @Test
  void theAwsCli() throws Exception {
    String python =
        Requirements.oneOf(
            List.of("python3", "-c", "import awscli.clidriver"),
            List.of("/usr/bin/python3", "-c", "import awscli.clidriver"));
    run(
        "AWS CLI",
        List.of(python, SOURCES.resolve("python/aws_cli.py").toString()),
        server.account("cli").environment());
  }

  @Test
  void whatVersionTwoOfTheCliSends() throws Exception {
    Requirements.program("python3", "-c", "import botocore");
    run(
        "AWS CLI v2's requests",
        List.of("python3", SOURCES.resolve("python/cli_v2_requests.py").toString()),
        Map.of());
  }

  @Test
  void theSdkForJavaScript() throws Exception {
    Requirements.program("node", "--version");
    if (!Files.isDirectory(SOURCES.resolve("node/node_modules"))) {
      Requirements.program("npm ci --prefix acceptance/src/test/node");
    }
    run(
        "SDK for JavaScript",
        List.of("node", SOURCES.resolve("node/wire.mjs").toString()),
        server.account("javascript").environment());
  }

  /// @param more environment variables of the client beside the server's
  private static void run(String client, List<String> command, Map<String, String> more)
      throws Exception {
    Path proof = Files.createTempFile(folder, "proof", ".json");
    Map<String, String> environment = new HashMap<>(server.environment());
    environment.put("CARILLON_PROOF", proof.toString());
    environment.putAll(more);
    FinishedProcess ran = FinishedProcess.of(command, environment, folder);
    System.out.println(client + ":\n" + ran.output());
    assertThat(ran.exit()).as(ran.output()).isZero();
    Proof.check(client, proof);
  }
}
