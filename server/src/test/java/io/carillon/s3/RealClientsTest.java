package io.carillon.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.Config;
import io.carillon.Server;
import io.carillon.Settings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// S3 as boto3, the AWS CLI and curl see it, over a socket. What the scripts under `resources/s3`
/// expect is AWS's documented behaviour, named in them; each leaves buckets of its own.
class RealClientsTest {
  private static final long PATIENCE_SECONDS = 240;

  private static Server server;

  @BeforeAll
  static void start() throws IOException {
    Map<String, String> flags = Map.of("in-memory", "true", "port", "0", "sandbox", "off");
    server = Server.start(Config.of(Settings.resolve(flags, Map.of(), Optional.empty())));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"presigned.py", "post_object.py", "s3fs.py", "regions.py"})
  void aScriptOfRealClientsFindsWhatAwsWouldAnswer(String script) throws Exception {
    needs("python3", "-c", "import boto3");
    Path file = Path.of(getClass().getResource("/s3/" + script).toURI());

    Process process = run(new ProcessBuilder("python3", file.toString()).redirectErrorStream(true));
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(said).isZero();
  }

  private static Process run(ProcessBuilder builder) throws IOException {
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

  /// A program that is missing skips the test, and fails it where `CI=true`.
  private static void needs(String... command) throws InterruptedException {
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
      // it is not there
    }
    if ("true".equals(System.getenv("CI"))) {
      Assertions.fail(reason);
    }
    Assumptions.abort(reason);
  }
}
