package io.carillon.sns.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.outbox.Outcome;
import io.carillon.sns.PostTransport.Post;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The transport against peers that answer, refuse, hang, tear and go on for ever.
class HttpTransportTest {
  private final HttpTransport transport =
      new HttpTransport(EndpointRule.usual(), Duration.ofSeconds(2));

  @AfterEach
  void close() throws IOException {
    transport.close();
  }

  @ParameterizedTest
  @CsvSource({
    "200,Done",
    "204,Done",
    "301,Rejected",
    "400,Rejected",
    "404,Rejected",
    "429,Retry",
    "500,Retry",
    "503,Retry"
  })
  void theStatusDecides(int status, String outcome) throws IOException {
    try (Peer peer =
        new Peer(
            out ->
                out.write(
                    ("HTTP/1.1 " + status + " X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII)))) {
      assertThat(post(peer.uri()).getClass().getSimpleName()).isEqualTo(outcome);
    }
  }

  @Test
  void aBusyEndpointIsGivenTheTimeItAsksFor() throws IOException {
    try (Peer peer =
        new Peer(
            out ->
                out.write(
                    "HTTP/1.1 429 X\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"
                        .getBytes(StandardCharsets.US_ASCII)))) {
      assertThat(post(peer.uri()))
          .isEqualTo(new Outcome.Postponed("the endpoint answered 429", Duration.ofSeconds(7)));
    }
  }

  @Test
  void noListenerIsTriedAgain() throws IOException {
    URI gone;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      gone = URI.create("http://127.0.0.1:" + socket.getLocalPort() + "/");
    }
    assertThat(post(gone)).isInstanceOf(Outcome.Retry.class);
  }

  @Test
  void aPeerThatHangsIsGivenUp() throws IOException {
    try (Peer peer =
        new Peer(
            _ -> {
              try {
                Thread.sleep(60_000);
              } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
              }
            })) {
      assertThat(post(peer.uri())).isInstanceOf(Outcome.Retry.class);
    }
  }

  @Test
  void aPeerThatDribblesIsGivenUp() throws IOException {
    try (Peer peer = new Peer(out -> forEver(out, "HTTP/1.1 200 OK\r\nX: ", "y", 50))) {
      assertThat(post(peer.uri())).isInstanceOf(Outcome.Retry.class);
    }
  }

  @Test
  void anEndlessAnswerIsCutOff() throws IOException {
    try (Peer peer =
        new Peer(out -> forEver(out, "HTTP/1.1 200 OK\r\n\r\n", "x".repeat(8_192), 0))) {
      assertThat(post(peer.uri())).isInstanceOf(Outcome.Retry.class);
    }
  }

  @Test
  void aTornAnswerIsTriedAgain() throws IOException {
    try (Peer peer =
        new Peer(out -> out.write("HTTP/1.1 20".getBytes(StandardCharsets.US_ASCII)))) {
      assertThat(post(peer.uri())).isInstanceOf(Outcome.Retry.class);
    }
  }

  @Test
  void nothingIsPostedToLinkLocalAddresses() {
    assertThat(post(URI.create("http://169.254.169.254/latest/meta-data")))
        .isInstanceOfSatisfying(
            Outcome.Retry.class, retry -> assertThat(retry.why()).contains("link-local"));
  }

  private Outcome post(URI endpoint) {
    return transport.post(new Post(endpoint, Map.of("Content-Type", "text/plain"), new byte[] {1}));
  }

  private static void forEver(OutputStream out, String first, String then, long pauseMillis)
      throws IOException {
    out.write(first.getBytes(StandardCharsets.US_ASCII));
    try {
      while (true) {
        out.write(then.getBytes(StandardCharsets.US_ASCII));
        out.flush();
        Thread.sleep(pauseMillis);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @FunctionalInterface
  private interface Answer {
    void to(OutputStream out) throws IOException;
  }

  /// Reads one request and answers it in its own way.
  private static final class Peer implements AutoCloseable {
    private final ServerSocket socket = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    private final Thread thread;

    Peer(Answer answer) throws IOException {
      this.thread =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try (Socket client = socket.accept()) {
                      readRequest(client.getInputStream());
                      answer.to(client.getOutputStream());
                    } catch (IOException _) {
                      // the client has gone, or the test is over
                    }
                  });
    }

    private static void readRequest(InputStream in) throws IOException {
      int newlines = 0;
      while (newlines < 2) {
        int c = in.read();
        newlines = c == '\n' ? newlines + 1 : c == '\r' ? newlines : 0;
        if (c < 0) {
          return;
        }
      }
      in.read(); // the body's one byte
    }

    URI uri() {
      return URI.create("http://127.0.0.1:" + socket.getLocalPort() + "/inbox");
    }

    @Override
    public void close() throws IOException {
      thread.interrupt();
      socket.close();
    }
  }
}
