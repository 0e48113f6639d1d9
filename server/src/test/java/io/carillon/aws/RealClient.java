package io.carillon.aws;

import io.carillon.server.Config;
import io.carillon.server.Server;
import io.carillon.server.Settings;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/// Real clients as programs: the AWS CLI, scripts with boto3.
public final class RealClient {
  private RealClient() {}

  /// Starts a program whose clients are root of `server`.
  public static Process run(Server server, ProcessBuilder builder) throws IOException {
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
