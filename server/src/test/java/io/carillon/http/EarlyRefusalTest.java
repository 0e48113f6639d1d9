package io.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/// Responses sent before the body has arrived: promptly, and so that a client still sending sees
/// them.
class EarlyRefusalTest extends EngineTest {

  private static Response refuse(Request request) {
    return Response.text(403, "no");
  }

  private static String put(long length) {
    return "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: " + length + "\r\n\r\n";
  }

  @Test
  void theResponseIsSentBeforeTheBodyArrives() throws Exception {
    start(longTimeouts(), EarlyRefusalTest::refuse);
    try (RawClient client = connect()) {
      RawClient.Answer answer = client.send(put(1 << 30)).answer();
      assertThat(answer.status()).isEqualTo(403);
      assertThat(answer.headers().first("Connection")).isEqualTo("close");
      assertThat(client.atEnd()).isTrue();
    }
  }

  @Test
  void aClientThatSendsAllBeforeItReadsSeesTheResponse() throws Exception {
    start(longTimeouts(), EarlyRefusalTest::refuse);
    int size = 32 << 20;
    try (RawClient client = connect()) {
      client.send(put(size));
      for (int sent = 0; sent < size; sent += 1 << 20) {
        client.send(new byte[1 << 20]);
      }
      assertThat(client.answer().text()).isEqualTo("no");
      assertThat(client.atEnd()).isTrue();
    }
    await().until(() -> engine().connections() == 0);
  }

  @Test
  void aClientThatSendsChunksBeforeItReadsSeesTheResponse() throws Exception {
    start(longTimeouts(), EarlyRefusalTest::refuse);
    try (RawClient client = connect()) {
      client.send("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (int i = 0; i < 16; i++) {
        client.send("100000\r\n").send(new byte[1 << 20]).send("\r\n");
      }
      assertThat(client.send("0\r\n\r\n").answer().text()).isEqualTo("no");
    }
  }

  @Test
  void droppedBytesAreBounded() throws Exception {
    Limits.Sizes standard = Limits.standard().sizes();
    Limits.Sizes little =
        new Limits.Sizes(
            standard.requestLineBytes(),
            standard.headBytes(),
            standard.headerCount(),
            standard.bufferedBytes(),
            standard.drainedBytes(),
            1 << 20);
    start(longTimeouts().withSizes(little), EarlyRefusalTest::refuse);
    try (RawClient client = connect()) {
      client.send(put(1L << 40));
      assertThatThrownBy(
              () -> {
                while (true) {
                  client.send(new byte[1 << 16]);
                }
              })
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void aClientThatKeepsSendingIsDisconnectedAfterTheLinger() throws Exception {
    start(shortTimeouts(), EarlyRefusalTest::refuse);
    try (RawClient client = connect()) {
      assertThat(client.send(put(1L << 40)).answer().status()).isEqualTo(403);
      await().until(() -> engine().connections() == 0);
    }
  }

  @Test
  void aSmallUnreadBodyKeepsTheConnection() throws Exception {
    start(longTimeouts(), EarlyRefusalTest::refuse);
    try (RawClient client = connect()) {
      for (int i = 0; i < 3; i++) {
        RawClient.Answer answer = client.send(put(100_000)).answer();
        assertThat(answer.headers().contains("Connection")).isFalse();
        client.send(new byte[100_000]);
      }
      assertThat(client.send(get("/")).answer().status()).isEqualTo(403);
    }
  }

  @Test
  void aSmallUnreadBodyThatNeverComesEndsTheConnection() throws Exception {
    start(shortTimeouts(), EarlyRefusalTest::refuse);
    try (RawClient client = connect()) {
      assertThat(client.send(put(100)).answer().status()).isEqualTo(403);
      assertThat(client.atEnd()).isTrue();
    }
  }
}
