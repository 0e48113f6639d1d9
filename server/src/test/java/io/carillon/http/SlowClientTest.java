package io.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

/// A client that is too slow loses its connection, and other clients are not affected.
class SlowClientTest extends EngineTest {
  private static final Duration BRIEF = Duration.ofMillis(100);
  private static final Duration HOUR = Duration.ofHours(1);

  private static Limits times(
      Duration head, Duration idle, Duration bodyStall, Duration writeStall) {
    return Limits.standard().withTimes(new Limits.Times(head, idle, bodyStall, writeStall, BRIEF));
  }

  @Test
  void anIncompleteHeadTimesOut() throws Exception {
    start(times(BRIEF, HOUR, HOUR, HOUR), EngineTest::echo);
    try (RawClient client = connect()) {
      assertThat(client.send("GET / HTTP/1.1\r\nX: a").answer().status()).isEqualTo(408);
      assertThat(client.atEnd()).isTrue();
    }
  }

  @Test
  void sendingAHeadSlowlyDoesNotExtendTheTimeout() throws Exception {
    start(times(BRIEF, HOUR, HOUR, HOUR), EngineTest::echo);
    try (RawClient client = connect()) {
      client.send("GET / HTTP/1.1\r\nX: a");
      await().until(() -> engine().connections() == 1);
      assertThatThrownBy(
              () -> {
                while (engine().connections() == 1) {
                  client.send("a");
                  Thread.onSpinWait();
                }
                throw new IOException("cut off");
              })
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void aConnectionWithoutARequestIsClosedWithoutAResponse() throws Exception {
    start(times(BRIEF, HOUR, HOUR, HOUR), EngineTest::echo);
    try (RawClient client = connect()) {
      assertThat(client.atEnd()).isTrue();
    }
  }

  @Test
  void anIdleConnectionIsClosed() throws Exception {
    start(times(HOUR, BRIEF, HOUR, HOUR), EngineTest::echo);
    try (RawClient client = connect()) {
      assertThat(client.send(get("/")).answer().status()).isEqualTo(200);
      assertThat(client.atEnd()).isTrue();
    }
  }

  @Test
  void aStalledBodyFailsItsReader() throws Exception {
    LinkedBlockingQueue<Body.Cause> seen = new LinkedBlockingQueue<>();
    start(
        times(HOUR, HOUR, BRIEF, HOUR),
        request -> {
          try {
            return echo(request);
          } catch (Body.BrokenException e) {
            seen.add(e.cause());
            throw e;
          }
        });
    try (RawClient client = connect()) {
      client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
      assertThat(client.answer().status()).isEqualTo(408);
      assertThat(client.atEnd()).isTrue();
      assertThat(seen).containsExactly(Body.Cause.TIMED_OUT);
    }
  }

  @Test
  void sendingABodySlowlyDoesNotExtendTheTimeout() throws Exception {
    start(times(HOUR, HOUR, BRIEF, HOUR), EngineTest::echo);
    Thread slowSender;
    try (RawClient client = connect()) {
      client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
      slowSender =
          Thread.startVirtualThread(
              () -> {
                try {
                  while (true) {
                    client.send("a");
                    Thread.sleep(BRIEF.dividedBy(5));
                  }
                } catch (IOException | InterruptedException e) {
                  Thread.currentThread().interrupt(); // The server has closed the connection.
                }
              });
      assertThat(client.answer().status()).isEqualTo(408);
    }
    slowSender.join();
  }

  @Test
  void aSlowHandlerDoesNotTimeOutAReceivedBody() throws Exception {
    start(
        times(BRIEF, BRIEF, BRIEF, BRIEF),
        request -> {
          long start = System.nanoTime();
          await().until(() -> System.nanoTime() - start > 3 * BRIEF.toNanos());
          return echo(request);
        });
    try (RawClient client = connect()) {
      client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
      assertThat(client.answer().text()).isEqualTo("abc");
    }
  }

  @Test
  void aClientThatDoesNotReadLosesItsConnection() throws Exception {
    LinkedBlockingQueue<String> closed = new LinkedBlockingQueue<>();
    start(
        times(HOUR, HOUR, HOUR, BRIEF),
        request -> {
          int size = 64 << 20;
          return Response.of(200)
              .withContent(
                  new Response.Content.Stream(
                      new ByteArrayInputStream(new byte[size]) {
                        @Override
                        public void close() {
                          closed.add("closed");
                        }
                      },
                      size));
        });
    try (RawClient client = RawClient.connectSlowReader(engine().port())) {
      client.send(get("/"));
      assertThat(closed.take()).isEqualTo("closed");
      await().until(() -> engine().connections() == 0);
    }
  }

  @Test
  void aClientThatDoesNotReadTheLastPieceLosesItsConnection() throws Exception {
    Limits limits = times(HOUR, BRIEF, HOUR, BRIEF);
    start(limits, request -> Response.of(200, "text/plain", new byte[60_000]));
    try (RawClient client = RawClient.connectSlowReader(engine().port())) {
      client.send(get("/").repeat(500));
      await().until(() -> engine().connections() == 0);
    }
  }
}
