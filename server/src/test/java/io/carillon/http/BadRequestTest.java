package io.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A request that two parsers could read differently is rejected and ends the connection, so that
/// nothing can be smuggled past a proxy (RFC 9112 §6.3, §11.2); oversized heads cost a bounded
/// amount.
class BadRequestTest extends EngineTest {
  private final AtomicInteger handled = new AtomicInteger();

  private Response count(Request request) throws java.io.IOException {
    handled.incrementAndGet();
    request.body().readAllBytes();
    return Response.of(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 3\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 3",
        "Content-Length: 3\r\nContent-Length: 4",
        "Content-Length: 3\r\nContent-Length: 3",
        "Content-Length: 3, 3",
        "Content-Length: +3",
        "Content-Length: -3",
        "Content-Length: 0x3",
        "Content-Length: 3 3",
        "Content-Length:",
        "Content-Length: 99999999999999999999",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "X: a\r\n folded: b",
        "X: a\r\n\tfolded",
        " X: a",
        "X : a",
        "X\t: a",
        "X",
        ": a",
        "X\u0000: a",
        "X: a\u0000b",
        "X: a\rb",
        "X: a\nY: b",
        "X: a\u007f",
        "(X): a",
        "X\u00e4: a",
        "Host: other"
      })
  void ambiguousHeadersAreRejected(String headers) throws Exception {
    start(this::count);
    try (RawClient client = connect()) {
      client.send("PUT / HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n\r\n" + get("/smuggled"));
      RawClient.Answer answer = client.answer();
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.headers().first("Connection")).isEqualTo("close");
      assertThat(client.atEnd()).isTrue();
      assertThat(handled).hasValue(0);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a b", "a\tb", "a/b", "user@h", "h?x", "h#x", "h\\x", "<h>", "h\"", "h|x", "h\u00e4"
      })
  void invalidHostsAreRejected(String host) throws Exception {
    start(this::count);
    try (RawClient client = connect()) {
      client.send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n" + get("/smuggled"));
      assertThat(client.answer().status()).isEqualTo(400);
      assertThat(client.atEnd()).isTrue();
      assertThat(handled).hasValue(0);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "h", "H.example:80", "[::1]:4566", "a_b-c~%41!$&'()*+,;="})
  void validHostsAreAccepted(String host) throws Exception {
    start(this::count);
    try (RawClient client = connect()) {
      client.send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
      assertThat(client.answer().status()).isEqualTo(200);
    }
  }

  /// An offer of HTTP/2 or WebSocket gets an HTTP/1.1 response, and the connection stays HTTP/1.1.
  @Test
  void upgradesAreIgnored() throws Exception {
    start(this::count);
    try (RawClient client = connect()) {
      client.send(
          "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
              + "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
              + get("/next"));
      assertThat(client.answer().status()).isEqualTo(200);
      assertThat(client.answer().status()).isEqualTo(200);
      assertThat(handled).hasValue(2);
    }
  }

  static Stream<Arguments> requestLines() {
    return Stream.of(
        Arguments.of("GET /", 400),
        Arguments.of("GET  / HTTP/1.1", 400),
        Arguments.of("GET /  HTTP/1.1", 400),
        Arguments.of("GET / HTTP/1.1 ", 400),
        Arguments.of(" GET / HTTP/1.1", 400),
        Arguments.of("GET / http/1.1", 400),
        Arguments.of("GET / HTTP/2.0", 505),
        Arguments.of("PRI * HTTP/2.0", 505),
        Arguments.of("GET http://user@h/ HTTP/1.1", 400),
        Arguments.of("GET http://h\\@other/ HTTP/1.1", 400),
        Arguments.of("GET / HTTP/1.2", 505),
        Arguments.of("GET a HTTP/1.1", 400),
        Arguments.of("GET ?a HTTP/1.1", 400),
        Arguments.of("GET * HTTP/1.1", 400),
        Arguments.of("GET ftp://x/ HTTP/1.1", 400),
        Arguments.of("GET http:///x HTTP/1.1", 400),
        Arguments.of("CONNECT h:1 HTTP/1.1", 501),
        Arguments.of("G(T / HTTP/1.1", 400),
        Arguments.of("G".repeat(33) + " / HTTP/1.1", 400),
        Arguments.of("\u0016\u0003\u0001\u0002", 400));
  }

  @ParameterizedTest
  @MethodSource("requestLines")
  void badRequestLinesAreRejected(String line, int status) throws Exception {
    start(this::count);
    try (RawClient client = connect()) {
      assertThat(client.send(line + "\r\nHost: h\r\n\r\n").answer().status()).isEqualTo(status);
      assertThat(client.atEnd()).isTrue();
      assertThat(handled).hasValue(0);
    }
  }

  @Test
  void hostIsRequiredOfHttp11Only() throws Exception {
    start(this::count);
    try (RawClient client = connect()) {
      assertThat(client.send("GET / HTTP/1.1\r\n\r\n").answer().status()).isEqualTo(400);
    }
    try (RawClient client = connect()) {
      assertThat(client.send("GET / HTTP/1.0\r\n\r\n").answer().status()).isEqualTo(200);
    }
  }

  @Test
  void bareLineFeedsAreRejectedAtOnce() throws Exception {
    start(longTimeouts(), this::count);
    try (RawClient client = connect()) {
      assertThat(client.send("GET / HTTP/1.1\n").answer().status()).isEqualTo(400);
    }
    try (RawClient client = connect()) {
      assertThat(client.send("\n").answer().status()).isEqualTo(400);
    }
  }

  @Test
  void anUnknownTransferCodingIsNotImplemented() throws Exception {
    start(this::count);
    try (RawClient client = connect()) {
      client.send("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n");
      assertThat(client.answer().status()).isEqualTo(501);
    }
  }

  @Test
  void chunkedRequestsFromHttp10AreRejected() throws Exception {
    start(this::count);
    try (RawClient client = connect()) {
      client.send("PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
      assertThat(client.answer().status()).isEqualTo(400);
    }
  }

  /// RFC 9110 §10.1.1: it may be rejected, and need not be.
  @Test
  void unknownExpectationsAreIgnored() throws Exception {
    start(this::count);
    try (RawClient client = connect()) {
      client.send("PUT / HTTP/1.1\r\nHost: h\r\nExpect: the-unexpected\r\n\r\n");
      assertThat(client.answer().status()).isEqualTo(200);
    }
  }

  @Test
  void anOversizedRequestLineIsRejected() throws Exception {
    start(this::count);
    int room = Limits.standard().sizes().requestLineBytes();
    try (RawClient client = connect()) {
      String fitting = "GET /" + "a".repeat(room - 16) + " HTTP/1.1\r\nHost: h\r\n\r\n";
      assertThat(client.send(fitting).answer().status()).isEqualTo(200);
      assertThat(client.send(get("/" + "a".repeat(room))).answer().status()).isEqualTo(414);
      assertThat(client.atEnd()).isTrue();
    }
  }

  @Test
  void anOversizedHeaderIsRejected() throws Exception {
    start(this::count);
    String field = "X: " + "a".repeat(1000) + "\r\n";
    try (RawClient client = connect()) {
      client.send("GET / HTTP/1.1\r\nHost: h\r\n" + field.repeat(60) + "\r\n");
      assertThat(client.answer().status()).isEqualTo(200);
      client.send("GET / HTTP/1.1\r\nHost: h\r\n" + field.repeat(70) + "\r\n");
      assertThat(client.answer().status()).isEqualTo(431);
      assertThat(client.atEnd()).isTrue();
    }
  }

  @Test
  void tooManyHeaderFieldsAreRejected() throws Exception {
    start(this::count);
    int most = Limits.standard().sizes().headerCount();
    try (RawClient client = connect()) {
      client.send("GET / HTTP/1.1\r\nHost: h\r\n" + "X:\r\n".repeat(most - 1) + "\r\n");
      assertThat(client.answer().status()).isEqualTo(200);
      client.send("GET / HTTP/1.1\r\nHost: h\r\n" + "X:\r\n".repeat(most) + "\r\n");
      assertThat(client.answer().status()).isEqualTo(431);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET /", "GET / HTTP/1.1\r\nX: "})
  void anEndlessLineIsRejectedWhileItIsSent(String start) throws Exception {
    start(longTimeouts(), this::count);
    try (RawClient client = connect()) {
      client.send(start);
      byte[] more = "a".repeat(1 << 20).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
      for (int i = 0; i < 8; i++) {
        client.send(more);
      }
      assertThat(client.answer().status()).isIn(414, 431);
      assertThat(bufferedBytes()).isLessThan(512 << 10);
    }
  }

  @Test
  void endlessEmptyLinesDoNotExtendTheHeadTimeout() throws Exception {
    start(shortTimeouts(), this::count);
    try (RawClient client = connect()) {
      org.assertj.core.api.Assertions.assertThatThrownBy(
              () -> {
                while (true) {
                  client.send("\r\n");
                }
              })
          .isInstanceOf(java.io.IOException.class);
    }
  }
}
