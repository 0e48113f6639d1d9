package io.carillon.aws.pipeline;

import io.carillon.aws.Operations;
import io.carillon.aws.RealClient;
import io.carillon.server.InMemoryServer;
import io.carillon.server.Server;
import java.io.IOException;
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
    server = InMemoryServer.start();
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
