package io.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// Connections and running requests are bounded.
class CapacityTest extends EngineTest {
  private final CountDownLatch go = new CountDownLatch(1);
  private final AtomicInteger most = new AtomicInteger();

  private Response waiting(Request request) throws Exception {
    most.accumulateAndGet(engine().connections(), Math::max);
    if (request.rawPath().equals("/wait")) {
      go.await();
    }
    return Response.of(200);
  }

  @Test
  void oneRequestTooManyIsToldToComeLater() throws Exception {
    start(patient().withRequests(2), this::waiting);
    try (RawClient first = connect();
        RawClient second = connect();
        RawClient third = connect()) {
      first.send(get("/wait"));
      second.send(get("/wait"));
      await().until(() -> engine().requests() == 2);
      assertThat(third.send(get("/")).answer().status()).isEqualTo(503);
      assertThat(third.atEnd()).isTrue();
      go.countDown();
      assertThat(first.answer().status()).isEqualTo(200);
      assertThat(second.answer().status()).isEqualTo(200);
      assertThat(first.send(get("/")).answer().status()).isEqualTo(200);
    }
  }

  @Test
  void connectionsBeyondTheLimitWaitForOthersToLeave() throws Exception {
    int limit = 20;
    start(patient().withConnections(limit), this::waiting);
    List<RawClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 2 * limit; i++) {
        clients.add(connect().send(get("/wait")));
      }
      await().until(() -> engine().requests() >= limit);
      go.countDown();
      for (RawClient client : clients) {
        assertThat(client.answer().status()).isEqualTo(200);
        client.close();
      }
      // The kernel hands over a few at a time before the gate closes.
      assertThat(most.get()).isBetween(limit, limit + 16);
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
    }
  }

  @Test
  void idleConnectionsMakeRoom() throws Exception {
    Limits.Times patient = patient().times();
    Limits.Times swift =
        new Limits.Times(
            patient.head(),
            patient.idle(),
            patient.bodyStall(),
            patient.writeStall(),
            java.time.Duration.ofMillis(50));
    start(patient().withTimes(swift).withConnections(5), this::waiting);
    List<RawClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 15; i++) {
        RawClient client = connect();
        clients.add(client);
        assertThat(client.send(get("/")).answer().status()).isEqualTo(200);
      }
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
    }
  }

  @Test
  void manyClientsAtOnceAreAllServed() throws Exception {
    start(EngineTest::echo);
    int clients = 16;
    AtomicInteger answered = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int c = 0; c < clients; c++) {
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    try (RawClient client = connect()) {
                      for (int i = 0; i < 200; i++) {
                        client.send(
                            "PUT /" + i + " HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n");
                        client.send(new byte[5000]);
                        if (client.answer().body().length == 5000) {
                          answered.incrementAndGet();
                        }
                      }
                    } catch (IOException e) {
                      throw new java.io.UncheckedIOException(e);
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(answered).hasValue(clients * 200);
  }
}
