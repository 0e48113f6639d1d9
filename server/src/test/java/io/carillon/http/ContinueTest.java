package io.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// RFC 9110 §10.1.1: `100 Continue` is sent when the handler reads the body, not before.
class ContinueTest extends EngineTest {
  private static final String EMPTY =
      "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n";
  private static final String HEAD =
      "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n";

  @Test
  void theFirstReadSendsContinue() throws Exception {
    start(longTimeouts(), EngineTest::echo);
    try (RawClient client = connect()) {
      for (int i = 0; i < 3; i++) {
        RawClient.Answer interim = client.send(HEAD).answerWithoutBody();
        assertThat(interim.status()).isEqualTo(100);
        assertThat(interim.headers().size()).isZero();
        assertThat(client.send("abc").answer().text()).isEqualTo("abc");
      }
    }
  }

  @Test
  void aRejectionSendsNoContinueAndEndsTheConnection() throws Exception {
    start(longTimeouts(), request -> Response.of(403));
    try (RawClient client = connect()) {
      RawClient.Answer answer = client.send(HEAD).answer();
      assertThat(answer.status()).isEqualTo(403);
      assertThat(answer.headers().first("Connection")).isEqualTo("close");
      assertThat(client.atEnd()).isTrue();
    }
  }

  @Test
  void theFirstReadOfAChunkedBodySendsContinue() throws Exception {
    start(longTimeouts(), EngineTest::echo);
    try (RawClient client = connect()) {
      client.send(
          "PUT / HTTP/1.1\r\n"
              + "Host: h\r\n"
              + "Expect: 100-continue\r\n"
              + "Transfer-Encoding: chunked\r\n\r\n");
      assertThat(client.answerWithoutBody().status()).isEqualTo(100);
      assertThat(client.send("3\r\nabc\r\n0\r\n\r\n").answer().text()).isEqualTo("abc");
    }
  }

  @Test
  void aClientThatDoesNotWaitGetsNoContinue() throws Exception {
    start(longTimeouts(), EngineTest::echo);
    try (RawClient client = connect()) {
      RawClient.Answer answer = client.send(HEAD + "abc").answer();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.text()).isEqualTo("abc");
    }
  }

  /// botocore sends nothing more on a connection on which it got no `100 Continue`, even where its
  /// body was empty: the next request would hang until its time-out.
  @Test
  void aClientWithAnEmptyBodyGetsContinueToo() throws Exception {
    start(longTimeouts(), EngineTest::echo);
    try (RawClient client = connect()) {
      for (int i = 0; i < 3; i++) {
        client.send(EMPTY);
        assertThat(client.answerWithoutBody().status()).isEqualTo(100);
        assertThat(client.answer().status()).isEqualTo(200);
      }
    }
  }

  @Test
  void rejectingAnEmptyBodyEndsTheConnection() throws Exception {
    start(longTimeouts(), request -> Response.of(412));
    try (RawClient client = connect()) {
      RawClient.Answer answer = client.send(EMPTY).answer();
      assertThat(answer.status()).isEqualTo(412);
      assertThat(answer.headers().first("Connection")).isEqualTo("close");
      assertThat(client.atEnd()).isTrue();
    }
  }

  @Test
  void http10ClientsGetNoContinue() throws Exception {
    start(longTimeouts(), EngineTest::echo);
    try (RawClient client = connect()) {
      client.send("PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc");
      assertThat(client.answer().text()).isEqualTo("abc");
    }
  }
}
