package io.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Bodies are streamed: little of them is in memory, however large they are.
@Tag("slow")
class BackPressureTest extends EngineTest {
  private static final int SIZE = 24 << 20;
  private static final long BOUND = 1 << 20;

  @Test
  void anUnreadUploadIsHeldBack() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    AtomicLong most = new AtomicLong();
    start(
        longTimeouts(),
        request -> {
          go.await();
          long total = 0;
          byte[] piece = new byte[8192];
          for (int n = request.body().read(piece); n >= 0; n = request.body().read(piece)) {
            total += n;
            most.accumulateAndGet(bufferedBytes(), Math::max);
          }
          return Response.text(200, "" + total);
        });
    AtomicLong sent = new AtomicLong();
    try (RawClient client = connect()) {
      client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: " + SIZE + "\r\n\r\n");
      Thread sender =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      for (int i = 0; i < SIZE / 65536; i++) {
                        client.send(new byte[65536]);
                        sent.addAndGet(65536);
                      }
                    } catch (IOException e) {
                      throw new java.io.UncheckedIOException(e);
                    }
                  });
      awaitNoProgress(sent);
      assertThat(sent.get()).isLessThan(SIZE);
      assertThat(bufferedBytes()).isLessThan(BOUND);
      go.countDown();
      assertThat(client.answer().text()).isEqualTo("" + SIZE);
      sender.join();
      assertThat(most.get()).isLessThan(BOUND);
    }
  }

  @Test
  void anUnreadDownloadIsHeldBack() throws Exception {
    AtomicLong read = new AtomicLong();
    start(
        longTimeouts(),
        request -> Response.of(200).withContent(new Response.Content.Stream(zeros(read), SIZE)));
    try (RawClient client = RawClient.connectSlowReader(engine().port())) {
      client.send(get("/"));
      awaitNoProgress(read);
      assertThat(read.get()).isLessThan(SIZE);
      assertThat(bufferedBytes()).isLessThan(BOUND);
      assertThat(client.answer().body()).hasSize(SIZE);
    }
  }

  @Test
  void unreadChunksAreHeldBack() throws Exception {
    AtomicLong written = new AtomicLong();
    start(
        longTimeouts(),
        request ->
            Response.of(200)
                .withContent(
                    new Response.Content.Chunks(
                        out -> {
                          for (int i = 0; i < SIZE / 4096; i++) {
                            out.write(new byte[4096]);
                            written.addAndGet(4096);
                          }
                        })));
    try (RawClient client = RawClient.connectSlowReader(engine().port())) {
      client.send(get("/"));
      awaitNoProgress(written);
      assertThat(written.get()).isLessThan(SIZE);
      assertThat(bufferedBytes()).isLessThan(BOUND);
      assertThat(client.answer().body()).hasSize(SIZE);
    }
  }

  @Test
  void aClientThatReadsNoResponsesIsHeldBack() throws Exception {
    AtomicLong handled = new AtomicLong();
    start(
        longTimeouts(),
        request -> {
          handled.incrementAndGet();
          return Response.of(200, "text/plain", new byte[32 << 10]);
        });
    int count = 2000;
    try (RawClient client = RawClient.connectSlowReader(engine().port())) {
      client.send(get("/").repeat(count));
      awaitNoProgress(handled);
      assertThat(handled.get()).isLessThan(count);
      assertThat(bufferedBytes()).isLessThan(BOUND);
      for (int i = 0; i < count; i++) {
        assertThat(client.answer().body()).hasSize(32 << 10);
      }
    }
  }

  @Test
  void tinyPacketsOccupyBoundedMemory() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    start(
        longTimeouts(),
        request -> {
          go.await();
          return echo(request);
        });
    try (RawClient client = connect()) {
      client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 10000\r\n\r\n");
      for (int i = 0; i < 10_000; i++) {
        client.send("a");
      }
      assertThat(bufferedBytes()).isLessThan(BOUND);
      go.countDown();
      assertThat(client.answer().body()).hasSize(10_000);
    }
  }

  /// Waits until `counter` has moved and then stays unchanged for a while.
  private static void awaitNoProgress(AtomicLong counter) {
    await().until(() -> counter.get() > 0);
    long[] last = {-1, System.nanoTime()};
    await()
        .until(
            () -> {
              long now = counter.get();
              if (now != last[0]) {
                last[0] = now;
                last[1] = System.nanoTime();
              }
              return System.nanoTime() - last[1] > 300_000_000;
            });
  }

  private static InputStream zeros(AtomicLong read) {
    return new InputStream() {
      @Override
      public int read() {
        return 0;
      }

      @Override
      public int read(byte[] into, int offset, int length) {
        read.addAndGet(length);
        return length;
      }
    };
  }
}
