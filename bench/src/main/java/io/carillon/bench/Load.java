package io.carillon.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// Requests over concurrent connections, one after another on each.
final class Load {
  static final String BUCKET = "bench";

  /// @param perSecond requests answered
  /// @param cpuMicros server CPU time a request
  /// @param writerMicros what of it the thread used that changes the store
  record Measured(
      double perSecond, double cpuMicros, double writerMicros, Duration median, Duration p99) {}

  private final Child server;
  private final int connections;
  private final byte[] body;

  /// Each PUT creates a new object; each GET reads one of them.
  private final AtomicLong objects = new AtomicLong();

  Load(Child server, int connections, int bodyBytes) {
    this.server = server;
    this.connections = connections;
    this.body = new byte[bodyBytes];
    new Random(1).nextBytes(body);
  }

  /// @param count in all, over all connections
  Measured run(String method, int count) throws IOException, InterruptedException {
    AtomicInteger left = new AtomicInteger(count);
    long[] nanos = new long[count];
    Duration cpuBefore = server.cpu();
    Duration writerBefore = server.writerCpu();
    long begun = System.nanoTime();
    try (ExecutorService threads = Executors.newFixedThreadPool(connections)) {
      Future<?>[] all = new Future<?>[connections];
      for (int i = 0; i < connections; i++) {
        all[i] = threads.submit(() -> send(method, left, nanos));
      }
      for (Future<?> one : all) {
        one.get();
      }
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    double cpu = server.cpu().minus(cpuBefore).toNanos() / 1e3 / count;
    double writer = server.writerCpu().minus(writerBefore).toNanos() / 1e3 / count;
    Arrays.sort(nanos);
    return new Measured(
        count / seconds,
        cpu,
        writer,
        Duration.ofNanos(nanos[count / 2]),
        Duration.ofNanos(nanos[count * 99 / 100]));
  }

  private boolean send(String method, AtomicInteger left, long[] nanos) throws IOException {
    boolean puts = method.equals("PUT");
    try (Connection connection = new Connection(server.endpoint())) {
      for (int number = left.decrementAndGet(); number >= 0; number = left.decrementAndGet()) {
        long object = puts ? objects.getAndIncrement() : number % objects.get();
        long begun =
            connection.exchange(
                method, "/" + BUCKET + "/object-" + object, puts ? body : new byte[0]);
        nanos[number] = System.nanoTime() - begun;
      }
    }
    return true;
  }
}
