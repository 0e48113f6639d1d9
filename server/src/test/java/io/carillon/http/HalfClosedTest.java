package io.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

/// Clients that shut their output down after the request, as `nc` does; and clients that do so too
/// early.
class HalfClosedTest extends EngineTest {

  @Test
  void aHalfClosedClientGetsItsResponse() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    start(
        longTimeouts(),
        request -> {
          go.await();
          return echo(request);
        });
    try (RawClient client = connect()) {
      client.send("PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" + get("/b"));
      client.shutdownOutput();
      go.countDown();
      assertThat(client.answer().text()).isEqualTo("abc");
      assertThat(client.answer().headers().first("X-Path")).isEqualTo("/b");
      assertThat(client.atEnd()).isTrue();
    }
  }

  @Test
  void allRequestsBeforeTheEndGetResponses() throws Exception {
    start(longTimeouts(), EngineTest::echo);
    try (RawClient client = connect()) {
      client.send(get("/x").repeat(5000)).shutdownOutput();
      for (int i = 0; i < 5000; i++) {
        assertThat(client.answer().status()).isEqualTo(200);
      }
      assertThat(client.atEnd()).isTrue();
    }
  }

  @Test
  void bytesBufferedForAHalfClosedClientAreBounded() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    start(
        longTimeouts(),
        request -> {
          go.await();
          return Response.text(200, "" + request.body().readAllBytes().length);
        });
    int size = 1 << 20; // Fits into the kernel's buffers, so the end arrives while all is unread.
    try (RawClient client = connect()) {
      client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: " + size + "\r\n\r\n");
      client.send(new byte[size]).shutdownOutput();
      try (RawClient other = connect()) {
        other.send(get("/"));
        await().until(() -> engine().requests() == 2);
        assertThat(bufferedBytes()).isLessThan(512 << 10);
        go.countDown();
        assertThat(other.answer().status()).isEqualTo(200);
      }
      assertThat(client.answer().text()).isEqualTo("" + size);
      assertThat(client.atEnd()).isTrue();
    }
  }

  @Test
  void aTruncatedBodyThrows() throws Exception {
    LinkedBlockingQueue<Body.Cause> seen = new LinkedBlockingQueue<>();
    start(
        longTimeouts(),
        request -> {
          try {
            return echo(request);
          } catch (Body.BrokenException e) {
            seen.add(e.cause());
            throw e;
          }
        });
    for (String body :
        new String[] {
          "Content-Length: 10\r\n\r\nabc",
          "Content-Length: 10\r\n\r\n",
          "Transfer-Encoding: chunked\r\n\r\n",
          "Transfer-Encoding: chunked\r\n\r\n3\r\nabc",
          "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
          "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
          "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n"
        }) {
      try (RawClient client = connect()) {
        client.send("PUT / HTTP/1.1\r\nHost: h\r\n" + body).shutdownOutput();
        assertThat(client.answer().status()).as(body).isEqualTo(400);
        assertThat(client.atEnd()).isTrue();
        assertThat(seen.take()).isEqualTo(Body.Cause.TRUNCATED);
      }
    }
  }

  @Test
  void aResetConnectionTruncatesTheBody() throws Exception {
    LinkedBlockingQueue<Exception> seen = new LinkedBlockingQueue<>();
    start(
        longTimeouts(),
        request -> {
          try {
            return echo(request);
          } catch (Exception e) {
            seen.add(e);
            throw e;
          }
        });
    try (RawClient client = connect()) {
      client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
      await().until(() -> engine().requests() == 1);
    }
    assertThat(seen.take()).isInstanceOf(Body.BrokenException.class);
    await().until(() -> engine().connections() == 0);
  }

  @Test
  void anUnfinishedHeadGetsNoResponse() throws Exception {
    start(longTimeouts(), EngineTest::echo);
    try (RawClient client = connect()) {
      client.send("GET / HTTP/1.1\r\nHo").shutdownOutput();
      assertThat(client.atEnd()).isTrue();
      await().until(() -> engine().connections() == 0);
    }
  }
}
