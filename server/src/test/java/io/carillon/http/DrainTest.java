package io.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/// A stopping server completes the requests that have begun.
class DrainTest extends EngineTest {
  private final CountDownLatch go = new CountDownLatch(1);

  private Response waiting(Request request) throws Exception {
    if (request.rawPath().equals("/wait")) {
      go.await();
    }
    return Response.text(200, request.rawPath());
  }

  private CompletableFuture<Boolean> drain(Duration patience) {
    CompletableFuture<Boolean> drained = new CompletableFuture<>();
    Thread.startVirtualThread(() -> drained.complete(engine().drain(patience)));
    return drained;
  }

  @Test
  void runningRequestsCompleteAndTheirConnectionsClose() throws Exception {
    start(longTimeouts(), this::waiting);
    try (RawClient client = connect();
        RawClient idle = connect();
        RawClient served = connect()) {
      client.send(get("/wait"));
      served.send(get("/")).answer();
      await().until(() -> engine().requests() == 1 && engine().connections() == 3);
      CompletableFuture<Boolean> drained = drain(Duration.ofHours(1));
      assertThat(idle.atEnd()).isTrue();
      assertThat(served.atEnd()).isTrue();
      assertThatThrownBy(this::connect).isInstanceOf(IOException.class);
      assertThat(drained).isNotDone();
      go.countDown();
      RawClient.Answer answer = client.answer();
      assertThat(answer.text()).isEqualTo("/wait");
      assertThat(answer.headers().first("Connection")).isEqualTo("close");
      assertThat(client.atEnd()).isTrue();
      assertThat(drained.get()).isTrue();
    }
  }

  @Test
  void aRequestWhoseHeadHasBegunIsStillServed() throws Exception {
    start(longTimeouts(), this::waiting);
    try (RawClient client = connect();
        RawClient other = connect()) {
      client.send("GET /half HTTP/1.1\r\nHo");
      other.send(get("/")).answer();
      await().until(() -> bufferedBytes() > 0);
      CompletableFuture<Boolean> drained = drain(Duration.ofHours(1));
      assertThat(other.atEnd()).isTrue();
      RawClient.Answer answer = client.send("st: h\r\n\r\n").answer();
      assertThat(answer.text()).isEqualTo("/half");
      assertThat(answer.headers().first("Connection")).isEqualTo("close");
      assertThat(drained.get()).isTrue();
    }
  }

  @Test
  void drainingStopsAtItsTimeout() throws Exception {
    start(longTimeouts(), this::waiting);
    try (RawClient client = connect()) {
      client.send(get("/wait"));
      await().until(() -> engine().requests() == 1);
      assertThat(engine().drain(Duration.ofMillis(50))).isFalse();
      engine().close();
      assertThatThrownBy(client::answer).isInstanceOf(IOException.class);
      go.countDown();
    }
  }

  @Test
  void drainingAnIdleServerReturnsAtOnce() throws Exception {
    start(longTimeouts(), this::waiting);
    assertThat(engine().drain(Duration.ZERO)).isTrue();
  }

  @Test
  void aPortInUseIsReported() throws Exception {
    start(this::waiting);
    assertThatThrownBy(
            () ->
                HttpEngine.start(
                    new java.net.InetSocketAddress(
                        java.net.InetAddress.getLoopbackAddress(), engine().port()),
                    Limits.standard(),
                    this::waiting))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("" + engine().port());
  }

  /// Netty's loops end without closing their channels if they are asked to at the wrong moment.
  @Test
  void closingClosesEveryConnectionAndReleasesWhatItHasReceived() throws Exception {
    for (int i = 0; i < 100; i++) {
      start(longTimeouts(), this::waiting);
      try (RawClient begun = connect();
          RawClient silent = connect();
          RawClient other = connect()) {
        begun.send("GET / HT");
        other.send("GET / HT");
        await().until(() -> engine().connections() == 3 && bufferedBytes() > 0);
        stopAndCountBuffers();
        assertThat(silent.atEnd()).isTrue();
      }
    }
  }
}
