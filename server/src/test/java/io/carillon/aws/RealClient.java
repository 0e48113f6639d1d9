package io.carillon.aws;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.server.Config;
import io.carillon.server.Server;
import io.carillon.server.Settings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/// Real clients as programs: the AWS CLI, scripts with boto3.
public final class RealClient {
  private static final long TIMEOUT_SECONDS = 240;

  private RealClient() {}

  /// Starts a program whose clients are root of `server`.
  private static Process run(Server server, ProcessBuilder builder) throws IOException {
    Config config = Config.of(Settings.resolve(Map.of(), Map.of(), Optional.empty()));
    builder
        .environment()
        .putAll(
            Map.of(
                "AWS_ENDPOINT_URL",
                server.endpoint().toString(),
                "AWS_ACCESS_KEY_ID",
                config.accessKeyId(),
                "AWS_SECRET_ACCESS_KEY",
                config.secretAccessKey().reveal(),
                "AWS_DEFAULT_REGION",
                "us-east-1",
                "AWS_CONFIG_FILE",
                "/dev/null",
                "AWS_SHARED_CREDENTIALS_FILE",
                "/dev/null"));
    return builder.start();
  }

  /// Runs a program to its end as root of `server`, and requires that it succeeds or fails.
  ///
  /// @return what it printed, output and errors together
  public static String output(Server server, boolean succeeds, List<String> command)
      throws IOException, InterruptedException {
    Process process = run(server, new ProcessBuilder(command).redirectErrorStream(true));
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue() == 0).as(said).isEqualTo(succeeds);
    return said;
  }

  /// Runs a script of the test resources that uses boto3, which must succeed.
  public static void runScript(Server server, String resource, String... arguments)
      throws Exception {
    needs("python3", "-c", "import boto3");
    Path file = Path.of(RealClient.class.getResource(resource).toURI());
    List<String> command = new ArrayList<>(List.of("python3", file.toString()));
    command.addAll(List.of(arguments));
    output(server, true, command);
  }

  /// A missing program skips the test, and fails it where `CI=true`.
  public static void needs(String... command) throws InterruptedException {
    String reason = "needs `" + String.join(" ", List.of(command)) + "` to work on this machine";
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (process.waitFor() == 0) {
        return;
      }
    } catch (IOException _) {
      // the program is missing
    }
    if ("true".equals(System.getenv("CI"))) {
      Assertions.fail(reason);
    }
    Assumptions.abort(reason);
  }
}
