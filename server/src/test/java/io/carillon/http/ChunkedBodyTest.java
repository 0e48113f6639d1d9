package io.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Chunked bodies: what RFC 9112 §7.1 allows, and rejection of what it does not.
class ChunkedBodyTest extends EngineTest {
  private static final String HEAD =
      "PUT / HTTP/1.1\r\n"
          + "Host: h\r\n"
          + "Transfer-Encoding: Chunked\r\n"
          + "Trailer: x-amz-checksum-crc32\r\n\r\n";
  private static final String BODY =
      "5\r\nhello\r\n001;name=\"value; more\";x\r\n,\r\nA \t;e\r\n0123456789\r\n"
          + "0;last\r\nx-amz-checksum-crc32: \u00e4bc=\r\nx-amz-trailer-signature:s\r\n\r\n";

  private static Response sizes(Request request, int size) throws java.io.IOException {
    assertThat(request.body().length()).isEmpty();
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    byte[] piece = new byte[size];
    for (int count = request.body().read(piece); count >= 0; count = request.body().read(piece)) {
      assertThat(request.body().trailers().size()).isIn(0, 2);
      all.write(piece, 0, count);
    }
    Response response = Response.of(200, "text/plain", all.toByteArray());
    request.body().trailers().forEach(response::header);
    return response;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4096})
  void extensionsAreIgnoredAndTrailersDelivered(int readSize) throws Exception {
    start(request -> sizes(request, readSize));
    try (RawClient client = connect()) {
      RawClient.Answer answer = client.send(HEAD + BODY).answer();
      assertThat(answer.text()).isEqualTo("hello,0123456789");
      assertThat(answer.headers().first("x-amz-checksum-crc32")).isEqualTo("\u00e4bc=");
      assertThat(answer.headers().first("x-amz-trailer-signature")).isEqualTo("s");
    }
  }

  @Test
  void framingSplitAnywhereIsParsed() throws Exception {
    start(request -> sizes(request, 4096));
    try (RawClient client = connect()) {
      for (int cut = 1; cut < BODY.length(); cut++) {
        client.send(HEAD + BODY.substring(0, cut));
        client.send(BODY.substring(cut));
        assertThat(client.answer().text()).isEqualTo("hello,0123456789");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x\r\n",
        "\r\n",
        "-1\r\n",
        "+1\r\n",
        "0x1\r\n",
        "1 2\r\n",
        "1\nX",
        "1\rX",
        "1\r\nXY\r\n",
        "1\r\nX\n0\r\n\r\n",
        "1\r\nX0\r\n\r\n",
        "FFFFFFFFFFFFFFFF\r\n",
        "1;a=\u0000\r\nX\r\n0\r\n\r\n",
        "0\r\nbad trailer: x\r\n\r\n",
        "0\r\nX: y\r\n folded\r\n\r\n",
        "0\r\nX: y\n\r\n"
      })
  void malformedFramingIsRejectedAndEndsTheConnection(String framing) throws Exception {
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
    try (RawClient client = connect()) {
      RawClient.Answer answer = client.send(HEAD + framing + get("/smuggled")).answer();
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.headers().first("Connection")).isEqualTo("close");
      assertThat(client.atEnd()).isTrue();
      assertThat(seen).containsExactly(Body.Cause.MALFORMED);
    }
  }

  @Test
  void anEndlessExtensionIsRejected() throws Exception {
    start(longTimeouts(), EngineTest::echo);
    try (RawClient client = connect()) {
      client.send(HEAD + "1;" + "a".repeat(1 << 20));
      assertThat(client.answer().status()).isEqualTo(400);
    }
  }

  @Test
  void extensionsLargerThanTheDataAreRejected() throws Exception {
    start(longTimeouts(), EngineTest::echo);
    try (RawClient client = connect()) {
      client.send(HEAD);
      String chunk = "1;" + "a".repeat(4000) + "\r\nX\r\n";
      assertThat(client.send(chunk.repeat(20)).answer().status()).isEqualTo(400);
    }
  }

  @Test
  void manySmallChunksAreAccepted() throws Exception {
    start(EngineTest::echo);
    try (RawClient client = connect()) {
      client.send(HEAD).send("1;a=b\r\nX\r\n".repeat(20_000) + "0\r\n\r\n");
      assertThat(client.answer().body()).hasSize(20_000);
    }
  }

  @Test
  void endlessTrailersAreRejected() throws Exception {
    start(longTimeouts(), EngineTest::echo);
    try (RawClient client = connect()) {
      client.send(HEAD + "0\r\n" + "X: y\r\n".repeat(1000));
      assertThat(client.answer().status()).isEqualTo(400);
    }
    try (RawClient client = connect()) {
      client.send(HEAD + "0\r\nX: " + "y".repeat(100_000));
      assertThat(client.answer().status()).isEqualTo(400);
    }
  }

  @Test
  void theNextRequestIsFoundWhenTheHandlerDidNotReadTheEnd() throws Exception {
    start(request -> Response.of(200, "text/plain", request.body().readNBytes(5)));
    try (RawClient client = connect()) {
      for (int i = 0; i < 3; i++) {
        RawClient.Answer answer = client.send(HEAD + "5\r\nhello\r\n0\r\n\r\n").answer();
        assertThat(new String(answer.body(), StandardCharsets.US_ASCII)).isEqualTo("hello");
        assertThat(answer.headers().contains("Connection")).isFalse();
      }
    }
  }
}
