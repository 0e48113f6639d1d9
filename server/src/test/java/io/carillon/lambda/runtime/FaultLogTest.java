package io.carillon.lambda.runtime;

import static io.carillon.lambda.runtime.RuntimeFixture.tail;
import static io.carillon.lambda.runtime.RuntimeFixture.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import io.carillon.lambda.DeploymentPackage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The log of each kind of error, between START and END of the failed invocation. Sources:
/// https://docs.aws.amazon.com/lambda/latest/dg/java-exceptions.html, `python-exceptions.html` and
/// `nodejs-exceptions.html`; the texts are those of AWS's runtimes.
@Tag("slow")
class FaultLogTest {
  @TempDir static Path folder;
  private static RuntimeFixture fixture;
  private static FunctionSpec.Code java;

  /// Fails as the event requests.
  public static final class Thrower implements RequestHandler<Map<String, String>, String> {
    @Override
    public String handleRequest(Map<String, String> event, Context context) {
      switch (event.getOrDefault("do", "")) {
        case "throw" ->
            throw new IllegalStateException(
                "boom", new IOException("a cause", new IllegalArgumentException("the root")));
        case "error" -> throw new AssertionError("no such luck");
        case "recursion" -> {
          return deeper(0) + "";
        }
        case "exit" -> System.exit(3);
        default -> throw new IllegalArgumentException(event.get("do"));
      }
      return "";
    }

    @SuppressWarnings("InfiniteRecursion") // that is the fault
    private int deeper(int level) {
      return deeper(level + 1) + 1;
    }
  }

  /// Its constructor throws.
  public static final class CannotBeCreated implements RequestHandler<String, String> {
    public CannotBeCreated() {
      throw new IllegalArgumentException("not to be made");
    }

    @Override
    public String handleRequest(String event, Context context) {
      return event;
    }
  }

  /// Cannot be loaded, except by the engines that look for tests.
  public static final class Unloadable implements RequestHandler<String, String> {
    private static final int NUMBER =
        Integer.parseInt(System.getenv("COLOUR") == null ? "1" : "not a number");

    @Override
    public String handleRequest(String event, Context context) {
      return event + NUMBER;
    }
  }

  /// Handles nothing.
  public static final class NoHandler {}

  @BeforeAll
  static void open() throws IOException {
    fixture = new RuntimeFixture(folder);
    java =
        RuntimeFixture.code(
            DeploymentPackage.of(
                Thrower.class, CannotBeCreated.class, Unloadable.class, NoHandler.class));
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  private static FunctionSpec java(String name, String handler) {
    FunctionSpec function = RuntimeFixture.function(name, "java25", handler, java);
    return RuntimeFixture.with(function, Duration.ofSeconds(60), 256, "1");
  }

  private static String eventFor(String what) {
    return "{\"do\":\"" + what + "\"}";
  }

  /// A function's log as one text.
  private static String log(FunctionSpec function) {
    return String.join(
        "\n",
        fixture.log.stream().filter(line -> line.startsWith(function.logGroup() + " ")).toList());
  }

  /// Lines reach the sink after the response.
  private static void awaitLog(FunctionSpec function, String part) {
    await().atMost(Duration.ofSeconds(60)).until(() -> log(function).contains(part));
  }

  private static int count(String text, String part) {
    return text.split(Pattern.quote(part), -1).length - 1;
  }

  @Test
  void javaExceptionIsLoggedInItsInvocationWithTraceAndCauses() throws Exception {
    FunctionSpec thrower = java("thrower", Thrower.class.getName());
    InvocationResult thrown = fixture.invoke(thrower, eventFor("throw"));
    assertThat(text(thrown)).contains("\"errorMessage\":\"boom\"");
    assertThat(tail(thrown))
        .containsSubsequence(
            "START RequestId: ",
            "boom: java.lang.IllegalStateException\n",
            "java.lang.IllegalStateException: boom\n",
            "\tat " + Thrower.class.getName() + ".handleRequest",
            "Caused by: java.io.IOException: a cause\n",
            "Caused by: java.lang.IllegalArgumentException: the root\n",
            "END RequestId: ",
            "REPORT RequestId: ");
    assertThat(tail(fixture.invoke(thrower, eventFor("error"))))
        .startsWith("START RequestId: ")
        .doesNotContain("boom")
        .containsSubsequence("java.lang.AssertionError: no such luck\n", "END RequestId: ");
    // A VirtualMachineError ends the process after its response, as on AWS.
    InvocationResult overflown = fixture.invoke(thrower, eventFor("recursion"));
    assertThat(text(overflown)).contains("\"errorType\":\"java.lang.StackOverflowError\"");
    assertThat(tail(overflown)).contains("END RequestId: ");
    awaitLog(thrower, "java.lang.StackOverflowError: java.lang.StackOverflowError");
    InvocationResult left = fixture.invoke(thrower, eventFor("exit"));
    assertThat(text(left)).contains("Runtime.ExitError").contains("exit status 3");
    assertThat(tail(left))
        .containsSubsequence(
            "Error: Runtime exited with error: exit status 3\nRuntime.ExitError\n",
            "END RequestId: ",
            "Status: error\tError Type: Runtime.ExitError");
  }

  @Test
  void javaClassThatCannotBeLoadedOrInstantiatedIsLogged() throws Exception {
    FunctionSpec unmakeable = java("unmakeable", CannotBeCreated.class.getName());
    fixture.invoke(unmakeable, "\"x\"");
    FunctionSpec unloadable = java("unloadable", Unloadable.class.getName());
    fixture.invoke(unloadable, "\"x\"");
    awaitLog(unmakeable, "REPORT RequestId: ");
    awaitLog(unloadable, "REPORT RequestId: ");
    assertThat(log(unmakeable))
        .containsSubsequence(
            "not to be made: java.lang.IllegalArgumentException",
            "java.lang.IllegalArgumentException: not to be made",
            "\tat " + CannotBeCreated.class.getName() + ".<init>",
            "INIT_REPORT Init Duration: ");
    assertThat(log(unloadable))
        .containsSubsequence(
            "java.lang.ExceptionInInitializerError",
            "Caused by: java.lang.NumberFormatException: For input string: \"not a number\"",
            "INIT_REPORT Init Duration: ");
    assertThat(tail(fixture.invoke(java("no-handler", NoHandler.class.getName()), "\"x\"")))
        .containsSubsequence(
            "Class does not implement an appropriate handler interface: "
                + NoHandler.class.getName(),
            "END RequestId: ");
    assertThat(tail(fixture.invoke(java("no-class", "no.such.Handler"), "\"x\"")))
        .containsSubsequence(
            "Class not found: no.such.Handler: java.lang.ClassNotFoundException\n",
            "END RequestId: ");
  }

  @Test
  void pythonErrorIsOneLogEventWithAwsText() throws Exception {
    FunctionSpec function =
        RuntimeFixture.python(
            "python-faults",
            """
            import sys, threading
            def handler(e, c):
                if e["do"] == "throw":
                    raise ValueError("boom\\nsecond line")
                if e["do"] == "exit":
                    sys.exit(3)
                if e["do"] == "memory":
                    raise MemoryError()
                thread = threading.Thread(target=lambda: 1 / 0)
                thread.start()
                thread.join()
            """);
    fixture.invoke(function, eventFor("throw"));
    fixture.invoke(function, eventFor("memory"));
    assertThat(tail(fixture.invoke(function, eventFor("thread"))))
        .containsSubsequence(
            "Exception in thread", "ZeroDivisionError: division by zero", "END RequestId: ");
    assertThat(tail(fixture.invoke(function, eventFor("exit"))))
        .contains("Error: Runtime exited with error: exit status 3\nRuntime.ExitError\n");
    awaitLog(function, "exit status 3");
    assertThat(fixture.log)
        .anySatisfy(
            line ->
                assertThat(line)
                    .contains(
                        "[ERROR] ValueError: boom\n"
                            + "second line\n"
                            + "Traceback (most recent call last):\n"
                            + "\u00a0\u00a0File \"/var/task/index.py\", line 4, in handler\n"
                            + "\u00a0\u00a0\u00a0\u00a0raise ValueError("))
        .anySatisfy(
            line ->
                assertThat(line)
                    .contains("[ERROR] MemoryError: \nTraceback (most recent call last):\n"));
    FunctionSpec missing =
        RuntimeFixture.function(
            "python-import",
            "python3.11",
            "index.handler",
            RuntimeFixture.zip(Map.of("index.py", "import no_such_module\n")));
    fixture.invoke(missing, "{}");
    awaitLog(missing, "REPORT RequestId: ");
    assertThat(fixture.log)
        .anySatisfy(
            line ->
                assertThat(line)
                    .endsWith(
                        "[ERROR] Runtime.ImportModuleError: Unable to import module 'index': No"
                            + " module named 'no_such_module'\n"
                            + "Traceback (most recent call last):"));
  }

  @Test
  void nodeErrorIsOneLogEventWithAwsText() throws Exception {
    RuntimeFixture.need(Files.isExecutable(Path.of("/usr/bin/node")), "Node.js");
    FunctionSpec function =
        RuntimeFixture.function(
            "node-faults",
            "nodejs22.x",
            "index.handler",
            RuntimeFixture.zip(
                Map.of(
                    "index.js",
                    """
                    exports.handler = async (event) => {
                      switch (event.do) {
                        case "throw":
                          throw Object.assign(new TypeError("boom"), { code: "E1", extra: { a: 1n } });
                        case "text":
                          throw "only text";
                        case "number":
                          return { large: 1n };
                        case "reject":
                          Promise.reject(new Error("nobody catches"));
                          return new Promise((done) => setTimeout(done, 10000));
                        case "late":
                          setTimeout(() => { throw new RangeError("too late"); });
                          return new Promise((done) => setTimeout(done, 10000));
                        default:
                          process.exit(7);
                      }
                    };
                    """)));
    assertThat(text(fixture.invoke(function, eventFor("throw"))))
        .startsWith("{\"errorType\":\"TypeError\",\"errorMessage\":\"boom\",\"trace\":[");
    assertThat(text(fixture.invoke(function, eventFor("text"))))
        .isEqualTo("{\"errorType\":\"string\",\"errorMessage\":\"only text\",\"trace\":[]}");
    assertThat(text(fixture.invoke(function, eventFor("number"))))
        .startsWith(
            "{\"errorType\":\"Error\",\"errorMessage\":\"Unable to stringify response body\",");
    InvocationResult rejected = fixture.invoke(function, eventFor("reject"));
    assertThat(text(rejected))
        .startsWith(
            "{\"errorType\":\"Runtime.UnhandledPromiseRejection\",\"errorMessage\":\"Error: nobody"
                + " catches\",\"trace\":[");
    assertThat(tail(rejected))
        .containsSubsequence(
            "Unhandled Promise Rejection",
            "Error: Runtime exited with error: exit status 128\nRuntime.ExitError\n",
            "END RequestId: ",
            "Status: error\tError Type: Runtime.ExitError");
    assertThat(tail(fixture.invoke(function, eventFor("late"))))
        .containsSubsequence(
            "\tERROR\tUncaught Exception \t{\"errorType\":\"RangeError\",\"errorMessage\":\"too"
                + " late\",\"stack\":[\"RangeError: too late\",",
            "exit status 129\nRuntime.ExitError\n",
            "END RequestId: ");
    assertThat(tail(fixture.invoke(function, eventFor("exit"))))
        .contains("Error: Runtime exited with error: exit status 7\nRuntime.ExitError\n");
    awaitLog(function, "exit status 7");
    await().until(() -> count(log(function), "END RequestId: ") == 6);
    String log = log(function);
    assertThat(log)
        .containsSubsequence(
            "\tERROR\tInvoke Error \t{\"errorType\":\"TypeError\",\"errorMessage\":\"boom\","
                + "\"code\":\"E1\",\"extra\":{\"a\":\"1\"},\"stack\":[\"TypeError: boom\",",
            "\tERROR\tInvoke Error \t{\"errorType\":\"Error\",\"errorMessage\":\"only"
                + " text\",\"stack\":",
            "\tERROR\tInvoke Error \t{\"errorType\":\"Error\",\"errorMessage\":\"Unable to"
                + " stringify",
            "\tERROR\tUnhandled Promise Rejection \t{\"errorType\":"
                + "\"Runtime.UnhandledPromiseRejection\",\"errorMessage\":\"Error: nobody"
                + " catches\",\"reason\":{\"errorType\":\"Error\",\"errorMessage\":\"nobody"
                + " catches\",\"stack\":[");
  }

  /// Work after the response still belongs to the invocation and counts against its timeout.
  @Test
  void processThatDoesNotPollAfterItsResponseIsEndedByTheTimeout() throws Exception {
    FunctionSpec lingering =
        RuntimeFixture.with(
            RuntimeFixture.function(
                "lingering",
                "provided.al2023",
                "bootstrap",
                RuntimeFixture.zip(
                    Map.of(
                        "bootstrap",
                        """
                        #!/bin/bash
                        host=${AWS_LAMBDA_RUNTIME_API%%/*}; path=/${AWS_LAMBDA_RUNTIME_API#*/}
                        base=$path/2018-06-01/runtime/invocation
                        exec 3<>/dev/tcp/${host%:*}/${host#*:}
                        printf 'GET %s/next HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' $base >&3
                        while read -r line <&3; do
                          line=${line%$'\\r'}
                          case ${line,,} in
                            lambda-runtime-aws-request-id:*) id=${line#*: } ;;
                            content-length:*) length=${line#*: } ;;
                            '') break ;;
                          esac
                        done
                        read -r -N "$length" event <&3
                        printf 'POST %s/%s/response HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 2\\r\\n\\r\\n42' $base $id >&3
                        read -r status <&3
                        echo "said behind the answer"
                        sleep 60
                        """))),
            Duration.ofSeconds(2),
            128,
            "1");
    InvocationResult answered = fixture.invoke(lingering, "{}");
    assertThat(text(answered)).isEqualTo("42");
    // Another environment serves the next invocation; by then the first one has timed out.
    assertThat(text(fixture.invoke(lingering, "{}"))).isEqualTo("42");
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> count(log(lingering), "Task timed out after 2.00 seconds") == 2);
    assertThat(log(lingering)).contains("said behind the answer").contains("Status: timeout");
  }
}
