package io.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Connections and running requests are bounded.
@Tag("slow")
class CapacityTest extends EngineTest {
  private final CountDownLatch go = new CountDownLatch(1);
  private final AtomicInteger began = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();

  private Response waiting(Request request) throws Exception {
    most.accumulateAndGet(engine().connections(), Math::max);
    if (request.rawPath().equals("/wait")) {
      began.incrementAndGet();
      go.await();
    }
    return Response.of(200);
  }

  @Test
  void requestsBeyondTheLimitGet503() throws Exception {
    start(longTimeouts().withRequests(2), this::waiting);
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
  void connectionsBeyondTheLimitWaitUntilOthersClose() throws Exception {
    int limit = 20;
    start(longTimeouts().withConnections(limit), this::waiting);
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
      // The kernel hands over a few at a time before accepting stops.
      assertThat(most.get()).isBetween(limit, limit + 16);
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
    }
  }

  @Test
  void idleConnectionsAreEvictedForNewOnes() throws Exception {
    Limits.Times longTimeouts = longTimeouts().times();
    Limits.Times shortIdle =
        new Limits.Times(
            longTimeouts.head(),
            longTimeouts.idle(),
            longTimeouts.bodyStall(),
            longTimeouts.writeStall(),
            Duration.ofMillis(50));
    start(longTimeouts().withTimes(shortIdle).withConnections(5), this::waiting);
    List<RawClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 9; i++) {
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
  void theLongestIdleConnectionIsEvicted() throws Exception {
    int limit = 20;
    start(longTimeouts().withConnections(limit), this::waiting);
    List<RawClient> silent = new ArrayList<>();
    try (RawClient served = connect();
        RawClient busy = connect()) {
      assertThat(served.send(get("/")).answer().status()).isEqualTo(200);
      busy.send(get("/wait"));
      await().until(() -> engine().requests() == 1);
      for (int i = 0; i < 5 * limit; i++) {
        silent.add(connect());
      }
      try (RawClient late = connect()) {
        assertThat(late.send(get("/")).answer().status()).isEqualTo(200);
      }
      assertThat(silent.getFirst().atEnd()).isTrue();
      assertThat(served.send(get("/")).answer().status()).as("of more use").isEqualTo(200);
      go.countDown();
      assertThat(busy.answer().status()).as("within a request").isEqualTo(200);
      // The kernel hands over a few at a time.
      assertThat(engine().connections()).isLessThanOrEqualTo(limit + 16);
    } finally {
      for (RawClient client : silent) {
        client.close();
      }
    }
  }

  @Test
  void theOldestIdleConnectionIsEvictedAndTheYoungestStays() throws Exception {
    int limit = 10;
    start(longTimeouts().withConnections(limit), this::waiting);
    List<RawClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 7; i++) {
        clients.add(connect());
      }
      Thread.sleep(50);
      RawClient youngest = connect();
      clients.add(youngest);
      Thread.sleep(Duration.ofNanos(HttpEngine.MIN_IDLE_NANOS).plusMillis(100)); // now silent
      for (int i = 0; i < 3; i++) {
        RawClient late = connect();
        clients.add(late);
        assertThat(late.send(get("/")).answer().status()).isEqualTo(200);
      }
      assertThat(clients.getFirst().atEnd()).isTrue();
      assertThat(youngest.send(get("/")).answer().status()).isEqualTo(200);
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
    }
  }

  @Test
  void incompleteHeadsDoNotBlockOtherClients() throws Exception {
    int limit = 10;
    start(longTimeouts().withConnections(limit), this::waiting);
    List<RawClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 3 * limit; i++) {
        clients.add(connect().send("GET / HT"));
      }
      try (RawClient late = connect()) {
        assertThat(late.send(get("/")).answer().status()).isEqualTo(200);
      }
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
    }
  }

  /// A limited sender, such as a function, leaves room for others, however many requests it sends.
  @Test
  void underLoadOneLimitedSenderGetsAnEighthAndAllGetThreeQuarters() throws Exception {
    Handler functions =
        new Handler() {
          @Override
          public Response handle(Request request) throws Exception {
            return waiting(request);
          }

          @Override
          public @Nullable String sender(ClientSocket socket) {
            return functionOf.get(socket.remote().getPort());
          }
        };
    start(longTimeouts().withRequests(32), functions);
    List<RawClient> clients = new ArrayList<>();
    try {
      assertThat(running(clients, "f1", 30))
          .as("half of all, uncounted, and its share")
          .isEqualTo(20);
      assertThat(running(clients, "f2", 10)).as("its share").isEqualTo(4);
      assertThat(running(clients, "f3", 10)).as("three quarters are taken").isZero();
      assertThat(running(clients, null, 8)).as("everybody else").isEqualTo(8);
      go.countDown();
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
    }
    await().until(() -> engine().requests() == 0);
    try (RawClient after = connect()) {
      assertThat(after.send(get("/")).answer().status()).isEqualTo(200);
    }
  }

  private final Map<Integer, String> functionOf = new ConcurrentHashMap<>();

  /// Sends blocking requests one by one, each on a connection of its own.
  ///
  /// @return how many of them run
  private int running(List<RawClient> clients, @Nullable String function, int count)
      throws Exception {
    int before = engine().requests();
    for (int i = 0; i < count; i++) {
      RawClient client = connect();
      clients.add(client);
      if (function != null) {
        functionOf.put(client.localPort(), function);
      }
      int entered = began.get();
      client.send(get("/wait"));
      await().until(() -> began.get() > entered || client.hasAnswer());
    }
    return engine().requests() - before;
  }

  @Test
  void manyClientsAtOnceAreAllServed() throws Exception {
    start(EngineTest::echo);
    int clients = 16;
    AtomicInteger responded = new AtomicInteger();
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
                          responded.incrementAndGet();
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
    assertThat(responded).hasValue(clients * 200);
  }
}
