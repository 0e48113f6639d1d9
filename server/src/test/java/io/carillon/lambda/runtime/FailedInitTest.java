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

/// An initialization that fails is run once more, as part of the invocation. Sources:
/// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html,
/// https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html, and for the order
/// of lines a log from AWS: https://github.com/cargo-lambda/cargo-lambda/issues/572
@Tag("slow")
@Timeout(60)
class FailedInitTest {
  private static final Duration SHORT = Duration.ofSeconds(1);
  private static final String ANSWERS = "def handler(e, c):\n    return 'fine'\n";

  @TempDir Path folder;
  private RuntimeFixture shop;

  @BeforeEach
  void open() throws IOException {
    shop = new RuntimeFixture(folder, true, 3);
    need(shop.runtimes.missingFor("python3.11").isEmpty(), "Python");
  }

  @AfterEach
  void close() {
    await().until(() -> shop.environments.census().idle() == census().environments());
    shop.close();
    assertThat(census()).isEqualTo(new Environments.Census(0, 0, 0));
  }

  /// So that nobody waits for the ten seconds of AWS.
  private void shortenInit() throws IOException {
    shop.close();
    shop = new RuntimeFixture(folder.resolve("short"), true, 3, SHORT);
  }

  private Environments.Census census() {
    return shop.environments.census();
  }

  private InvocationResult invoke(FunctionSpec function, Invocation invocation) throws Exception {
    return shop.environments.begin(function, invocation, 1000).await();
  }

  /// What the function's log holds once the invocation is reported; numbers and times become `#`.
  private List<String> log(FunctionSpec function) {
    String start = function.logGroup() + " ";
    await().until(() -> shop.log.stream().anyMatch(l -> l.startsWith(start + "REPORT ")));
    return shop.log.stream()
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
  void anExitIsTriedAgainAndThenToldWithTheRequestId() throws Exception {
    FunctionSpec exits = python("exits", "import os\nprint('bye', flush=True)\nos._exit(1)\n");
    Invocation invocation = shop.invocation(exits, "{}");
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
    assertThat(shop.log).filteredOn(line -> line.contains("INIT_START")).hasSize(1);
  }

  @Test
  void whatTheRuntimeSaysOfItsFailureIsPassedOnAsItIs() throws Exception {
    FunctionSpec broken = python("broken", "import nowhere\n");
    Invocation invocation = shop.invocation(broken, "{}");
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
  void aTypeOfTheFunctionsOwnIsNotReported() {
    EnvironmentFailure own = new EnvironmentFailure.NotLoaded(new byte[0], "ReferenceError");
    assertThat(own.status()).isEqualTo("Status: error\tError Type: Runtime.Unknown");
  }

  @Test
  void theSecondInitializationHasTheFunctionsTime() throws Exception {
    shortenInit();
    FunctionSpec sleeps =
        with(python("sleeps", "import time\ntime.sleep(20)\n"), Duration.ofSeconds(1), 128, "1");
    Invocation invocation = shop.invocation(sleeps, "{}");
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

  /// Takes longer than the init phase has, and less than the function has.
  @Test
  void whatTheSecondInitializationLeavesOfTheTimeIsTheHandlers() throws Exception {
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

    InvocationResult result = invoke(slow, shop.invocation(slow, "0"));

    assertThat(Integer.parseInt(text(result))).isBetween(1, 2_500);
    List<String> lines = log(slow);
    assertThat(lines)
        .first()
        .isEqualTo("INIT_REPORT Init Duration: # ms\tPhase: init\tStatus: timeout");
    assertThat(lines).filteredOn(line -> line.startsWith("INIT_REPORT")).hasSize(1);
    assertThat(lines).last().asString().doesNotContain("Init Duration").doesNotContain("Status");
    assertThat(Integer.parseInt(text(shop.invoke(slow, "0")))).as("warm").isGreaterThan(3_000);

    FunctionSpec hasty = with(slow, Duration.ofSeconds(2), 128, "2");
    assertThat(text(shop.invoke(hasty, "1"))).contains("Task timed out after 2.00 seconds");
  }

  @Test
  void manyThatFailTogetherStayInTheirRoomAndNobodyIsForgotten() throws Exception {
    FunctionSpec exits = python("exits", "import os, time\ntime.sleep(0.2)\nos._exit(3)\n");
    for (int round = 0; round < 3; round++) {
      List<String> results = together(8, exits);
      assertThat(results).filteredOn(text -> text.contains("exit status 3")).hasSize(3);
      assertThat(results).filteredOn("throttled TOTAL"::equals).hasSize(5);
    }
    assertThat(together(3, python("fine", ANSWERS))).containsOnly("\"fine\"");
  }

  private List<String> together(int count, FunctionSpec function) throws Exception {
    List<Environments.Begun> begun = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      begun.add(shop.environments.begin(function, shop.invocation(function, "{}"), 1000));
    }
    List<String> results = new ArrayList<>();
    for (Environments.Begun one : begun) {
      results.add(text(one.await()));
    }
    return results;
  }

  /// Others live on, so what is counted wrong stays wrong: the last would wait for the busy one.
  @Test
  void afterAFailureThereIsAStartForTheNext() throws Exception {
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
      Invocation waits = shop.invocation(moody, Integer.toString(door.getLocalPort()));
      Environments.Begun busy = shop.environments.begin(moody, waits, 1000);
      try (Socket held = door.accept()) {
        assertThat(text(shop.invoke(moody, "0"))).contains("exit status 1");
        assertThat(text(shop.invoke(moody, "0"))).isEqualTo("\"token 4\"");
        held.getOutputStream().write(1);
      }
      assertThat(text(busy.await())).isEqualTo("\"token 1\"");
    }
  }

  @Test
  void codeThatHasBeenReplacedIsNotTriedAgain() throws Exception {
    shortenInit();
    FunctionSpec hangs = python("changes", "import time\ntime.sleep(20)\n");
    FunctionSpec fine = with(python("changes", ANSWERS), hangs.timeout(), hangs.memoryMb(), "2");
    List<Environments.Begun> waiting = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      waiting.add(shop.environments.begin(hangs, shop.invocation(hangs, "{}"), 1000));
    }

    assertThat(text(shop.invoke(fine, "{}"))).isEqualTo("throttled TOTAL");

    for (Environments.Begun old : waiting) {
      assertThat(text(old.await())).isEqualTo("\"fine\"");
    }
  }

  @Test
  void whereTheSecondCannotBeStartedItIsNotTheFunctionsFault() throws Exception {
    shop.mostSessions = 1;
    FunctionSpec exits = python("exits", "import os\nos._exit(1)\n");
    assertThat(text(shop.invoke(exits, "{}")))
        .isEqualTo("unavailable No environment could be started: No more sessions");
    assertThat(census().environments()).isZero();

    shop.mostSessions = Integer.MAX_VALUE;
    assertThat(text(shop.invoke(exits, "{}"))).contains("exit status 1");
  }

  @Test
  void aServerThatGoesDownTriesNothingAgain() throws Exception {
    FunctionSpec hangs = python("hangs", "import time\ntime.sleep(20)\n");
    Environments.Begun begun = shop.environments.begin(hangs, shop.invocation(hangs, "{}"), 1000);
    await().until(() -> shop.sessions.get() == 1);

    shop.environments.close();

    assertThat(text(begun.await())).isEqualTo("unavailable The server is going down");
  }

  @Test
  void theSecondInitializationMayPrintAsMuchAsTheFirst() throws Exception {
    FunctionSpec prints =
        python(
            "prints",
            """
            import os
            print('x' * 50_000 + ' kept', flush=True)
            print('x' * 50_000 + ' cut', flush=True)
            os._exit(1)
            """);
    var _ = shop.invoke(prints, "{}");
    assertThat(log(prints)).filteredOn(line -> line.endsWith(" kept")).hasSize(2);
    assertThat(shop.log).filteredOn(line -> line.contains(" bytes were dropped.")).hasSize(2);
  }

  @Test
  void aPackageWithoutABootstrapIsAnInvalidEntrypoint() throws Exception {
    FunctionSpec none =
        RuntimeFixture.function(
            "none", "provided.al2023", "x.y", zip(Map.of("bin/bootstrap", "hello")));
    Invocation invocation = shop.invocation(none, "{}");
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
