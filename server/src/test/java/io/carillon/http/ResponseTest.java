package io.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Responses are framed as RFC 9112 §6 says, and an incomplete one never looks complete.
class ResponseTest extends EngineTest {

  private static byte[] pattern(int size) {
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) (i * 31 + (i >> 8));
    }
    return bytes;
  }

  private static Response stream(InputStream in, long length) {
    return Response.of(200).withContent(new Response.Content.Stream(in, length));
  }

  private static Response chunks(Response.Writer writer) {
    return Response.of(200).withContent(new Response.Content.Chunks(writer));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 65_535, 65_536, 65_537, 131_072, 131_073, 1_000_003})
  void contentOfAnySizeArrivesComplete(int size) throws Exception {
    byte[] bytes = pattern(size);
    start(
        request ->
            switch (request.rawPath()) {
              case "/bytes" -> Response.of(200, "text/plain", bytes);
              case "/stream" -> stream(new ByteArrayInputStream(bytes), size);
              default -> chunks(out -> out.write(bytes));
            });
    try (RawClient client = connect()) {
      for (String path : new String[] {"/bytes", "/stream", "/chunks"}) {
        RawClient.Answer answer = client.send(get(path)).answer();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(Arrays.equals(answer.body(), bytes)).isTrue();
      }
    }
  }

  @Test
  @SuppressWarnings("InputStreamSlowMultibyteRead") // it is not read
  void headKeepsTheLengthAndSendsNoBody() throws Exception {
    AtomicInteger closed = new AtomicInteger();
    start(
        request ->
            switch (request.rawPath()) {
              case "/bytes" -> Response.of(200, "text/plain", new byte[7]);
              case "/stream" ->
                  stream(
                      new InputStream() {
                        @Override
                        public int read() {
                          throw new IllegalStateException("read for HEAD");
                        }

                        @Override
                        public void close() {
                          closed.incrementAndGet();
                        }
                      },
                      7_000_000_000L);
              case "/named" -> Response.of(200).header("Content-Length", "7000000000");
              default -> chunks(out -> out.write(new byte[3]));
            });
    try (RawClient client = connect()) {
      assertThat(head(client, "/bytes").first("Content-Length")).isEqualTo("7");
      assertThat(head(client, "/stream").first("Content-Length")).isEqualTo("7000000000");
      assertThat(head(client, "/named").all("Content-Length")).containsExactly("7000000000");
      assertThat(head(client, "/chunks").contains("Content-Length")).isFalse();
      assertThat(client.send(get("/bytes")).answer().body()).hasSize(7);
      assertThat(closed).hasValue(1);
    }
  }

  @Test
  void contentThatCannotBeClosedBecomesA500() throws Exception {
    start(
        request ->
            stream(
                new ByteArrayInputStream(new byte[7]) {
                  @Override
                  public void close() throws IOException {
                    throw new IOException("cannot be closed");
                  }
                },
                7));
    try (RawClient client = connect()) {
      assertThat(client.send(get("/")).answer().status()).isEqualTo(500);
    }
  }

  private static Headers head(RawClient client, String path) throws IOException {
    return client
        .send("HEAD " + path + " HTTP/1.1\r\nHost: h\r\n\r\n")
        .answerWithoutBody()
        .headers();
  }

  @ParameterizedTest
  @ValueSource(ints = {204, 304})
  void statusesWithoutABodyHaveNone(int status) throws Exception {
    start(request -> Response.of(status, "text/plain", new byte[7]));
    try (RawClient client = connect()) {
      for (int i = 0; i < 2; i++) {
        RawClient.Answer answer = client.send(get("/")).answer();
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.headers().contains("Content-Length")).isFalse();
        assertThat(answer.headers().contains("Transfer-Encoding")).isFalse();
      }
    }
  }

  @Test
  void responsesHaveADate() throws Exception {
    String before = Instant.now().toString().substring(0, 4);
    start(request -> Response.of(200).header("date", "yesterday"));
    try (RawClient client = connect()) {
      RawClient.Answer answer = client.send(get("/")).answer();
      assertThat(answer.headers().all("Date"))
          .singleElement()
          .asString()
          .matches("[A-Z][a-z]{2}, \\d\\d [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT")
          .contains(before);
    }
  }

  @Test
  void shortChunksAreSentWholeAndFlushedOnesAtOnce() throws Exception {
    start(
        request ->
            chunks(
                out -> {
                  out.write('a');
                  if (request.rawPath().equals("/flush")) {
                    out.flush();
                    request.body().readAllBytes();
                  }
                  out.write('b');
                }));
    try (RawClient client = connect()) {
      RawClient.Answer whole = client.send(get("/")).answer();
      assertThat(whole.headers().first("Content-Length")).isEqualTo("2");
      client.send("PUT /flush HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n");
      assertThat(client.line()).isEqualTo("HTTP/1.1 200 OK");
      while (!client.line().isEmpty()) {}
      assertThat(client.line()).isEqualTo("1");
      assertThat(client.line()).isEqualTo("a");
      client.send("x");
      assertThat(client.line()).isEqualTo("1");
      assertThat(client.line()).isEqualTo("b");
      assertThat(client.line()).isEqualTo("0");
      assertThat(client.line()).isEmpty();
      assertThat(client.send(get("/")).answer().text()).isEqualTo("ab");
    }
  }

  @Test
  void http10ResponsesEndWithTheConnection() throws Exception {
    start(request -> chunks(out -> out.write(pattern(100_000))));
    try (RawClient client = connect()) {
      RawClient.Answer answer =
          client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").answer();
      assertThat(answer.headers().contains("Transfer-Encoding")).isFalse();
      assertThat(answer.headers().first("Connection")).isEqualTo("close");
      assertThat(answer.body()).hasSize(100_000);
    }
  }

  @Test
  void aResponseMayStreamItsOwnRequest() throws Exception {
    start(
        request ->
            request.rawPath().equals("/stream")
                ? stream(request.body(), request.body().length().orElseThrow())
                : chunks(out -> request.body().transferTo(out)));
    byte[] bytes = pattern(300_000);
    for (String path : new String[] {"/stream", "/chunks"}) {
      try (RawClient client = connect()) {
        client.send("PUT " + path + " HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n");
        client.send(bytes);
        assertThat(Arrays.equals(client.answer().body(), bytes)).isTrue();
      }
      try (RawClient client = connect()) {
        client.send("PUT /chunks HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
        client.send("493E0\r\n").send(bytes).send("\r\n0\r\n\r\n");
        assertThat(Arrays.equals(client.answer().body(), bytes)).isTrue();
      }
    }
  }

  @Test
  void aFailingHandlerBecomesABare500() throws Exception {
    start(
        request -> {
          return switch (request.rawPath()) {
            case "/error" -> throw new StackOverflowError("as if");
            case "/checked" -> throw new Exception("expected by this test");
            case "/writer" ->
                chunks(
                    out -> {
                      out.write('a');
                      throw new IOException("expected by this test");
                    });
            case "/stream" -> stream(new ByteArrayInputStream(new byte[5]), 6);
            case "/field" -> Response.of(200).header("X", "a\r\nSet-Cookie: b");
            case "/name" -> Response.of(200).header("X: y\r\nZ", "a");
            case "/wide" -> Response.of(200).header("X", "\u20ac");
            default -> Response.of(199);
          };
        });
    try (RawClient client = connect()) {
      for (String path :
          new String[] {
            "/error", "/checked", "/writer", "/stream", "/field", "/name", "/wide", "/199"
          }) {
        RawClient.Answer answer = client.send(get(path)).answer();
        assertThat(answer.status()).as(path).isEqualTo(500);
        assertThat(answer.body()).isEmpty();
        assertThat(answer.headers().size()).isEqualTo(2);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/stream", "/chunks", "/short"})
  @SuppressWarnings("InputStreamSlowMultibyteRead") // 200,000 bytes are few
  void aResponseThatFailsMidwayResetsTheConnection(String path) throws Exception {
    start(
        request -> {
          return switch (request.rawPath()) {
            case "/stream" ->
                stream(
                    new InputStream() {
                      private int left = 200_000;

                      @Override
                      public int read() throws IOException {
                        if (left-- <= 0) {
                          throw new IOException("expected by this test");
                        }
                        return 0;
                      }
                    },
                    300_000);
            case "/short" -> stream(new ByteArrayInputStream(new byte[200_000]), 300_000);
            default ->
                chunks(
                    out -> {
                      out.write(new byte[200_000]);
                      throw new IllegalStateException("expected by this test");
                    });
          };
        });
    for (String version : new String[] {"1.0", "1.1"}) {
      try (RawClient client = connect()) {
        client.send("GET " + path + " HTTP/" + version + "\r\nHost: h\r\n\r\n");
        assertThatThrownBy(client::answer).isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void aBodyCannotBeReadAfterItsResponse() throws Exception {
    Body[] kept = new Body[1];
    start(
        request -> {
          if (kept[0] == null) {
            kept[0] = request.body();
            return Response.of(200);
          }
          assertThatThrownBy(() -> kept[0].read()).isInstanceOf(Body.BrokenException.class);
          return echo(request);
        });
    try (RawClient client = connect()) {
      client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc").answer();
      client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\ndef");
      assertThat(client.answer().text()).isEqualTo("def");
    }
  }
}
