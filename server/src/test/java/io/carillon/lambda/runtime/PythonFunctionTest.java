package io.carillon.lambda.runtime;

import static io.carillon.lambda.runtime.Workshop.need;
import static io.carillon.lambda.runtime.Workshop.python;
import static io.carillon.lambda.runtime.Workshop.tail;
import static io.carillon.lambda.runtime.Workshop.text;
import static io.carillon.lambda.runtime.Workshop.zip;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What Python handlers may count on. Source:
/// https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html and `python-context.html`
class PythonFunctionTest {
  @TempDir static Path folder;
  private static Workshop shop;

  @BeforeAll
  static void open() throws IOException {
    shop = new Workshop(folder);
    need(shop.runtimes.missingFor("python3.11").isEmpty(), "Python");
  }

  @AfterAll
  static void close() {
    shop.close();
  }

  @Test
  void aHandlerGetsTheEventAndItsAnswerComesBack() throws Exception {
    FunctionSpec echo =
        python("echo", "def handler(event, context):\n    return {'you said': event['word']}\n");
    InvocationResult result = shop.invoke(echo, "{\"word\":\"grüezi\"}");
    assertThat(result).isInstanceOf(InvocationResult.Returned.class);
    assertThat(text(result)).isEqualTo("{\"you said\": \"grüezi\"}");
  }

  @Test
  void theModuleMayLieInAFolderAndBothMayHaveHyphens() throws Exception {
    FunctionSpec function =
        Workshop.function(
            "hyphens",
            "python3.11",
            "s3-lambda-function/s3-lambda-function.lambda_handler",
            zip(
                Map.of(
                    "s3-lambda-function/s3-lambda-function.py",
                    "def lambda_handler(event, context):\n    return 'found'\n")));
    assertThat(text(shop.invoke(function, "{}"))).isEqualTo("\"found\"");
  }

  @Test
  void anEnvironmentIsReused() throws Exception {
    FunctionSpec counter =
        python("counter", "n = 0\ndef handler(e, c):\n    global n\n    n += 1\n    return n\n");
    for (int i = 1; i <= 50; i++) {
      assertThat(text(shop.invoke(counter, "{}"))).isEqualTo(Integer.toString(i));
    }
  }

  @Test
  void theContextTellsWhatAwsTells() throws Exception {
    FunctionSpec function =
        python(
            "context",
            """
            import os
            def handler(event, c):
                left = c.get_remaining_time_in_millis()
                return [c.function_name, c.function_version, c.memory_limit_in_mb,
                        c.log_group_name, c.log_stream_name == os.environ['AWS_LAMBDA_LOG_STREAM_NAME'],
                        c.invoked_function_arn, len(c.aws_request_id), 5000 < left <= 10000]
            """);
    assertThat(text(shop.invoke(function, "{}")))
        .isEqualTo(
            "[\"context\", \"$LATEST\", \"128\", \"/aws/lambda/context\", true,"
                + " \"arn:aws:lambda:eu-central-1:123456789012:function:context\", 36, true]");
  }

  @Test
  void theEnvironmentIsAwssAndTheUsersAndNothingOfOurs() throws Exception {
    FunctionSpec function =
        python(
            "environment",
            """
            import os
            def handler(event, c):
                return [os.environ['COLOUR'], os.environ['AWS_REGION'], os.environ['AWS_ACCESS_KEY_ID'],
                        os.environ['AWS_ENDPOINT_URL'], os.environ['_HANDLER'],
                        os.environ['_X_AMZN_TRACE_ID'][:10], os.getcwd() == os.environ['LAMBDA_TASK_ROOT'],
                        'JAVA_HOME' in os.environ, 'USER' in os.environ]
            """);
    assertThat(text(shop.invoke(function, "{}")))
        .isEqualTo(
            "[\"green\", \"eu-central-1\", \"ASIAenvironment\", \"http://127.0.0.1:4566\","
                + " \"index.handler\", \"Root=1-575\", true, false, false]");
  }

  @Test
  void anExceptionIsAnErrorWithItsTypeAndTrace() throws Exception {
    FunctionSpec function =
        python("thrower", "def handler(e, c):\n    raise ValueError('no \"such\" thing')\n");
    InvocationResult result = shop.invoke(function, "{}");
    assertThat(result).isInstanceOf(InvocationResult.FunctionFailed.class);
    assertThat(text(result))
        .contains("\"errorMessage\": \"no \\\"such\\\" thing\"")
        .contains("\"errorType\": \"ValueError\"")
        .contains("index.py")
        .doesNotContain("bootstrap");
    assertThat(tail(result)).contains("[ERROR] ValueError: no \"such\" thing\nTraceback");
  }

  @Test
  void theLogHoldsWhatIsPrintedBetweenStartEndAndReport() throws Exception {
    FunctionSpec function =
        python(
            "printer",
            """
            import logging
            def handler(e, c):
                print('one'); print('two')
                logging.getLogger().warning('three')
                return None
            """);
    String[] lines = tail(shop.invoke(function, "{}")).split("\n");
    assertThat(lines[0]).startsWith("START RequestId: ").endsWith("Version: $LATEST");
    assertThat(lines[1]).isEqualTo("one");
    assertThat(lines[2]).isEqualTo("two");
    assertThat(lines[3]).startsWith("[WARNING]").endsWith("three");
    assertThat(lines[4]).startsWith("END RequestId: ");
    assertThat(lines[5])
        .matches(
            "REPORT RequestId: [0-9a-f-]{36}\tDuration: [0-9.]+ ms\tBilled Duration: [0-9]+ ms"
                + "\tMemory Size: 128 MB\tMax Memory Used: [0-9]+ MB\tInit Duration: [0-9.]+ ms\t");
    assertThat(tail(shop.invoke(function, "{}"))).doesNotContain("Init Duration");
  }

  @Test
  void aModuleThatCannotBeImportedIsSaidSo() throws Exception {
    FunctionSpec function =
        Workshop.function("gone", "python3.11", "nowhere.handler", zip(Map.of("index.py", "")));
    InvocationResult result = shop.invoke(function, "{}");
    assertThat(text(result))
        .contains("Runtime.ImportModuleError")
        .contains("Unable to import module 'nowhere'");
    FunctionSpec other = python("missing", "x = 1\n");
    assertThat(text(shop.invoke(other, "{}"))).contains("Runtime.HandlerNotFound");
    FunctionSpec broken = python("broken", "def handler(:\n");
    assertThat(text(shop.invoke(broken, "{}"))).contains("Runtime.UserCodeSyntaxError");
  }

  @Test
  void whatJsonCannotHoldIsAMarshalError() throws Exception {
    FunctionSpec function = python("set", "def handler(e, c):\n    return {1, 2}\n");
    assertThat(text(shop.invoke(function, "{}"))).contains("Runtime.MarshalError");
  }

  @Test
  void aVersionThatIsNotHereRunsOnTheNearestAndTheLogSaysSo() throws Exception {
    FunctionSpec old =
        Workshop.function(
            "old",
            "python3.7",
            "index.handler",
            zip(Map.of("index.py", "def handler(e, c):\n    return 1\n")));
    assertThat(text(shop.invoke(old, "{}"))).isEqualTo("1");
    org.awaitility.Awaitility.await()
        .until(
            () ->
                shop.log.stream()
                    .anyMatch(
                        line ->
                            line.startsWith(
                                "/aws/lambda/old [carillon] WARNING: python3.7 is not")));
  }

  /// gevent, SOCKS proxies and X-Ray's SDK replace sockets and HTTP clients, and handlers capture
  /// their output; AWS's runtime has a client of its own and is not touched by it.
  @Test
  void aHandlerMayPatchWhatTheBootstrapIsMadeOf() throws Exception {
    FunctionSpec function =
        Workshop.python(
            "patches",
            """
            import http.client, io, socket, sys
            calls = []
            def broken(*_, **__):
                calls.append(1)
                raise OSError("patched")
            socket.socket = socket.create_connection = socket.getaddrinfo = broken
            http.client.HTTPConnection.request = broken
            sys.stdout = io.StringIO()
            def handler(e, c):
                print("captured")
                if e["round"] == 2:
                    sys.stdout.close()
                    raise ValueError("mine")
                return [len(calls), e["round"]]
            """);
    assertThat(text(shop.invoke(function, "{\"round\":1}"))).isEqualTo("[0, 1]");
    InvocationResult second = shop.invoke(function, "{\"round\":2}");
    assertThat(text(second)).contains("\"errorMessage\": \"mine\"");
    assertThat(tail(second)).contains("[ERROR] ValueError: mine").doesNotContain("captured");
    assertThat(text(shop.invoke(function, "{\"round\":3}")))
        .contains("I/O operation on closed file")
        .contains("ValueError");
  }
}
