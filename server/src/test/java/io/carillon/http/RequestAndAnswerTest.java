package io.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RequestAndAnswerTest extends EngineTest {

  @Test
  void aGetIsAnswered() throws Exception {
    start(EngineTest::echo);
    try (RawClient client = connect()) {
      RawClient.Answer answer =
          client.send("GET /a//../b%2Fc?x=%00&y HTTP/1.1\r\nHost: h\r\n\r\n").answer();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.headers().first("X-Path")).isEqualTo("/a//../b%2Fc");
      assertThat(answer.headers().first("X-Query")).isEqualTo("x=%00&y");
    }
  }

  @Test
  void bodiesComeThroughWithLengthAndInChunks() throws Exception {
    start(EngineTest::echo);
    try (RawClient client = connect()) {
      client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
      assertThat(client.answer().text()).isEqualTo("hello");
      client.send("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
      client.send("3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\n\r\n");
      assertThat(client.answer().text()).isEqualTo("hello");
    }
  }
}
