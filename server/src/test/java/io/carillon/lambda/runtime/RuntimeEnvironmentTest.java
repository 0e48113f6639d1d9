package io.carillon.lambda.runtime;

import static io.carillon.lambda.runtime.RuntimeFixture.need;
import static io.carillon.lambda.runtime.RuntimeFixture.tail;
import static io.carillon.lambda.runtime.RuntimeFixture.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The environment variables of every runtime, and wrapper scripts for each managed runtime.
/// Sources: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html and the `ENV` lines
/// of AWS's images (`public.ecr.aws/lambda`).
@Tag("slow")
class RuntimeEnvironmentTest {
  private static final String SAY = "echo \"$LANG $TZ ${HOME-none} $LD_LIBRARY_PATH\"\n";
  private static final String COMMON =
      "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib";
  private static final String SAID = "en_US.UTF-8 :UTC none ";
  private static final String WRAPPER = "#!/bin/sh\n" + SAY + "export ADDED=yes\nexec \"$@\"\n";

  @TempDir static Path folder;
  private static RuntimeFixture fixture;

  /// Returns the variable that the wrapper added.
  public static final class Adder implements RequestHandler<Object, String> {
    @Override
    public String handleRequest(Object event, Context context) {
      return String.valueOf(System.getenv("ADDED"));
    }
  }

  @BeforeAll
  static void open() throws IOException {
    fixture = new RuntimeFixture(folder);
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  private static void assertStartedByWrapper(FunctionSpec bare) throws Exception {
    FunctionSpec withWrapper =
        RuntimeFixture.with(
            RuntimeFixture.withVariables(
                bare, Map.of("AWS_LAMBDA_EXEC_WRAPPER", "/var/task/wrapper")),
            Duration.ofSeconds(60),
            256,
            "1");
    InvocationResult result = fixture.invoke(withWrapper, "{}");
    assertThat(text(result)).isEqualTo("\"yes\"");
    String said = withWrapper.logGroup() + " " + SAID + "/var/lang/lib:" + COMMON;
    await().atMost(Duration.ofSeconds(60)).until(() -> fixture.log.contains(said));
  }

  @Test
  void wrapperStartsPython() throws Exception {
    String source = "import os\ndef handler(e, c):\n    return os.environ.get('ADDED')\n";
    assertStartedByWrapper(
        RuntimeFixture.function(
            "wrapped-python",
            "python3.11",
            "index.handler",
            RuntimeFixture.zip(Map.of("index.py", source, "wrapper", WRAPPER))));
  }

  @Test
  void wrapperStartsNode() throws Exception {
    need(Files.isExecutable(Path.of("/usr/bin/node")), "Node.js");
    String source = "exports.handler = async () => process.env.ADDED;\n";
    assertStartedByWrapper(
        RuntimeFixture.function(
            "wrapped-node",
            "nodejs22.x",
            "index.handler",
            RuntimeFixture.zip(Map.of("index.js", source, "wrapper", WRAPPER))));
  }

  @Test
  void wrapperStartsJava() throws Exception {
    String file = Adder.class.getName().replace('.', '/') + ".class";
    try (InputStream in = Adder.class.getClassLoader().getResourceAsStream(file)) {
      assertStartedByWrapper(
          RuntimeFixture.function(
              "wrapped-java",
              "java25",
              Adder.class.getName(),
              RuntimeFixture.zipBytes(
                  Map.of(
                      file,
                      in.readAllBytes(),
                      "wrapper",
                      WRAPPER.getBytes(StandardCharsets.UTF_8)))));
    }
  }

  /// A custom runtime is started without the wrapper and without AWS's language folders.
  @Test
  void customRuntimeHasNoWrapper() throws Exception {
    FunctionSpec own =
        RuntimeFixture.withVariables(
            RuntimeFixture.function(
                "own-environment",
                "provided.al2023",
                "bootstrap",
                RuntimeFixture.zip(
                    Map.of(
                        "bootstrap",
                        "#!/bin/sh\n" + SAY + "echo \"added ${ADDED-nothing}\"\nexit 3\n",
                        "wrapper",
                        WRAPPER))),
            Map.of("AWS_LAMBDA_EXEC_WRAPPER", "/var/task/wrapper"));
    assertThat(tail(fixture.invoke(own, "{}")))
        .containsSubsequence(SAID + COMMON + "\n", "added nothing\n", "exit status 3");
  }
}
