package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.Runtime;

/// The admin API: open to the first account's root user and to holders of the token in the data
/// folder only. A server beyond loopback needs credentials of its own; unknown settings are
/// refused.
class AdminApiTest {
  @TempDir Path folder;

  @Test
  void onlyTheFirstAccountsRootUserAndTheTokenHaveAccess() throws Exception {
    try (Carillon server = Carillon.start(folder)) {
      assertThat(server.get("/_carillon/health").statusCode()).isEqualTo(200);
      assertThat(server.get("/_carillon/mail").statusCode()).as("unsigned").isEqualTo(403);
      for (String bare : List.of("/_carillon", "/_carillon/", "/_carillon?a=b")) {
        assertThat(server.get(bare).statusCode()).as(bare).isEqualTo(403);
      }
      assertThat(server.cli("mail", "--json").exit()).as("root").isZero();
      assertThat(server.cli("inspect", "no.such.table").output())
          .contains("There is no table no.such.table")
          .contains("store.nodes");
      for (String none : List.of("no", "no/such", "s3://no/such")) {
        FinishedProcess trace = server.cli("trace", none);
        assertThat(trace.output()).contains("There is no bucket no.");
        assertThat(trace.exit()).isEqualTo(1);
      }
      FinishedProcess unknown = server.cli("trace", "01a22c2168bb-GUG3ZZ5YCYNSYS2J");
      assertThat(unknown.output()).contains("is known");
      assertThat(unknown.exit()).isEqualTo(1);

      Carillon.Account other = server.account("other");
      Map<String, String> theirs = new HashMap<>(server.environment());
      theirs.putAll(other.environment());
      FinishedProcess refused =
          FinishedProcess.of(
              List.of(
                  Carillon.ROOT.resolve("carillon").toString(),
                  "mail",
                  "--json",
                  "--endpoint",
                  server.endpoint().toString()),
              theirs,
              folder);
      assertThat(refused.exit()).as("another account's root user").isEqualTo(1);
      assertThat(refused.output()).contains("the first account's root user");

      Path token = folder.resolve("data/keys/admin-token");
      assertThat(Files.getPosixFilePermissions(token)).hasSize(2);
      assertThat(server.stop()).isIn(0, 143);
    }
  }

  @Test
  void functionsAreRefused() throws Exception {
    Requirements.program("python3", "--version");
    try (Carillon server = Carillon.start(folder);
        IamClient iam = Clients.root(server).iam();
        LambdaClient lambda = Clients.root(server).lambda()) {
      String role =
          iam.createRole(
                  r ->
                      r.roleName("curious")
                          .assumeRolePolicyDocument(
                              """
                              {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
                               "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}\
                              """))
              .role()
              .arn();
      byte[] zip =
          Zip.of(
              "spy.py",
              """
              import os, urllib.request, urllib.error
              def handler(event, context):
                  try:
                      urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/_carillon/mail")
                      return "allowed"
                  except urllib.error.HTTPError as error:
                      return error.code
              """);
      lambda.createFunction(
          r ->
              r.functionName("spy")
                  .runtime(Runtime.PYTHON3_12)
                  .handler("spy.handler")
                  .timeout(20)
                  .role(role)
                  .code(c -> c.zipFile(SdkBytes.fromByteArray(zip))));
      lambda.waiter().waitUntilFunctionActiveV2(r -> r.functionName("spy"));

      assertThat(lambda.invoke(r -> r.functionName("spy")).payload().asUtf8String())
          .isEqualTo("403");
    }
  }

  @Test
  void listeningBeyondLoopbackNeedsOwnCredentials() throws Exception {
    FinishedProcess refused = start("--host", "0.0.0.0");

    assertThat(refused.exit()).isEqualTo(1);
    assertThat(refused.output()).contains("test/test, which everybody knows");
  }

  @Test
  void mistypedSettingsAreRefusedByName() throws Exception {
    FinishedProcess refused =
        FinishedProcess.of(command("--port", "0"), Map.of("CARILLON_PROT", "1"), folder);

    assertThat(refused.exit()).isEqualTo(1);
    assertThat(refused.output()).contains("CARILLON_PROT").contains("Did you mean port?");
  }

  private FinishedProcess start(String... flags) throws Exception {
    return FinishedProcess.of(command(flags), Map.of(), folder);
  }

  private List<String> command(String... flags) {
    List<String> command =
        new ArrayList<>(List.of(Carillon.ROOT.resolve("carillon").toString(), "start"));
    command.addAll(List.of(flags));
    return command;
  }
}
