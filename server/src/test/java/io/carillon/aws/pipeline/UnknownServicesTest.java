package io.carillon.aws.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.RealClient;
import io.carillon.server.Config;
import io.carillon.server.Server;
import io.carillon.server.Settings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Errors of unsupported services, as the services' clients show them.
@Tag("slow")
class UnknownServicesTest {
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

  @Test
  void anUnsupportedServiceIsNamedInItsClientsProtocol() throws Exception {
    RealClient.needs("python3", "-c", "import boto3");
    Path file = Path.of(getClass().getResource("/aws/unknown_services.py").toURI());

    Process process =
        RealClient.run(
            server, new ProcessBuilder("python3", file.toString()).redirectErrorStream(true));
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(said).isZero();
  }
}
