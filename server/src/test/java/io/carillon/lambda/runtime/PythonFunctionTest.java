package io.carillon.lambda.runtime;

import static io.carillon.lambda.runtime.RuntimeFixture.need;
import static io.carillon.lambda.runtime.RuntimeFixture.python;
import static io.carillon.lambda.runtime.RuntimeFixture.tail;
import static io.carillon.lambda.runtime.RuntimeFixture.text;
import static io.carillon.lambda.runtime.RuntimeFixture.zip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The contract of Python handlers. Source:
/// https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html and `python-context.html`
@Tag("slow")
class PythonFunctionTest {
  @TempDir static Path folder;
  private static RuntimeFixture fixture;

  @BeforeAll
  static void open() throws IOException {
    fixture = new RuntimeFixture(folder);
    need(fixture.runtimes.missingFor("python3.11").isEmpty(), "Python");
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  @Test
  void handlerGetsTheEventAndItsResultIsReturned() throws Exception {
    FunctionSpec echo =
        python("echo", "def handler(event, context):\n    return {'you said': event['word']}\n");
    InvocationResult result = fixture.invoke(echo, "{\"word\":\"grüezi\"}");
    assertThat(result).isInstanceOf(InvocationResult.Returned.class);
    assertThat(text(result)).isEqualTo("{\"you said\": \"grüezi\"}");
  }

  @Test
  void handlerModuleMayBeInAFolderAndHaveHyphens() throws Exception {
    FunctionSpec function =
        RuntimeFixture.function(
            "hyphens",
            "python3.11",
            "s3-lambda-function/s3-lambda-function.lambda_handler",
            zip(
                Map.of(
                    "s3-lambda-function/s3-lambda-function.py",
                    "def lambda_handler(event, context):\n    return 'found'\n")));
    assertThat(text(fixture.invoke(function, "{}"))).isEqualTo("\"found\"");
  }

  @Test
  void environmentIsReused() throws Exception {
    FunctionSpec counter =
        python("counter", "n = 0\ndef handler(e, c):\n    global n\n    n += 1\n    return n\n");
    for (int i = 1; i <= 50; i++) {
      assertThat(text(fixture.invoke(counter, "{}"))).isEqualTo(Integer.toString(i));
    }
  }

  @Test
  void contextHasAwsMembers() throws Exception {
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
    assertThat(text(fixture.invoke(function, "{}")))
        .isEqualTo(
            "[\"context\", \"$LATEST\", \"128\", \"/aws/lambda/context\", true,"
                + " \"arn:aws:lambda:eu-central-1:123456789012:function:context\", 36, true]");
  }

  @Test
  void environmentHoldsOnlyAwsAndUserVariables() throws Exception {
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
    assertThat(text(fixture.invoke(function, "{}")))
        .isEqualTo(
            "[\"green\", \"eu-central-1\", \"ASIAenvironment\", \"http://127.0.0.1:4566\","
                + " \"index.handler\", \"Root=1-575\", true, false, false]");
  }

  @Test
  void exceptionIsReturnedWithTypeAndStackTrace() throws Exception {
    FunctionSpec function =
        python("thrower", "def handler(e, c):\n    raise ValueError('no \"such\" thing')\n");
    InvocationResult result = fixture.invoke(function, "{}");
    assertThat(result).isInstanceOf(InvocationResult.FunctionFailed.class);
    assertThat(text(result))
        .contains("\"errorMessage\": \"no \\\"such\\\" thing\"")
        .contains("\"errorType\": \"ValueError\"")
        .contains("index.py")
        .doesNotContain("bootstrap");
    assertThat(tail(result)).contains("[ERROR] ValueError: no \"such\" thing\nTraceback");
  }

  @Test
  void logHoldsOutputBetweenStartEndAndReport() throws Exception {
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
    String[] lines = tail(fixture.invoke(function, "{}")).split("\n", -1);
    assertThat(lines[0]).startsWith("START RequestId: ").endsWith("Version: $LATEST");
    assertThat(lines[1]).isEqualTo("one");
    assertThat(lines[2]).isEqualTo("two");
    assertThat(lines[3]).startsWith("[WARNING]").endsWith("three");
    assertThat(lines[4]).startsWith("END RequestId: ");
    assertThat(lines[5])
        .matches(
            "REPORT RequestId: [0-9a-f-]{36}\tDuration: [0-9.]+ ms\tBilled Duration: [0-9]+ ms"
                + "\tMemory Size: 128 MB\tMax Memory Used: [0-9]+ MB\tInit Duration: [0-9.]+ ms\t");
    assertThat(tail(fixture.invoke(function, "{}"))).doesNotContain("Init Duration");
  }

  @Test
  void importErrorIsReported() throws Exception {
    FunctionSpec function =
        RuntimeFixture.function(
            "gone", "python3.11", "nowhere.handler", zip(Map.of("index.py", "")));
    InvocationResult result = fixture.invoke(function, "{}");
    assertThat(text(result))
        .contains("Runtime.ImportModuleError")
        .contains("Unable to import module 'nowhere'");
    FunctionSpec other = python("missing", "x = 1\n");
    assertThat(text(fixture.invoke(other, "{}"))).contains("Runtime.HandlerNotFound");
    FunctionSpec broken = python("broken", "def handler(:\n");
    assertThat(text(fixture.invoke(broken, "{}"))).contains("Runtime.UserCodeSyntaxError");
  }

  @Test
  void resultThatIsNotJsonIsAMarshalError() throws Exception {
    FunctionSpec function = python("set", "def handler(e, c):\n    return {1, 2}\n");
    assertThat(text(fixture.invoke(function, "{}"))).contains("Runtime.MarshalError");
  }

  @Test
  void missingVersionRunsOnTheNearestWithAWarning() throws Exception {
    FunctionSpec old =
        RuntimeFixture.function(
            "old",
            "python3.7",
            "index.handler",
            zip(Map.of("index.py", "def handler(e, c):\n    return 1\n")));
    assertThat(text(fixture.invoke(old, "{}"))).isEqualTo("1");
    org.awaitility.Awaitility.await()
        .until(
            () ->
                fixture.log.stream()
                    .anyMatch(
                        line ->
                            line.startsWith(
                                "/aws/lambda/old [carillon] WARNING: python3.7 is not")));
  }

  /// gevent, SOCKS proxies and X-Ray's SDK replace sockets and HTTP clients, and handlers capture
  /// their output; AWS's runtime has its own client, which that does not affect.
  @Test
  void handlersMayPatchModulesThatTheBootstrapUses() throws Exception {
    FunctionSpec function =
        RuntimeFixture.python(
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
    assertThat(text(fixture.invoke(function, "{\"round\":1}"))).isEqualTo("[0, 1]");
    InvocationResult second = fixture.invoke(function, "{\"round\":2}");
    assertThat(text(second)).contains("\"errorMessage\": \"mine\"");
    assertThat(tail(second)).contains("[ERROR] ValueError: mine").doesNotContain("captured");
    assertThat(text(fixture.invoke(function, "{\"round\":3}")))
        .contains("I/O operation on closed file")
        .contains("ValueError");
  }

  /// Sources: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html and the `ENV`
  /// lines of AWS's images (`public.ecr.aws/lambda/python`).
  @Test
  void pathsLocaleAndHomeAreAsOnAws() throws Exception {
    String source =
        """
        import os
        def handler(e, c):
            try:
                os.makedirs(os.path.expanduser('~/.cache'))
                home = 'writable'
            except OSError as problem:
                home = problem.strerror
            names = ['LD_LIBRARY_PATH', 'PATH', 'LANG', 'TZ', 'HOME']
            return [os.environ.get(name) for name in names] + [os.path.expanduser('~'), home]
        """;
    assertThat(text(fixture.invoke(python("paths", source), "{}")))
        .isEqualTo(
            "[\"/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib\","
                + " \"/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin\", \"en_US.UTF-8\","
                + " \":UTC\", null, \"/home/sbx_user1051\", \"Read-only file system\"]");
    FunctionSpec own =
        RuntimeFixture.withVariables(
            python("own-paths", source),
            Map.of("LD_LIBRARY_PATH", "/var/task/mine", "LANG", "C", "HOME", "/tmp/mine"));
    assertThat(text(fixture.invoke(own, "{}")))
        .startsWith("[\"/var/task/mine\", ")
        .endsWith(" \"C\", \":UTC\", \"/tmp/mine\", \"/tmp/mine\", \"writable\"]");
  }

  /// A library in the package is found by its name, in the folder and in its `lib`.
  @Test
  void librariesInThePackageAreFound() throws Exception {
    Path compiler = Path.of("/usr/bin/cc");
    RuntimeFixture.need(Files.isExecutable(compiler), "a C compiler");
    Path source = Files.writeString(folder.resolve("l.c"), "int answer(void) { return 42; }\n");
    Path library = folder.resolve("libanswer.so");
    Process build =
        new ProcessBuilder("cc", "-shared", "-fPIC", "-o", library.toString(), source.toString())
            .inheritIO()
            .start();
    assertThat(build.waitFor()).isZero();
    String handler =
        """
        import ctypes
        def handler(e, c):
            return ctypes.CDLL('libanswer.so').answer()
        """;
    for (String place : List.of("libanswer.so", "lib/libanswer.so")) {
      FunctionSpec function =
          RuntimeFixture.function(
              "library-" + place.length(),
              "python3.11",
              "index.handler",
              RuntimeFixture.zipBytes(
                  Map.of(
                      "index.py",
                      handler.getBytes(StandardCharsets.UTF_8),
                      place,
                      Files.readAllBytes(library))));
      assertThat(text(fixture.invoke(function, "{}"))).as(place).isEqualTo("42");
    }
  }

  /// Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html, and for the
  /// messages `/var/runtime/bootstrap` of AWS's images.
  @Test
  void wrapperScriptStartsTheRuntime() throws Exception {
    Map<String, String> files =
        Map.of(
            "index.py",
            """
            import os, sys
            def handler(e, c):
                return [sys._xoptions.get('mine'), os.environ['ADDED']]
            """,
            "wrapper",
            """
            #!/bin/bash
            args=("$@")
            export ADDED="by the wrapper"
            exec "${args[0]}" -X mine=yes "${args[@]:1}"
            """);
    FunctionSpec bare =
        RuntimeFixture.function(
            "wrapped", "python3.11", "index.handler", RuntimeFixture.zip(files));
    assertThat(text(fixture.invoke(wrappedBy(bare, "/var/task/wrapper"), "{}")))
        .isEqualTo("[\"yes\", \"by the wrapper\"]");
    InvocationResult absent = fixture.invoke(wrappedBy(bare, "/opt/none"), "{}");
    assertThat(text(absent)).contains("Runtime exited with error: exit status 127");
    assertThat(tail(absent)).contains("/opt/none: does not exist");
    InvocationResult plain = fixture.invoke(wrappedBy(bare, "/etc/passwd"), "{}");
    assertThat(text(plain)).contains("Runtime exited with error: exit status 126");
    assertThat(tail(plain)).contains("/etc/passwd: is not an executable");
  }

  private static FunctionSpec wrappedBy(FunctionSpec function, String wrapper) {
    FunctionSpec withWrapper =
        RuntimeFixture.withVariables(function, Map.of("AWS_LAMBDA_EXEC_WRAPPER", wrapper));
    return RuntimeFixture.with(withWrapper, withWrapper.timeout(), withWrapper.memoryMb(), wrapper);
  }

  @Test
  void foreignArchitectureAndDeprecatedRuntimeAreLoggedOnce() throws Exception {
    String foreign = RuntimeFixture.MACHINE.equals("arm64") ? "x86_64" : "arm64";
    FunctionSpec f =
        RuntimeFixture.function(
            "foreign",
            "python3.8",
            "index.handler",
            RuntimeFixture.zip(Map.of("index.py", "def handler(e, c):\n    return 1\n")));
    FunctionSpec function = RuntimeFixture.forArchitecture(f, foreign);
    InvocationResult first = fixture.invoke(function, "{}");
    assertThat(text(first)).isEqualTo("1");
    assertThat(tail(fixture.invoke(function, "{}"))).doesNotContain("WARNING");
    await().until(() -> fixture.log.stream().filter(l -> l.contains("REPORT")).count() >= 2);
    assertThat(
            fixture.log.stream()
                .filter(l -> l.startsWith("/aws/lambda/foreign [carillon] WARNING")))
        .filteredOn(line -> !line.contains("not available here"))
        .containsExactly(
            "/aws/lambda/foreign [carillon] WARNING: python3.8 is deprecated on AWS since"
                + " 2024-10-14: no new function may have it from 2027-02-01, and none that has it"
                + " may be changed from 2027-03-03.",
            "/aws/lambda/foreign [carillon] WARNING: This function is for %s and runs on %s here: native code in its package will not load."
                .formatted(foreign, RuntimeFixture.MACHINE));
  }
}
