package io.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.base.MemoryBudget;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// Memory for buffered bodies is reserved first and released with the response.
class BufferedBodyTest extends EngineTest {
  private static final int COPIES = Body.DOCUMENT_COPIES;

  private MemoryBudget budget(int bodies) {
    return new MemoryBudget((long) bodies * COPIES, Duration.ZERO);
  }

  @Test
  void aBodyIsReservedByItsLengthBeforeItIsRead() throws Exception {
    MemoryBudget budget = budget(10_000);
    start(
        longTimeouts().withMemory(budget),
        request -> {
          byte[] body = request.body().readAll(1 << 20);
          assertThat(budget.heldBytes()).isEqualTo(5_000 * COPIES);
          return Response.of(200, "text/plain", body);
        });
    budget.take(5_001 * COPIES);
    try (RawClient client = connect()) {
      assertThat(client.send(put(5_000)).send(new byte[5_000]).answer().status()).isEqualTo(503);
      budget.release(5_001 * COPIES);
      assertThat(client.send(put(5_000)).send(new byte[5_000]).answer().body()).hasSize(5_000);
      assertThat(client.send(put(10_001)).answer().status()).as("never").isEqualTo(413);
    }
    await().until(() -> budget.heldBytes() == 0);
  }

  private static String put(int length) {
    return "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: " + length + "\r\n\r\n";
  }

  @Test
  void aBodyOfUnknownLengthIsReservedAsItGrows() throws Exception {
    MemoryBudget budget = budget(40_000);
    start(longTimeouts().withMemory(budget), EngineTest::echo);
    String chunk = "2710\r\n" + "x".repeat(10_000) + "\r\n";
    String head = "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    try (RawClient client = connect()) {
      client.send(head + chunk + chunk + chunk + "0\r\n\r\n");
      assertThat(client.answer().body()).hasSize(30_000);
      await().until(() -> budget.heldBytes() == 0);
      client.send(head + chunk.repeat(5) + "0\r\n\r\n");
      assertThat(client.answer().status()).isEqualTo(413);
      await().until(() -> budget.heldBytes() == 0);
    }
  }

  @Test
  void aRequestWithoutABodyReservesNoMemory() throws Exception {
    MemoryBudget budget = budget(1);
    budget.take(COPIES);
    start(longTimeouts().withMemory(budget), EngineTest::echo);
    try (RawClient client = connect()) {
      assertThat(client.send(get("/")).answer().status()).isEqualTo(200);
    }
  }

  @Test
  void aStreamIsSentInSmallerPiecesWhenMemoryIsShort() throws Exception {
    MemoryBudget budget = budget(1);
    budget.take(COPIES);
    start(
        longTimeouts().withMemory(budget),
        _ ->
            new Response(
                200,
                new Headers(),
                new Response.Content.Stream(
                    new ByteArrayInputStream(new byte[1 << 20]) {
                      @Override
                      public int readNBytes(byte[] into, int offset, int length) {
                        assertThat(into).hasSize(8 << 10);
                        return super.readNBytes(into, offset, length);
                      }
                    },
                    1 << 20)));
    try (RawClient client = connect()) {
      assertThat(client.send(get("/")).answer().body()).hasSize(1 << 20);
    }
  }

  @Test
  void aRequestThatFindsNoMemoryDoesNotAffectOthers() throws Exception {
    start(
        longTimeouts(),
        request -> {
          if (request.rawPath().equals("/large")) {
            throw new OutOfMemoryError("for the test");
          }
          return Response.of(200);
        });
    try (RawClient client = connect()) {
      assertThat(client.send(get("/large")).answer().status()).isEqualTo(500);
      assertThat(client.send(get("/")).answer().status()).isEqualTo(200);
    }
    await().until(() -> engine().requests() == 0);
  }
}
