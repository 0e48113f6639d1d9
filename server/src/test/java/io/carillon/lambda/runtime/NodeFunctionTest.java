package io.carillon.lambda.runtime;

import static io.carillon.lambda.runtime.RuntimeFixture.need;
import static io.carillon.lambda.runtime.RuntimeFixture.tail;
import static io.carillon.lambda.runtime.RuntimeFixture.text;
import static io.carillon.lambda.runtime.RuntimeFixture.zip;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The contract of Node.js handlers. Source:
/// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
@Tag("slow")
class NodeFunctionTest {
  @TempDir static Path folder;
  private static RuntimeFixture fixture;

  @BeforeAll
  static void open() throws IOException {
    fixture = new RuntimeFixture(folder);
    need(fixture.runtimes.missingFor("nodejs20.x").isEmpty(), "Node.js");
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  private static FunctionSpec node(String name, String file, String source) throws IOException {
    return RuntimeFixture.function(name, "nodejs20.x", "index.handler", zip(Map.of(file, source)));
  }

  @Test
  void asyncHandlersResultIsTheResponse() throws Exception {
    FunctionSpec function =
        node(
            "async",
            "index.js",
            """
            exports.handler = async (event, context) => {
              console.log('hello\\nworld');
              return [event.word, context.functionName, context.getRemainingTimeInMillis() > 5000,
                      process.env.COLOUR, context.awsRequestId.length];
            };
            """);
    InvocationResult result = fixture.invoke(function, "{\"word\":\"grüezi\"}");
    assertThat(text(result)).isEqualTo("[\"grüezi\",\"async\",true,\"green\",36]");
    assertThat(tail(result)).containsPattern("\\tINFO\\thello\nworld\n");
  }

  @Test
  void callbackHandlersResultIsTheResponse() throws Exception {
    FunctionSpec function =
        node(
            "callback",
            "index.js",
            """
            exports.handler = (event, context, callback) => {
              setTimeout(() => event.boom ? callback(new RangeError('b')) : callback(null, {n: 1}), 5);
            };
            """);
    assertThat(text(fixture.invoke(function, "{}"))).isEqualTo("{\"n\":1}");
    assertThat(text(fixture.invoke(function, "{\"boom\":1}")))
        .contains("\"errorType\":\"RangeError\"")
        .contains("\"errorMessage\":\"b\"");
    assertThat(text(fixture.invoke(function, "{}"))).isEqualTo("{\"n\":1}");
  }

  @Test
  void ecmaScriptModuleIsLoaded() throws Exception {
    String source = "export const handler = async (event) => ({module: true});\n";
    assertThat(text(fixture.invoke(node("mjs", "index.mjs", source), "{}")))
        .isEqualTo("{\"module\":true}");
    FunctionSpec typed =
        RuntimeFixture.function(
            "typed",
            "nodejs20.x",
            "src/index.handler",
            zip(Map.of("package.json", "{\"type\":\"module\"}", "src/index.js", source)));
    assertThat(text(fixture.invoke(typed, "{}"))).isEqualTo("{\"module\":true}");
  }

  @Test
  void thrownErrorIsAFunctionErrorAndKeepsTheEnvironment() throws Exception {
    FunctionSpec function =
        node(
            "thrower",
            "index.js",
            """
            let n = 0;
            exports.handler = async (event) => { n++; if (event.boom) throw new TypeError('no'); return n; };
            """);
    InvocationResult result = fixture.invoke(function, "{\"boom\":1}");
    assertThat(result).isInstanceOf(InvocationResult.FunctionFailed.class);
    assertThat(text(result)).contains("\"errorType\":\"TypeError\"").contains("\"trace\":[");
    assertThat(text(fixture.invoke(function, "{}"))).isEqualTo("2");
  }

  @Test
  void uncaughtErrorEndsTheEnvironment() throws Exception {
    FunctionSpec function =
        node(
            "uncaught",
            "index.js",
            """
            let n = 0;
            exports.handler = (event) => new Promise((resolve) => {
              n++;
              if (event.boom) setTimeout(() => { throw new Error('late'); }, 1); else resolve(n);
            });
            """);
    assertThat(text(fixture.invoke(function, "{\"boom\":1}"))).contains("late");
    assertThat(text(fixture.invoke(function, "{}"))).isEqualTo("1");
  }

  @Test
  void handlerThatNeverCallsBackReturnsNull() throws Exception {
    FunctionSpec function = node("forgets", "index.js", "exports.handler = (e, c, done) => {};\n");
    assertThat(text(fixture.invoke(function, "{}"))).isEqualTo("null");
  }

  @Test
  void loadErrorsAreReported() throws Exception {
    assertThat(text(fixture.invoke(node("gone", "other.js", ""), "{}")))
        .contains("Runtime.ImportModuleError");
    assertThat(text(fixture.invoke(node("bare", "index.js", "exports.x = 1"), "{}")))
        .contains("Runtime.HandlerNotFound");
    assertThat(text(fixture.invoke(node("broken", "index.js", "exports.handler = ("), "{}")))
        .contains("Runtime.UserCodeSyntaxError");
  }

  /// X-Ray's SDK and Powertools replace `http.request`; others replace more. AWS's runtime does not
  /// use them for its own calls, so neither does ours. Source:
  /// https://github.com/aws/aws-xray-sdk-node/blob/master/packages/core/lib/patchers/http_p.js
  @Test
  void handlersMayPatchModulesThatTheBootstrapUses() throws Exception {
    FunctionSpec function =
        RuntimeFixture.function(
            "patches",
            "nodejs20.x",
            "index.handler",
            RuntimeFixture.zip(
                Map.of(
                    "index.js",
                    """
                    const http = require("http");
                    const fs = require("fs");
                    let calls = 0;
                    const broken = () => { calls++; throw new Error("patched"); };
                    http.globalAgent = Object.assign(new http.Agent(), { addRequest: broken });
                    http.request = broken;
                    http.get = broken;
                    http.Agent = broken;
                    fs.writeSync = broken;
                    process.exit = broken;
                    exports.handler = async (event) => {
                      console.log("round " + event.round);
                      if (event.round === 2) throw new Error("mine");
                      return calls;
                    };
                    """)));
    assertThat(text(fixture.invoke(function, "{\"round\":1}"))).isEqualTo("0");
    assertThat(text(fixture.invoke(function, "{\"round\":2}")))
        .contains("\"errorMessage\":\"mine\"");
    InvocationResult third = fixture.invoke(function, "{\"round\":3}");
    assertThat(text(third)).isEqualTo("0");
    assertThat(tail(third)).contains("round 3").doesNotContain("Init Duration");
  }
}
