package io.carillon.lambda.runtime;

import static io.carillon.lambda.runtime.RuntimeFixture.need;
import static io.carillon.lambda.runtime.RuntimeFixture.python;
import static io.carillon.lambda.runtime.RuntimeFixture.text;
import static io.carillon.lambda.runtime.RuntimeFixture.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Machines without bubblewrap run functions, too, and report the consequences.
@Tag("slow")
class UnsandboxedFunctionTest {
  @TempDir static Path folder;
  private static RuntimeFixture fixture;

  @BeforeAll
  static void open() throws IOException {
    fixture = new RuntimeFixture(folder, false, 5);
    need(fixture.runtimes.missingFor("python3.11").isEmpty(), "Python");
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  @Test
  void missingSandboxIsReported() {
    assertThat(fixture.executor.isolates()).isFalse();
    assertThat(fixture.executor.describe()).contains("NOT SANDBOXED").contains("bubblewrap");
  }

  @Test
  void functionsRunInTheirCodeFolder() throws Exception {
    FunctionSpec function =
        python(
            "plain",
            "import os\ndef handler(e, c): return os.getcwd() == os.environ['LAMBDA_TASK_ROOT']\n");
    assertThat(text(fixture.invoke(function, "{}"))).isEqualTo("true");
  }

  @Test
  void functionsAreNeverRootAndCannotReadRootsFiles() throws Exception {
    FunctionSpec function =
        python(
            "who",
            """
            import os
            def handler(path, c):
                try: read = open(path).read()
                except PermissionError: read = 'no'
                privileges = [l.split()[1] for l in open('/proc/self/status') if l[:3] == 'Cap']
                return os.getuid(), os.getgid(), os.getgroups(), privileges, read
            """);
    Path secret = Files.writeString(folder.resolve("secret"), "server's");
    String answer = text(fixture.invoke(function, "\"" + secret + "\""));
    Machine here = Machine.here();
    if (here.isRoot()) {
      String none = "\"0000000000000000\"";
      assertThat(answer)
          .matches(
              "\\[(5[89]\\d{3}), \\1, \\[(\\1)?\\], \\["
                  + (none + ", ").repeat(4)
                  + none
                  + "\\], \"no\"\\]");
    } else {
      assertThat(answer).startsWith("[" + here.uid() + ", ");
    }
  }

  @Test
  void hangingFunctionAndItsChildrenAreKilled() throws Exception {
    FunctionSpec hangs =
        python(
            "hangs", "import subprocess\ndef handler(e, c): subprocess.run(['sleep', '471.1'])\n");
    assertThat(text(fixture.invoke(with(hangs, Duration.ofSeconds(1), 128, "1"), "{}")))
        .contains("Sandbox.Timedout");
    await()
        .until(
            () ->
                ProcessHandle.allProcesses()
                    .noneMatch(
                        p -> p.info().commandLine().filter(c -> c.contains("471.1")).isPresent()));
  }

  @Test
  void memoryOfAProcessTreeIsMeasured() {
    assertThat(ProcessTree.residentBytes(ProcessHandle.current())).isGreaterThan(10 << 20);
  }
}
