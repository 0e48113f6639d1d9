package io.carillon.iam;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.RealClient;
import io.carillon.server.InMemoryServer;
import io.carillon.server.Server;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Managed policies as the AWS CLI sees them, and its output as a file of `--managed-policies`.
@Tag("slow")
class ManagedPolicyWireTest {
  private static final String ATTACHED = "arn:aws:iam::aws:policy/service-role/Copied";

  @TempDir Path folder;

  @BeforeEach
  void requireTheCli() throws InterruptedException {
    RealClient.needs("aws", "--version");
  }

  private static String aws(Server server, boolean succeeds, String... arguments) throws Exception {
    List<String> command = Stream.concat(Stream.of("aws", "iam"), Stream.of(arguments)).toList();
    return RealClient.output(server, succeeds, command);
  }

  /// The command that the server logs for a policy that is not built in.
  @Test
  void outputOfTheCliIsAttachableAfterARestart() throws Exception {
    String printed;
    try (Server server = InMemoryServer.start(Map.of())) {
      printed =
          aws(
              server,
              true,
              "get-policy-version",
              "--policy-arn",
              "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole",
              "--version-id",
              "v3");
      aws(
          server,
          true,
          "create-role",
          "--role-name",
          "r",
          "--assume-role-policy-document",
          IamFixture.LAMBDA_TRUST);
      assertThat(
              aws(
                  server,
                  false,
                  "attach-role-policy",
                  "--role-name",
                  "r",
                  "--policy-arn",
                  ATTACHED))
          .contains(
              "An error occurred (NoSuchEntity) when calling the AttachRolePolicy operation: Policy"
                  + " "
                  + ATTACHED
                  + " does not exist or is not attachable.");
    }
    Files.createDirectory(folder.resolve("service-role"));
    Files.writeString(folder.resolve("service-role/Copied.json"), printed);
    try (Server server = InMemoryServer.start(Map.of("managed-policies", folder.toString()))) {
      aws(server, true, "create-user", "--user-name", "u", "--permissions-boundary", ATTACHED);
      aws(server, true, "attach-user-policy", "--user-name", "u", "--policy-arn", ATTACHED);
      assertThat(aws(server, true, "get-policy", "--policy-arn", ATTACHED))
          .contains(
              "\"DefaultVersionId\": \"v3\"",
              "\"AttachmentCount\": 1",
              "\"PermissionsBoundaryUsageCount\": 1");
    }
  }
}
