package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.Clients;
import io.carillon.aws.DirectClient;
import io.carillon.aws.Operations;
import io.carillon.http.Headers;
import io.carillon.http.HttpEngine;
import io.carillon.http.Limits;
import io.carillon.http.RawClient;
import io.carillon.http.Response;
import io.carillon.lambda.runtime.Executor;
import io.carillon.lambda.runtime.Peers;
import io.carillon.lambda.runtime.ProcessExecutor;
import io.carillon.s3.S3Service;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which requests are the admin API's, and which count as those of one sender.
class RootHandlerTest {
  @TempDir Path folder;

  @Test
  void functionsAreLimitedToAShareOfRequestMemoryAndOtherClientsAreNot() throws Exception {
    Path work = Files.createDirectory(folder.resolve("work"));
    BlockingQueue<Optional<String>> senders = new LinkedBlockingQueue<>();
    try (ProcessExecutor executor = new ProcessExecutor(work, true)) {
      Assumptions.assumeTrue(executor.identifiesFunctions(), "functions that can be identified");
      RootHandler rootHandler = rootHandler(executor.peers());
      try (HttpEngine engine =
          HttpEngine.start(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
              Limits.standard(),
              request -> {
                senders.add(Optional.ofNullable(rootHandler.sender(request.socket())));
                return Response.of(200);
              })) {
        sendRequest(engine);
        assertThat(senders.take()).as("before the first function").isEmpty();

        Path code = executor.openFolder(Files.createDirectory(folder.resolve("code")));
        Executor.Running function = executor.start(function(code, requestTo(engine.port())));
        assertThat(senders.take()).as("a function").isPresent();
        function.kill();

        sendRequest(engine);
        assertThat(senders.take()).as("another client").isEmpty();
      }
    }
  }

  @Test
  void adminRequestsGoToTheAdminApiUnlessTheHostNamesABucket() throws Exception {
    Path work = Files.createDirectory(folder.resolve("work"));
    try (ProcessExecutor executor = new ProcessExecutor(work, false)) {
      RootHandler rootHandler = rootHandler(executor.peers());
      for (String path :
          List.of("/_carillon", "/_carillon/health", "/_carillon/a?b", "/_localstack/health")) {
        assertThat(answer(rootHandler, "localhost", path)).isEqualTo("admin");
      }
      for (String path : List.of("/_carillon", "/_carillon/x", "/_localstack/health")) {
        assertThat(answer(rootHandler, "b.localhost", path)).contains("NotImplemented");
      }
      assertThat(answer(rootHandler, "localhost", "/_carillonade")).contains("NotImplemented");
    }
  }

  private static String answer(RootHandler rootHandler, String host, String target)
      throws Exception {
    Headers fields = new Headers().add("Host", host);
    Response response =
        rootHandler.handle(DirectClient.request("GET", target, fields, new byte[0]));
    return new String(DirectClient.bytes(response), StandardCharsets.UTF_8);
  }

  private RootHandler rootHandler(Peers peers) {
    Config config = Config.of(Settings.resolve(Map.of(), Map.of(), Optional.empty()));
    return new RootHandler(
        Clients.pipeline(Operations.of(S3Service.SPEC)),
        _ -> Response.text(200, "admin"),
        new WellKnownKey(config, peers),
        List.of(),
        peers);
  }

  private static String requestTo(int port) {
    return """
    exec 3<>/dev/tcp/127.0.0.1/%d
    printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' >&3
    read -u 3
    """
        .formatted(port);
  }

  private static Executor.Launch function(Path code, String script) {
    return new Executor.Launch(
        "function",
        List.of("/bin/bash", "-c", script),
        Map.of("PATH", "/usr/bin:/bin"),
        code,
        code,
        List.of(),
        128,
        16);
  }

  private static void sendRequest(HttpEngine engine) throws Exception {
    try (RawClient client = RawClient.connect(engine.port())) {
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").answer();
    }
  }
}
