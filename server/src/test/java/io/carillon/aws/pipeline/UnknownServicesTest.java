package io.carillon.aws.pipeline;

import io.carillon.aws.Operations;
import io.carillon.aws.RealClient;
import io.carillon.server.Config;
import io.carillon.server.Server;
import io.carillon.server.Settings;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Errors of unsupported services, as the services' clients show them.
@Tag("slow")
class UnknownServicesTest {
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
    String mounted =
        server.operations().stream().map(Operations::service).collect(Collectors.joining(","));
    RealClient.runScript(server, "/aws/unknown_services.py", mounted);
  }
}
