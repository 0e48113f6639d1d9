package io.carillon.lambda.runtime;

import static io.carillon.lambda.runtime.RuntimeFixture.need;
import static io.carillon.lambda.runtime.RuntimeFixture.python;
import static io.carillon.lambda.runtime.RuntimeFixture.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carillon.http.HttpEngine;
import io.carillon.http.Limits;
import io.carillon.http.Peer;
import io.carillon.http.RawClient;
import io.carillon.http.Response;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A real function is distinguished from this process, however it connects or hides its socket.
class FunctionPeersTest {
  private static final String FUNCTION =
      """
      import array, ctypes, os, socket, subprocess

      def ask(sock, path="/"):
          sock.sendall(b"GET %b HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n" % path.encode())
          return read(sock)

      def read(sock):
          answer = b""
          while piece := sock.recv(4096):
              answer += piece
          return answer.decode().partition("\\r\\n\\r\\n")[2]

      def by(address, port):
          with socket.create_connection((address, port), timeout=20) as sock:
              return ask(sock)

      def both_families(port):
          with socket.socket(socket.AF_INET6) as sock:
              sock.connect(("::ffff:127.0.0.1", port))
              return ask(sock)

      def proxied(port):
          near, far = socket.socketpair()
          if os.fork() == 0:
              if os.fork() == 0: # an orphan by now
                  os.setsid()
                  near.close()
                  with socket.create_connection(("127.0.0.1", port)) as out:
                      out.sendall(far.recv(4096))
                      far.sendall(read(out).encode())
              os._exit(0)
          os.wait()
          far.close()
          near.sendall(b"GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n")
          return near.recv(4096).decode()

      def in_flight(port):
          sock = socket.create_connection(("127.0.0.1", port))
          sock.sendall(b"GET /later HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n")
          near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
          rights = array.array("i", [sock.fileno()])
          near.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
          sock.close()
          with socket.create_connection(("127.0.0.1", port)) as other:
              ask(other, "/now")
          _, rest, _, _ = far.recvmsg(1, socket.CMSG_LEN(4))
          with socket.socket(fileno=int.from_bytes(rest[0][2], "little")) as back:
              return read(back)

      def unseen(port):
          ctypes.CDLL(None).prctl(4, 0, 0, 0, 0) # its files cannot be listed any more
          try:
              return by("127.0.0.1", port)
          finally:
              ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)

      def handler(event, context):
          port = event["port"]
          found = {a: by(a, port) for a in event["addresses"]}
          found["both families"] = both_families(port)
          found["proxied"] = proxied(port)
          found["in flight"] = in_flight(port)
          found["unseen"] = unseen(port)
          found["curl"] = subprocess.run(["curl", "-s", "http://127.0.0.1:%d/" % port],
                                         capture_output=True, text=True).stdout
          return found
      """;

  @TempDir Path folder;

  @Test
  void functionsAreDistinguishedFromOtherProcesses() throws Exception {
    CountDownLatch now = new CountDownLatch(1);
    Peers peers;
    try (RuntimeFixture fixture = new RuntimeFixture(folder)) {
      need(fixture.executor.isolates(), "bubblewrap");
      need(fixture.runtimes.missingFor("python3.11").isEmpty(), "Python");
      need(Machine.here().program("curl").isPresent(), "curl");
      peers = fixture.executor.peers();
      assertThat(peers.functionsEverStarted()).as("before the first start").isFalse();
      try (HttpEngine engine =
          HttpEngine.start(
              new InetSocketAddress("::", 0),
              Limits.standard(),
              request -> {
                if (request.rawPath().equals("/now")) {
                  now.countDown();
                } else if (request.rawPath().equals("/later")) {
                  now.await();
                }
                return Response.text(200, peers.of(request.socket()).getClass().getSimpleName());
              })) {
        String addresses =
            String.join("\",\"", "127.0.0.1", "127.0.0.2", "::1", PeersTest.nonLoopbackAddress());
        JsonNode found =
            new ObjectMapper()
                .readTree(
                    text(
                        fixture.invoke(
                            python("spy", FUNCTION),
                            "{\"port\":%d,\"addresses\":[\"%s\"]}"
                                .formatted(engine.port(), addresses))));

        assertThat(found.size()).as(found.toString()).isGreaterThanOrEqualTo(8);
        found
            .properties()
            .forEach(
                way ->
                    assertThat(way.getValue().asText())
                        .as(way.getKey())
                        .isEqualTo(Peer.Environment.class.getSimpleName()));
        assertThat(peers.functionsEverStarted()).isTrue();
        try (RawClient client = RawClient.connect(engine.port())) {
          assertThat(client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").answer().text())
              .isEqualTo(Peer.Local.class.getSimpleName());
        }
      }
    }
    assertThat(peers.functionsEverStarted())
        .as("a function's request may be unread after its end")
        .isTrue();
  }
}
