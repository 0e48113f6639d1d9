package io.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;

class TlsTest {

  @Test
  void requestsAreServedOverTls() throws Exception {
    SSLContext tls = SelfSigned.context();
    AtomicBoolean secure = new AtomicBoolean();
    try (HttpEngine engine =
            HttpEngine.start(
                EngineTest.LOOPBACK,
                Limits.standard(),
                tls,
                request -> {
                  secure.set(request.secure());
                  return EngineTest.echo(request);
                });
        RawClient client = connect(tls, engine.port())) {
      byte[] bytes = new byte[500_000];
      for (int i = 0; i < 3; i++) {
        client.send("PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n").send(bytes);
        assertThat(client.answer().body()).isEqualTo(bytes);
      }
      client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      assertThat(client.answer().status()).isEqualTo(200);
      assertThat(client.atEnd()).isTrue();
      assertThat(secure).isTrue();
    }
  }

  @Test
  void aClientThatDoesNotSpeakTlsLosesItsConnection() throws Exception {
    try (HttpEngine engine =
            HttpEngine.start(
                EngineTest.LOOPBACK, Limits.standard(), SelfSigned.context(), EngineTest::echo);
        RawClient client = RawClient.connect(engine.port())) {
      client.send(EngineTest.get("/"));
      while (!client.atEnd()) {} // A TLS alert, then the end.
    }
  }

  private static RawClient connect(SSLContext tls, int port) throws Exception {
    SSLSocket socket =
        (SSLSocket) tls.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
    return new RawClient(socket);
  }
}
