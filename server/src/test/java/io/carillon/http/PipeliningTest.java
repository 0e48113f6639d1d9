package io.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// RFC 9112 §9.3.2: responses come in the order of the requests.
class PipeliningTest extends EngineTest {

  @Test
  void responsesComeInOrder() throws Exception {
    start(EngineTest::echo);
    StringBuilder requests = new StringBuilder();
    for (int i = 0; i < 200; i++) {
      requests.append("PUT /").append(i).append(" HTTP/1.1\r\nHost: h\r\n");
      if (i % 2 == 0) {
        requests.append("Content-Length: 3\r\n\r\nabc");
      } else {
        requests.append("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
      }
    }
    try (RawClient client = connect()) {
      client.send(requests.toString());
      for (int i = 0; i < 200; i++) {
        RawClient.Answer answer = client.answer();
        assertThat(answer.headers().first("X-Path")).isEqualTo("/" + i);
        assertThat(answer.text()).isEqualTo("abc");
      }
    }
  }

  @Test
  void theSecondRequestStartsAfterTheFirstResponse() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    AtomicInteger started = new AtomicInteger();
    start(
        request -> {
          started.incrementAndGet();
          go.await();
          return Response.text(200, request.rawPath());
        });
    try (RawClient client = connect()) {
      client.send(get("/1") + get("/2"));
      await().until(() -> started.get() == 1);
      // A complete exchange on another connection shows that the engine has had the time.
      try (RawClient other = connect()) {
        other.send(get("/other"));
        await().until(() -> started.get() == 2);
        go.countDown();
        assertThat(other.answer().text()).isEqualTo("/other");
      }
      assertThat(client.answer().text()).isEqualTo("/1");
      assertThat(client.answer().text()).isEqualTo("/2");
      assertThat(started).hasValue(3);
    }
  }

  @Test
  void requestsThatFollowAnUnreadBodyAreFound() throws Exception {
    start(request -> Response.text(200, request.rawPath()));
    try (RawClient client = connect()) {
      client.send("PUT /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nGET ");
      client.send(
          "PUT /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nGET \r\n0\r\n\r\n");
      client.send(get("/3"));
      for (int i = 1; i <= 3; i++) {
        assertThat(client.answer().text()).isEqualTo("/" + i);
      }
    }
  }

  @Test
  void requestsAfterConnectionCloseAreIgnored() throws Exception {
    AtomicInteger handled = new AtomicInteger();
    start(
        request -> {
          handled.incrementAndGet();
          return Response.of(200);
        });
    try (RawClient client = connect()) {
      client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: Close\r\n\r\n" + get("/2"));
      assertThat(client.answer().headers().first("Connection")).isEqualTo("close");
      assertThat(client.atEnd()).isTrue();
      assertThat(handled).hasValue(1);
    }
  }
}
