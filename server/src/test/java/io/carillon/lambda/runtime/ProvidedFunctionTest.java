package io.carillon.lambda.runtime;

import static io.carillon.lambda.runtime.RuntimeFixture.need;
import static io.carillon.lambda.runtime.RuntimeFixture.text;
import static io.carillon.lambda.runtime.RuntimeFixture.zip;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Functions with a custom runtime. The bootstrap is from AWS's tutorial. Source:
/// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-walkthrough.html
class ProvidedFunctionTest {
  @TempDir static Path folder;
  private static RuntimeFixture fixture;

  @BeforeAll
  static void open() throws IOException {
    fixture = new RuntimeFixture(folder);
    need(Files.isExecutable(Path.of("/usr/bin/curl")), "curl");
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  private static final String BOOTSTRAP =
      """
      #!/bin/sh
      set -e
      . "$LAMBDA_TASK_ROOT/$(echo $_HANDLER | cut -d. -f1).sh"
      while true; do
        HEADERS="$(mktemp)"
        EVENT=$(curl -sS -LD "$HEADERS" "http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/next")
        ID=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)
        RESPONSE=$($(echo "$_HANDLER" | cut -d. -f2) "$EVENT")
        curl -sS "http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/$ID/response" -d "$RESPONSE"
      done
      """;

  @Test
  void customBootstrapUsesTheRuntimeApi() throws Exception {
    FunctionSpec function =
        RuntimeFixture.function(
            "own",
            "provided.al2023",
            "function.handler",
            zip(
                Map.of(
                    "bootstrap",
                    BOOTSTRAP,
                    "function.sh",
                    "handler() { echo \"Echoing: $1\" >&2; echo \"\\\"$COLOUR\\\"\"; }\n")));
    assertThat(text(fixture.invoke(function, "{}"))).isEqualTo("\"green\"");
    assertThat(text(fixture.invoke(function, "{}"))).isEqualTo("\"green\"");
  }

  /// Source: https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
  @Test
  void missingBootstrapIsAFunctionError() throws Exception {
    isInvalid(
        new ZipPackageTest.Archive().add("bin/bootstrap", BOOTSTRAP),
        "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]");
    isInvalid(
        new ZipPackageTest.Archive().add("bootstrap/bootstrap", BOOTSTRAP),
        "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]");
  }

  /// Source: https://github.com/awslabs/aws-lambda-dart-runtime/issues/20
  @Test
  void nonExecutableBootstrapIsAFunctionError() throws Exception {
    isInvalid(
        new ZipPackageTest.Archive().add("bootstrap", BOOTSTRAP, 0100644),
        "fork/exec /var/task/bootstrap: permission denied");
  }

  private static void isInvalid(ZipPackageTest.Archive archive, String why) throws Exception {
    FunctionSpec function =
        RuntimeFixture.function("none", "provided.al2", "x.y", RuntimeFixture.code(archive.done()));
    InvocationResult result = fixture.invoke(function, "{}");
    assertThat(result).isInstanceOf(InvocationResult.FunctionFailed.class);
    assertThat(text(result))
        .startsWith("{\"errorType\":\"Runtime.InvalidEntrypoint\",\"errorMessage\":\"RequestId: ")
        .endsWith(" Error: " + why + "\"}");
  }
}
