package io.carillon.lambda.runtime;

import static io.carillon.lambda.runtime.RuntimeFixture.need;
import static io.carillon.lambda.runtime.RuntimeFixture.python;
import static io.carillon.lambda.runtime.RuntimeFixture.tail;
import static io.carillon.lambda.runtime.RuntimeFixture.text;
import static io.carillon.lambda.runtime.RuntimeFixture.with;
import static io.carillon.lambda.runtime.RuntimeFixture.zip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A failed initialization is repeated once within the invocation. Sources:
/// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html,
/// https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html, and for the order
/// of lines a log from AWS: https://github.com/cargo-lambda/cargo-lambda/issues/572
@Tag("slow")
@Timeout(60)
class FailedInitTest {
  private static final Duration SHORT = Duration.ofSeconds(1);
  private static final String RETURNS_FINE = "def handler(e, c):\n    return 'fine'\n";

  @TempDir Path folder;
  private RuntimeFixture fixture;

  @BeforeEach
  void open() throws IOException {
    fixture = new RuntimeFixture(folder, true, 3);
    need(fixture.runtimes.missingFor("python3.11").isEmpty(), "Python");
  }

  @AfterEach
  void close() {
    await().until(() -> fixture.environments.counts().idle() == census().environments());
    fixture.close();
    assertThat(census()).isEqualTo(new Environments.Counts(0, 0, 0));
  }

  /// Replaces AWS's limit of ten seconds.
  private void shortenInit() throws IOException {
    fixture.close();
    fixture = new RuntimeFixture(folder.resolve("short"), true, 3, SHORT);
  }

  private Environments.Counts census() {
    return fixture.environments.counts();
  }

  private InvocationResult invoke(FunctionSpec function, Invocation invocation) throws Exception {
    return fixture.environments.begin(function, invocation, 1000).await();
  }

  /// The function's log after the invocation's REPORT; numbers and times become `#`.
  private List<String> log(FunctionSpec function) {
    String start = function.logGroup() + " ";
    await().until(() -> fixture.log.stream().anyMatch(l -> l.startsWith(start + "REPORT ")));
    return fixture.log.stream()
        .filter(line -> line.startsWith(start))
        .map(line -> line.substring(start.length()).replaceAll("[0-9-]+T[0-9:.]+Z", "#"))
        .map(line -> line.replaceAll("[0-9.]+ (ms|MB)", "# $1"))
        .filter(line -> !line.startsWith("INIT_START") && !line.startsWith("[carillon]"))
        .toList();
  }

  private static String report(String id, String status) {
    return "REPORT RequestId: "
        + id
        + "\tDuration: # ms\tBilled Duration: # ms\tMemory Size: # MB\tMax Memory Used: # MB\t"
        + status;
  }

  @Test
  void exitDuringInitIsRetriedThenReportedWithTheRequestId() throws Exception {
    FunctionSpec exits = python("exits", "import os\nprint('bye', flush=True)\nos._exit(1)\n");
    Invocation invocation = fixture.invocation(exits, "{}");
    String id = invocation.requestId();

    InvocationResult result = invoke(exits, invocation);

    String error = "RequestId: " + id + " Error: Runtime exited with error: exit status 1";
    assertThat(text(result))
        .isEqualTo("{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"" + error + "\"}");
    String status = "Status: error\tError Type: Runtime.ExitError";
    assertThat(log(exits))
        .containsExactly(
            "bye",
            "INIT_REPORT Init Duration: # ms\tPhase: init\t" + status,
            "bye",
            "INIT_REPORT Init Duration: # ms\tPhase: invoke\t" + status,
            "START RequestId: " + id + " Version: $LATEST",
            error + "\nRuntime.ExitError",
            "END RequestId: " + id,
            report(id, status));
    assertThat(tail(result)).contains("bye\n", "START RequestId: " + id, "REPORT RequestId: " + id);
    assertThat(fixture.log).filteredOn(line -> line.contains("INIT_START")).hasSize(1);
  }

  @Test
  void initErrorOfTheRuntimeIsReturnedUnchanged() throws Exception {
    FunctionSpec broken = python("broken", "import nowhere\n");
    Invocation invocation = fixture.invocation(broken, "{}");
    String id = invocation.requestId();

    InvocationResult result = invoke(broken, invocation);

    assertThat(text(result))
        .startsWith("{\"errorMessage\": \"Unable to import module 'index': No module named")
        .contains("\"errorType\": \"Runtime.ImportModuleError\"");
    String status = "Status: error\tError Type: Runtime.ImportModuleError";
    List<String> lines = log(broken);
    assertThat(lines).filteredOn(line -> line.startsWith("[ERROR] ")).hasSize(2);
    assertThat(lines)
        .filteredOn(line -> line.startsWith("INIT_REPORT"))
        .containsExactly(
            "INIT_REPORT Init Duration: # ms\tPhase: init\t" + status,
            "INIT_REPORT Init Duration: # ms\tPhase: invoke\t" + status);
    assertThat(lines)
        .endsWith(
            "START RequestId: " + id + " Version: $LATEST",
            "END RequestId: " + id,
            report(id, status));
    assertThat(tail(result)).contains("No module named 'nowhere'");
  }

  @Test
  void functionsOwnErrorTypeIsNotReported() {
    EnvironmentFailure own = new EnvironmentFailure.InitFailed(new byte[0], "ReferenceError");
    assertThat(own.status()).isEqualTo("Status: error\tError Type: Runtime.Unknown");
  }

  @Test
  void secondInitializationHasTheFunctionsTimeout() throws Exception {
    shortenInit();
    FunctionSpec sleeps =
        with(python("sleeps", "import time\ntime.sleep(20)\n"), Duration.ofSeconds(1), 128, "1");
    Invocation invocation = fixture.invocation(sleeps, "{}");
    String id = invocation.requestId();
    Instant start = Instant.now();

    InvocationResult result = invoke(sleeps, invocation);

    assertThat(Duration.between(start, Instant.now()))
        .isBetween(SHORT.plusSeconds(1), SHORT.plusSeconds(6));
    String error = "Task timed out after 1.00 seconds";
    assertThat(text(result))
        .isEqualTo(
            "{\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":\"RequestId: %s Error: %s\"}"
                .formatted(id, error));
    assertThat(log(sleeps))
        .containsExactly(
            "INIT_REPORT Init Duration: # ms\tPhase: init\tStatus: timeout",
            "INIT_REPORT Init Duration: # ms\tPhase: invoke\tStatus: timeout",
            "START RequestId: " + id + " Version: $LATEST",
            "# " + id + " " + error,
            "END RequestId: " + id,
            report(id, "Status: timeout"));
  }

  /// The initialization takes longer than the init phase, but less than the function's timeout.
  @Test
  void handlerHasTheTimeLeftByTheSecondInitialization() throws Exception {
    shortenInit();
    FunctionSpec slow =
        python(
            "slow",
            """
            import time
            time.sleep(1.5)
            def handler(e, c):
                left = c.get_remaining_time_in_millis()
                time.sleep(e)
                return left
            """);
    slow = with(slow, Duration.ofSeconds(4), 128, "1");

    InvocationResult result = invoke(slow, fixture.invocation(slow, "0"));

    assertThat(Integer.parseInt(text(result))).isBetween(1, 2_500);
    List<String> lines = log(slow);
    assertThat(lines)
        .first()
        .isEqualTo("INIT_REPORT Init Duration: # ms\tPhase: init\tStatus: timeout");
    assertThat(lines).filteredOn(line -> line.startsWith("INIT_REPORT")).hasSize(1);
    assertThat(lines).last().asString().doesNotContain("Init Duration").doesNotContain("Status");
    assertThat(Integer.parseInt(text(fixture.invoke(slow, "0")))).as("warm").isGreaterThan(3_000);

    FunctionSpec hasty = with(slow, Duration.ofSeconds(2), 128, "2");
    assertThat(text(fixture.invoke(hasty, "1"))).contains("Task timed out after 2.00 seconds");
  }

  @Test
  void concurrentInitFailuresStayWithinLimitsAndAllInvocationsEnd() throws Exception {
    FunctionSpec exits = python("exits", "import os, time\ntime.sleep(0.2)\nos._exit(3)\n");
    for (int round = 0; round < 3; round++) {
      List<String> results = invokeConcurrently(8, exits);
      assertThat(results).filteredOn(text -> text.contains("exit status 3")).hasSize(3);
      assertThat(results).filteredOn("throttled TOTAL"::equals).hasSize(5);
    }
    assertThat(invokeConcurrently(3, python("fine", RETURNS_FINE))).containsOnly("\"fine\"");
  }

  private List<String> invokeConcurrently(int count, FunctionSpec function) throws Exception {
    List<Environments.PendingInvocation> pending = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      pending.add(fixture.environments.begin(function, fixture.invocation(function, "{}"), 1000));
    }
    List<String> results = new ArrayList<>();
    for (Environments.PendingInvocation one : pending) {
      results.add(text(one.await()));
    }
    return results;
  }

  /// Other environments stay, so a wrong count would show: the last invocation would wait for the
  /// busy one.
  @Test
  void queuedInvocationGetsANewEnvironmentAfterAFailure() throws Exception {
    FunctionSpec moody =
        python(
            "moody",
            """
            import os, socket
            if os.environ['AWS_SESSION_TOKEN'] in ('token 2', 'token 3'):
                os._exit(1)
            def handler(port, c):
                if port:
                    socket.create_connection(('127.0.0.1', port)).recv(1)
                return os.environ['AWS_SESSION_TOKEN']
            """);
    try (ServerSocket door = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Invocation waits = fixture.invocation(moody, Integer.toString(door.getLocalPort()));
      Environments.PendingInvocation busy = fixture.environments.begin(moody, waits, 1000);
      try (Socket held = door.accept()) {
        assertThat(text(fixture.invoke(moody, "0"))).contains("exit status 1");
        assertThat(text(fixture.invoke(moody, "0"))).isEqualTo("\"token 4\"");
        held.getOutputStream().write(1);
      }
      assertThat(text(busy.await())).isEqualTo("\"token 1\"");
    }
  }

  @Test
  void outdatedCodeIsNotInitializedAgain() throws Exception {
    shortenInit();
    FunctionSpec hangs = python("changes", "import time\ntime.sleep(20)\n");
    FunctionSpec fine =
        with(python("changes", RETURNS_FINE), hangs.timeout(), hangs.memoryMb(), "2");
    List<Environments.PendingInvocation> waiting = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      waiting.add(fixture.environments.begin(hangs, fixture.invocation(hangs, "{}"), 1000));
    }

    assertThat(text(fixture.invoke(fine, "{}"))).isEqualTo("throttled TOTAL");

    for (Environments.PendingInvocation old : waiting) {
      assertThat(text(old.await())).isEqualTo("\"fine\"");
    }
  }

  @Test
  void failedSecondStartIsNotAFunctionError() throws Exception {
    fixture.maxSessions = 1;
    FunctionSpec exits = python("exits", "import os\nos._exit(1)\n");
    assertThat(text(fixture.invoke(exits, "{}")))
        .isEqualTo("unavailable No environment could be started: No more sessions");
    assertThat(census().environments()).isZero();

    fixture.maxSessions = Integer.MAX_VALUE;
    assertThat(text(fixture.invoke(exits, "{}"))).contains("exit status 1");
  }

  @Test
  void noInitializationIsRetriedDuringShutdown() throws Exception {
    FunctionSpec hangs = python("hangs", "import time\ntime.sleep(20)\n");
    Environments.PendingInvocation pending =
        fixture.environments.begin(hangs, fixture.invocation(hangs, "{}"), 1000);
    await().until(() -> fixture.sessions.get() == 1);

    fixture.environments.close();

    assertThat(text(pending.await())).isEqualTo("unavailable The server is shutting down");
  }

  @Test
  void secondInitializationHasItsOwnLogAllowance() throws Exception {
    FunctionSpec prints =
        python(
            "prints",
            """
            import os
            print('x' * 50_000 + ' kept', flush=True)
            print('x' * 50_000 + ' cut', flush=True)
            os._exit(1)
            """);
    var _ = fixture.invoke(prints, "{}");
    assertThat(log(prints)).filteredOn(line -> line.endsWith(" kept")).hasSize(2);
    assertThat(fixture.log).filteredOn(line -> line.contains(" bytes were dropped.")).hasSize(2);
  }

  @Test
  void packageWithoutBootstrapIsAnInvalidEntrypoint() throws Exception {
    FunctionSpec none =
        RuntimeFixture.function(
            "none", "provided.al2023", "x.y", zip(Map.of("bin/bootstrap", "hello")));
    Invocation invocation = fixture.invocation(none, "{}");
    String id = invocation.requestId();

    InvocationResult result = invoke(none, invocation);

    String error =
        "RequestId: "
            + id
            + " Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]";
    assertThat(text(result))
        .isEqualTo(
            "{\"errorType\":\"Runtime.InvalidEntrypoint\",\"errorMessage\":\"" + error + "\"}");
    String status = "Status: error\tError Type: Runtime.InvalidEntrypoint";
    assertThat(log(none))
        .containsExactly(
            "INIT_REPORT Init Duration: # ms\tPhase: init\t" + status,
            "INIT_REPORT Init Duration: # ms\tPhase: invoke\t" + status,
            "START RequestId: " + id + " Version: $LATEST",
            error + "\nRuntime.InvalidEntrypoint",
            "END RequestId: " + id,
            report(id, status));
  }
}
