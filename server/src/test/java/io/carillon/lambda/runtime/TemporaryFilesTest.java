package io.carillon.lambda.runtime;

import static io.carillon.lambda.runtime.RuntimeFixture.need;
import static io.carillon.lambda.runtime.RuntimeFixture.python;
import static io.carillon.lambda.runtime.RuntimeFixture.text;
import static io.carillon.lambda.runtime.RuntimeFixture.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Files in `/tmp` are in this machine's memory, and count as such.
@Tag("slow")
class TemporaryFilesTest {
  private static final int ALL_MB = 400;

  @TempDir Path folder;
  private RuntimeFixture fixture;

  @BeforeEach
  void open() throws IOException {
    fixture = new RuntimeFixture(folder, ALL_MB);
    need(fixture.executor.isolates(), "bubblewrap");
    need(fixture.runtimes.missingFor("python3.11").isEmpty(), "Python");
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  /// Writes as many megabytes as the event says, then sleeps as long as the event says.
  private static FunctionSpec fillTmp(String name) throws IOException {
    FunctionSpec function =
        python(
            name,
            """
            import time
            def handler(e, c):
                done = 0
                try:
                    with open('/tmp/full', 'wb', buffering=0) as f:
                        while done < e['mb']:
                            f.write(b'x' * (1 << 20))
                            done += 1
                except OSError as error:
                    done = [done, error.strerror]
                print('written', done)
                time.sleep(e.get('stay', 0))
                return done
            """);
    return with(function, Duration.ofMinutes(2), 128, "1");
  }

  @Test
  void tmpOfOneEnvironmentIsWithinTheTotalLimit() throws Exception {
    FunctionSpec greedy = fillTmp("greedy"); // by its configuration it has 512 MB
    assertThat(text(fixture.invoke(greedy, "{\"mb\": 5000}")))
        .isEqualTo("[272, \"No space left on device\"]");
    await()
        .until(
            () -> fixture.log.stream().anyMatch(line -> line.contains("/tmp holds 272 MB here")));
  }

  @Test
  void idleEnvironmentWithAFullTmpIsEvicted() throws Exception {
    FunctionSpec first = fillTmp("first");
    assertThat(text(fixture.invoke(first, "{\"mb\": 200}"))).isEqualTo("200");
    await().until(() -> fixture.environments.counts().idle() == 1);
    await().until(() -> temporaryMb() >= 200);
    assertThat(bwraps().mapToLong(one -> ProcessTree.temporaryBytes(one, 272 << 20)).sum() >> 20)
        .as("without control groups")
        .isEqualTo(200);
    assertThat(bwraps().mapToLong(one -> ProcessTree.temporaryBytes(one, 512 << 20)).sum())
        .as("not the sandbox's files")
        .isZero();
    assertThat(text(fixture.invoke(fillTmp("second"), "{\"mb\": 1}"))).isEqualTo("1");
    assertThat(fixture.environments.counts().environments()).isEqualTo(1);
  }

  private static Stream<ProcessHandle> bwraps() {
    return ProcessHandle.current()
        .children()
        .filter(child -> child.info().command().filter(c -> c.endsWith("bwrap")).isPresent());
  }

  private long temporaryMb() {
    return fixture.executor.usage().temporaryBytes() >> 20;
  }

  @Test
  void busyEnvironmentWithTheLargestTmpIsEndedWithTheReason() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<InvocationResult> modest =
          threads.submit(() -> fixture.invoke(fillTmp("modest"), "{\"mb\": 130, \"stay\": 100}"));
      await().atMost(Duration.ofMinutes(1)).until(() -> temporaryMb() >= 130);
      String greedy = text(fixture.invoke(fillTmp("greedy"), "{\"mb\": 272, \"stay\": 100}"));
      assertThat(greedy)
          .contains("Runtime.ExitError", "signal: killed (its /tmp held 2")
          .contains("more than the 400 MB of --function-memory-mb");
      await().until(() -> fixture.environments.counts().environments() == 1);
      assertThat(modest.isDone()).isFalse();
      fixture.environments.close();
      assertThat(text(modest.get())).contains("signal: killed");
    }
  }
}
