package io.carillon.lambda.runtime;

import static io.carillon.lambda.runtime.RuntimeFixture.need;
import static io.carillon.lambda.runtime.RuntimeFixture.python;
import static io.carillon.lambda.runtime.RuntimeFixture.tail;
import static io.carillon.lambda.runtime.RuntimeFixture.text;
import static io.carillon.lambda.runtime.RuntimeFixture.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carillon.lambda.runtime.Environments.PendingInvocation;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Functions that crash, hang, flood the log, fork or use too much memory affect no other function
/// and leave nothing behind.
@Tag("slow")
class HostileFunctionTest {
  @TempDir Path folder;
  private RuntimeFixture fixture;

  @BeforeEach
  void open() throws IOException {
    fixture = new RuntimeFixture(folder);
    need(fixture.executor.isolates(), "bubblewrap");
    need(fixture.runtimes.missingFor("python3.11").isEmpty(), "Python");
  }

  @AfterEach
  void close() {
    fixture.close();
    assertThat(functionProcesses()).isZero();
  }

  /// Processes with user ids of functions, and bwrap processes below this one.
  private static long functionProcesses() {
    return ProcessHandle.current()
        .descendants()
        .filter(
            p ->
                p.info()
                    .command()
                    .filter(c -> c.contains("bwrap") || c.contains("python"))
                    .isPresent())
        .count();
  }

  private FunctionSpec good() throws IOException {
    return python("good", "def handler(e, c):\n    return 'fine'\n");
  }

  /// Runs a hostile function and, concurrently, a good one, which must not fail.
  private InvocationResult runBesideAGoodFunction(FunctionSpec bad) throws Exception {
    assertThat(text(fixture.invoke(good(), "{}"))).isEqualTo("\"fine\"");
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<InvocationResult> result = threads.submit(() -> fixture.invoke(bad, "{}"));
      do {
        assertThat(text(fixture.invoke(good(), "{}"))).isEqualTo("\"fine\"");
      } while (!result.isDone());
      return result.get();
    }
  }

  private void assertGone() {
    await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> { // the only environment is idle: the good one
              Environments.Counts census = fixture.environments.counts();
              return census.environments() == census.idle();
            });
  }

  @Test
  void hangingFunctionIsEndedByItsTimeout() throws Exception {
    FunctionSpec hangs =
        python(
            "hangs", "import time\ndef handler(e, c):\n    print('waiting')\n    time.sleep(60)\n");
    InvocationResult result = runBesideAGoodFunction(with(hangs, Duration.ofSeconds(1), 128, "1"));
    assertThat(text(result))
        .contains("Sandbox.Timedout")
        .contains("Task timed out after 1.00 seconds");
    assertThat(tail(result))
        .contains("waiting\n", "Task timed out after 1.00 seconds")
        .endsWith("\tStatus: timeout\n");
    assertGone();
  }

  @Test
  void exitIsReportedWithItsStatus() throws Exception {
    FunctionSpec exits =
        python(
            "exits",
            "import os\ndef handler(e, c):\n    print('bye')\n    os._exit(e.get('status', 1))\n");
    InvocationResult result = fixture.invoke(exits, "{}");
    assertThat(text(result))
        .contains("\"errorType\":\"Runtime.ExitError\"")
        .contains("Error: Runtime exited with error: exit status 1");
    assertThat(tail(result)).endsWith("\tStatus: error\tError Type: Runtime.ExitError\n");
    assertThat(text(fixture.invoke(exits, "{\"status\":0}")))
        .contains("Runtime exited without providing a reason");
    FunctionSpec killed =
        python("killed", "import os\ndef handler(e, c):\n    os.kill(os.getpid(), 11)\n");
    assertThat(text(fixture.invoke(killed, "{}"))).contains("signal: segmentation fault");
  }

  @Test
  void functionBeyondItsMemorySizeIsKilled() throws Exception {
    FunctionSpec eats =
        python(
            "eats",
            """
            def handler(e, c):
                hoard = []
                while True:
                    hoard.append(bytearray(8 << 20))
            """);
    InvocationResult result = runBesideAGoodFunction(eats);
    assertThat(text(result)).contains("Runtime.ExitError").contains("signal: killed");
    assertGone();
  }

  @Test
  void filesInTmpDoNotCountAsMemoryButAreLimited() throws Exception {
    FunctionSpec writes =
        python(
            "writes",
            """
            def handler(e, c):
                chunk = b'x' * (1 << 20)
                with open('/tmp/big', 'wb') as f:
                    for i in range(200): f.write(chunk)
                    f.flush()
                    try:
                        for i in range(400): f.write(chunk)
                    except OSError as error:
                        return error.strerror
            """);
    assertThat(text(fixture.invoke(writes, "{}"))).isEqualTo("\"No space left on device\"");
  }

  @Test
  void forkBombStaysWithinLimitsAndLeavesNoProcess() throws Exception {
    FunctionSpec forks =
        python(
            "forks",
            """
            import os, time
            def handler(e, c):
                while True:
                    try:
                        if os.fork() == 0: time.sleep(60); os._exit(0)
                    except OSError:
                        time.sleep(60)
            """);
    InvocationResult result = runBesideAGoodFunction(with(forks, Duration.ofSeconds(2), 512, "1"));
    assertThat(text(result)).containsAnyOf("Sandbox.Timedout", "Runtime.ExitError");
    assertGone();
  }

  @Test
  void excessiveLogOutputIsDroppedAndReported() throws Exception {
    FunctionSpec floods =
        python(
            "floods",
            """
            def handler(e, c):
                for i in range(20000): print('x' * 1000)
                return 'done'
            """);
    InvocationResult result = runBesideAGoodFunction(floods);
    assertThat(text(result)).isEqualTo("\"done\"");
    assertThat(tail(result)).contains("exceeded 65536 bytes").contains("REPORT RequestId");
    await()
        .until(() -> fixture.log.stream().anyMatch(l -> l.startsWith("/aws/lambda/floods REPORT")));
    long kept =
        fixture.log.stream()
            .filter(l -> l.startsWith("/aws/lambda/floods x"))
            .mapToInt(String::length)
            .sum();
    assertThat(kept).isBetween(40_000L, 80_000L);
  }

  @Test
  void oversizedResponseIsRefused() throws Exception {
    FunctionSpec large = python("large", "def handler(e, c):\n    return 'x' * e\n");
    assertThat(text(fixture.invoke(large, "7000000"))).contains("Function.ResponseSizeTooLarge");
    assertThat(text(fixture.invoke(large, "6000000"))).hasSize(6_000_002);
  }

  @Test
  void functionCannotReadForeignFiles() throws Exception {
    Path secret = Files.writeString(folder.resolve("secret"), "server's");
    assertThat(text(fixture.invoke(good(), "{}"))).isEqualTo("\"fine\"");
    FunctionSpec spies =
        python(
            "spies",
            """
            import os
            def attempt(what):
                try: return str(what())
                except OSError as e: return type(e).__name__
            def handler(path, c):
                return {
                  'secret': attempt(lambda: open(path).read()),
                  'data': attempt(lambda: os.listdir(os.path.dirname(path))),
                  'shadow': attempt(lambda: open('/etc/shadow').read()),
                  'root': attempt(lambda: os.listdir('/root/.ssh')),
                  'home': attempt(lambda: os.listdir('/work')),
                  'code': attempt(lambda: open('/var/task/new', 'w')),
                  'system': attempt(lambda: open('/new', 'w')),
                  'others': sum(1 for p in os.listdir('/proc') if p.isdigit()) < 6,
                  'parent': 'ASIAgood' in attempt(lambda: open('/proc/1/environ').read()),
                  'user': os.getuid() != 0,
                  'privileges': 'Error' not in attempt(lambda: os.setuid(0)),
                  'variables': [v for v in os.environ.values() if 'ASIAgood' in v],
                }
            """);
    assertThat(text(fixture.invoke(spies, "\"" + secret + "\"")))
        .isEqualTo(
            "{\"secret\": \"FileNotFoundError\", \"data\": \"FileNotFoundError\", \"shadow\":"
                + " \"FileNotFoundError\", \"root\": \"FileNotFoundError\", \"home\":"
                + " \"FileNotFoundError\", \"code\": \"OSError\", \"system\": \"OSError\","
                + " \"others\": true, \"parent\": false, \"user\": true,"
                + " \"privileges\": false, \"variables\": []}");
  }

  @Test
  void functionVariablesAffectOnlyTheFunction() throws Exception {
    FunctionSpec preloads =
        RuntimeFixture.withVariables(
            python("preloads", "import os\ndef handler(e, c): return dict(os.environ)\n"),
            Map.of("LD_PRELOAD", "/no/such.so", "QUOTES", "it's \"a\" $HOME `id` \\ \n end\n"));
    JsonNode inside = new ObjectMapper().readTree(text(fixture.invoke(preloads, "{}")));
    assertThat(inside.path("LD_PRELOAD").asText()).isEqualTo("/no/such.so");
    assertThat(inside.path("QUOTES").asText()).isEqualTo("it's \"a\" $HOME `id` \\ \n end\n");
    assertThat(inside.has("FUNCTION_VARIABLES")).isFalse();
    await().until(() -> fixture.log.stream().anyMatch(l -> l.contains("REPORT RequestId")));
    assertThat(fixture.log.stream().filter(l -> l.contains("/no/such.so")))
        .as("programs that tried to load the function's LD_PRELOAD")
        .hasSize(1);
  }

  /// System call numbers on x86-64 and ARM.
  @Test
  void seccompFilterRefusesUnneededSystemCalls() throws Exception {
    FunctionSpec asks =
        python(
            "asks",
            """
            import ctypes, os, platform
            libc = ctypes.CDLL(None, use_errno=True)
            def call(x86, arm, *arguments):
                number = arm if platform.machine() == 'aarch64' else x86
                done = libc.syscall(number, *arguments)
                return 'done' if done >= 0 else os.strerror(ctypes.get_errno())
            def handler(e, c):
                return {
                  'control': call(39, 172),
                  'user namespace': call(272, 97, 0x10000000),
                  'child in one': call(56, 220, 0x10000000 | 17, 0, 0, 0, 0),
                  'key ring': call(250, 219, 0, -3, 0),
                  'io_uring': call(425, 425, 1, 0),
                }
            """);
    assertThat(text(fixture.invoke(asks, "{}")))
        .isEqualTo(
            "{\"control\": \"done\", \"user namespace\": \"Operation not permitted\","
                + " \"child in one\": \"Operation not permitted\", \"key ring\": \"Operation not"
                + " permitted\", \"io_uring\": \"Operation not permitted\"}");
  }

  @Test
  void idleEnvironmentIsFrozenUntilTheNextEvent() throws Exception {
    FunctionSpec counts =
        python(
            "counts",
            """
            import subprocess, threading, time
            ticks = 0
            def tick():
                global ticks
                while True:
                    ticks += 1
                    time.sleep(0.01)
            threading.Thread(target=tick, daemon=True).start()
            child = subprocess.Popen(['/bin/sh', '-c', 'while :; do sleep 0.05; done'])
            def handler(e, c):
                return ticks
            """);
    int before = Integer.parseInt(text(fixture.invoke(counts, "{}")));
    await().until(() -> functionStates().stream().allMatch("T"::equals));
    Thread.sleep(1_000); // the time in which it would go on; nothing to wait for if it does not
    assertThat(functionStates()).isNotEmpty().containsOnly("T");
    int after = Integer.parseInt(text(fixture.invoke(counts, "{}")));
    assertThat(after).as("the same process").isGreaterThanOrEqualTo(before);
    await().until(() -> functionStates().stream().allMatch("T"::equals));
    fixture.environments.retire(counts.arn()); // a stopped one can be ended
    await().until(() -> functionProcesses() == 0);
  }

  /// States as in `/proc`: `T` is stopped.
  private static List<String> functionStates() {
    return ProcessHandle.current().descendants().flatMap(p -> stateOf(p.pid()).stream()).toList();
  }

  private static Optional<String> stateOf(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return Optional.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[0]);
    } catch (IOException e) {
      return Optional.empty(); // it has ended
    }
  }

  @Test
  void functionCannotUseAnotherEnvironmentsRuntimeApi() throws Exception {
    FunctionSpec speaks =
        python(
            "speaks",
            """
            import os, urllib.request, urllib.error
            def status(url, data=None):
                try: return urllib.request.urlopen(url, data, timeout=2).status
                except urllib.error.HTTPError as e: return e.code
            def handler(e, c):
                host, secret = os.environ['AWS_LAMBDA_RUNTIME_API'].split('/')
                other = '0' * len(secret)
                return [status('http://%s/2018-06-01/runtime/invocation/next' % host),
                        status('http://%s/%s/2018-06-01/runtime/invocation/next' % (host, other)),
                        status('http://%s/%s/2018-06-01/runtime/invocation/other-id/response' % (host, secret), b'{}'),
                        status('http://%s/%s/2018-06-01/runtime/invocation/next' % (host, secret))]
            """);
    assertThat(text(fixture.invoke(speaks, "{}"))).isEqualTo("[404, 403, 400, 410]");
  }

  @Test
  void concurrentInvocationsHaveOneEnvironmentEachUpToTheLimit() throws Exception {
    fixture.close();
    fixture = new RuntimeFixture(folder.resolve("few"), true, 3);
    try (ServerSocket gate = new ServerSocket(0, 3, InetAddress.getLoopbackAddress())) {
      FunctionSpec waits =
          python(
              "waits",
              """
              import socket
              def handler(port, c):
                  socket.create_connection(('127.0.0.1', port)).recv(1)
                  return 1
              """);
      List<PendingInvocation> pending = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        Invocation one = fixture.invocation(waits, Integer.toString(gate.getLocalPort()));
        pending.add(fixture.environments.begin(waits, one, 1000));
      }
      try (Socket _ = gate.accept();
          Socket _ = gate.accept();
          Socket _ = gate.accept()) {
        assertThat(fixture.environments.counts().environments()).isEqualTo(3);
      }
      List<String> results = new ArrayList<>();
      for (PendingInvocation one : pending) {
        results.add(text(one.await()));
      }
      assertThat(results).filteredOn("1"::equals).hasSize(3);
      assertThat(results).filteredOn("throttled TOTAL"::equals).hasSize(3);
    }
    assertThat(fixture.environments.counts().environments()).isEqualTo(3);
    assertThat(text(fixture.invoke(good(), "{}")))
        .as("an idle one is evicted")
        .isEqualTo("\"fine\"");
    assertThat(fixture.environments.counts().environments()).isEqualTo(3);
  }

  @Test
  void idleEnvironmentsWithOutdatedCodeAreEvicted() throws Exception {
    fixture.close();
    fixture = new RuntimeFixture(folder.resolve("one"), true, 1);
    assertThat(text(fixture.invoke(good(), "{}"))).isEqualTo("\"fine\"");
    FunctionSpec next = with(good(), Duration.ofSeconds(10), 128, "2");
    assertThat(text(fixture.invoke(next, "{}"))).isEqualTo("\"fine\"");
    assertGone();
    assertThat(fixture.environments.counts()).isEqualTo(new Environments.Counts(1, 1, 128));
  }

  @Test
  void environmentWithExpiringCredentialsIsReplaced() throws Exception {
    assertThat(text(fixture.invoke(good(), "{}"))).isEqualTo("\"fine\"");
    assertThat(text(fixture.invoke(good(), "{}"))).isEqualTo("\"fine\"");
    assertThat(fixture.sessions).hasValue(1);
    fixture.credentialsExpire = Instant.now().plusSeconds(30);
    FunctionSpec next = with(good(), Duration.ofSeconds(10), 128, "2");
    assertThat(text(fixture.invoke(next, "{}"))).isEqualTo("\"fine\"");
    assertThat(fixture.sessions).hasValue(2);
    await().until(() -> fixture.environments.counts().environments() == 0);
    assertThat(text(fixture.invoke(next, "{}"))).isEqualTo("\"fine\"");
    assertThat(fixture.sessions).hasValue(3);
  }
}
