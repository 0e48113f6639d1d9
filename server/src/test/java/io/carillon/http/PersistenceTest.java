package io.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// RFC 9112 §9.3: which connections persist.
class PersistenceTest extends EngineTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1.1 |                        |            | true",
        "1.1 | Connection: keep-alive |            | true",
        "1.1 | Connection: close      | close      | false",
        "1.1 | Connection: TE, CLOSE  | close      | false",
        "1.0 |                        | close      | false",
        "1.0 | Connection: Keep-Alive | keep-alive | true",
        "1.0 | Connection: x, close   | close      | false"
      })
  void theConnectionHeaderIsHonoured(String version, String header, String expected, boolean lives)
      throws Exception {
    start(longTimeouts(), EngineTest::echo);
    String line = header == null ? "" : header + "\r\n";
    try (RawClient client = connect()) {
      client.send("GET /1 HTTP/" + version + "\r\nHost: h\r\n" + line + "\r\n");
      RawClient.Answer answer = client.answer();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.headers().first("Connection")).isEqualTo(expected);
      if (lives) {
        assertThat(client.send(get("/2")).answer().headers().first("X-Path")).isEqualTo("/2");
      } else {
        assertThat(client.atEnd()).isTrue();
      }
    }
  }

  @Test
  void aConnectionServesManyRequests() throws Exception {
    start(EngineTest::echo);
    try (RawClient client = connect()) {
      for (int i = 0; i < 1000; i++) {
        client.send("PUT /" + i + " HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
        assertThat(client.answer().headers().first("X-Path")).isEqualTo("/" + i);
      }
      assertThat(engine().connections()).isEqualTo(1);
    }
  }
}
