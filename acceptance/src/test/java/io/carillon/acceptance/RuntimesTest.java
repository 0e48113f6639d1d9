package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.InvokeResponse;
import software.amazon.awssdk.services.lambda.model.LogType;
import software.amazon.awssdk.services.lambda.model.Runtime;

/// Python, Node.js, Java and a custom bootstrap: each answers an event and finds the variables that
/// AWS promises, the user's among them. Source:
/// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
class RuntimesTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path folder;
  private static Carillon server;
  private static LambdaClient lambda;
  private static String role;

  @BeforeAll
  static void start() throws Exception {
    server = Carillon.start(folder);
    lambda = Clients.root(server).lambda();
    try (IamClient iam = Clients.root(server).iam()) {
      role =
          iam.createRole(
                  r ->
                      r.roleName("runs")
                          .assumeRolePolicyDocument(Functions.trust("lambda.amazonaws.com")))
              .role()
              .arn();
    }
  }

  @AfterAll
  static void stop() {
    lambda.close();
    server.close();
  }

  @Test
  void python() throws Exception {
    Requirements.program("python3", "--version");
    assertAsOnAws(
        "python",
        Runtime.PYTHON3_12,
        "index.handler",
        Zip.of(
            "index.py",
            """
            import os
            def handler(event, context):
                return {'event': event, 'id': context.aws_request_id, 'environment': dict(os.environ)}
            """));
  }

  @Test
  void node() throws Exception {
    Requirements.program("node", "--version");
    assertAsOnAws(
        "node",
        Runtime.NODEJS22_X,
        "index.handler",
        Zip.of(
            "index.js",
            """
            exports.handler = async (event, context) =>
              ({event, id: context.awsRequestId, environment: process.env});
            """));
  }

  @Test
  void java() throws Exception {
    assertAsOnAws(
        "java",
        Runtime.JAVA25,
        "Echo::handle",
        Zip.of(
            "Echo.class",
            compiled(
                "Echo",
                """
                public class Echo {
                  public java.util.Map<String, Object> handle(java.util.Map<String, Object> event) {
                    return java.util.Map.of("event", event, "environment", System.getenv());
                  }
                }
                """)));
  }

  @Test
  void customBootstrap() throws Exception {
    Requirements.program("python3", "--version");
    Requirements.program("/usr/bin/python3", "--version");
    assertAsOnAws(
        "own",
        Runtime.PROVIDED_AL2023,
        "any.thing",
        Zip.of(
            "bootstrap",
            """
            #!/usr/bin/python3
            import json, os, urllib.request
            api = 'http://%s/2018-06-01/runtime/invocation/' % os.environ['AWS_LAMBDA_RUNTIME_API']
            while True:
                with urllib.request.urlopen(api + 'next') as event:
                    id = event.headers['Lambda-Runtime-Aws-Request-Id']
                    answer = {'event': json.load(event), 'id': id, 'environment': dict(os.environ)}
                urllib.request.urlopen(api + id + '/response', json.dumps(answer).encode()).close()
            """));
  }

  private static byte[] compiled(String name, String source) throws IOException {
    Path file = Files.writeString(folder.resolve(name + ".java"), source);
    int failures =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-d", folder.toString(), file.toString());
    assertThat(failures).isZero();
    return Files.readAllBytes(folder.resolve(name + ".class"));
  }

  private static void assertAsOnAws(String name, Runtime runtime, String handler, byte[] code)
      throws Exception {
    lambda.createFunction(
        r ->
            r.functionName(name)
                .runtime(runtime)
                .handler(handler)
                .timeout(30)
                .memorySize(256)
                .role(role)
                .environment(e -> e.variables(Map.of("COLOUR", "green")))
                .code(c -> c.zipFile(SdkBytes.fromByteArray(code))));
    lambda.waiter().waitUntilFunctionActiveV2(r -> r.functionName(name));
    InvokeResponse cold = invoke(name);
    InvokeResponse warm = invoke(name);

    JsonNode answer = JSON.readTree(cold.payload().asUtf8String());
    assertThat(answer.path("event").path("word").asText()).isEqualTo("grüezi");
    assertThat(cold.executedVersion()).isEqualTo("$LATEST");
    assertThat(log(cold)).contains("START RequestId: ", "END RequestId: ", "Init Duration: ");
    assertThat(log(warm)).contains("REPORT RequestId: ").doesNotContain("Init Duration: ");
    assertVariables(answer.path("environment"), name, runtime, handler);
    assertThat(stream(warm)).as("the same environment").isEqualTo(stream(cold));
  }

  private static InvokeResponse invoke(String name) {
    InvokeResponse answer =
        lambda.invoke(
            r ->
                r.functionName(name)
                    .logType(LogType.TAIL)
                    .payload(SdkBytes.fromUtf8String("{\"word\": \"grüezi\"}")));
    assertThat(answer.functionError()).as(answer.payload().asUtf8String()).isNull();
    return answer;
  }

  private static String stream(InvokeResponse answer) throws IOException {
    return JSON.readTree(answer.payload().asUtf8String())
        .at("/environment/AWS_LAMBDA_LOG_STREAM_NAME")
        .asText();
  }

  private static String log(InvokeResponse answer) {
    return new String(Base64.getDecoder().decode(answer.logResult()), StandardCharsets.UTF_8);
  }

  private static void assertVariables(
      JsonNode environment, String name, Runtime runtime, String handler) {
    Map<String, String> expected =
        Map.of(
            "COLOUR", "green",
            "_HANDLER", handler,
            "AWS_REGION", "us-east-1",
            "AWS_DEFAULT_REGION", "us-east-1",
            "AWS_EXECUTION_ENV", "AWS_Lambda_" + runtime,
            "AWS_LAMBDA_FUNCTION_NAME", name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256",
            "AWS_LAMBDA_FUNCTION_VERSION", "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/" + name);
    expected.forEach(
        (variable, value) ->
            assertThat(environment.path(variable).asText()).as(variable).isEqualTo(value));
    List<String> missing = new ArrayList<>();
    for (String variable :
        List.of(
            "AWS_LAMBDA_LOG_STREAM_NAME",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AWS_LAMBDA_RUNTIME_API",
            "LAMBDA_TASK_ROOT",
            "LAMBDA_RUNTIME_DIR")) {
      if (environment.path(variable).asText().isEmpty()) {
        missing.add(variable);
      }
    }
    assertThat(missing).as("variables that are not set").isEmpty();
    assertThat(environment.has("AWS_LAMBDA_METADATA_API"))
        .as("there is no metadata endpoint here, so nothing points at one")
        .isFalse();
  }
}
