package io.carillon.acceptance;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

/// Clients that upload until they are stopped, and record only what was acknowledged.
final class Uploads implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofMinutes(3);

  private final String bucket;
  private final List<String> prefixes;
  private final long seed;
  private final AtomicBoolean running = new AtomicBoolean(true);
  private final AtomicInteger numbers = new AtomicInteger();
  private final List<Thread> threads = new ArrayList<>();
  private final Map<String, Long> acknowledged = new ConcurrentHashMap<>();

  private Uploads(String bucket, List<String> prefixes, long seed) {
    this.bucket = bucket;
    this.prefixes = prefixes;
    this.seed = seed;
  }

  /// @param prefixes of the keys, in rotation
  static Uploads start(
      Clients clients, int count, String bucket, List<String> prefixes, long seed) {
    Uploads uploads = new Uploads(bucket, prefixes, seed);
    for (int client = 0; client < count; client++) {
      uploads.threads.add(Thread.ofPlatform().daemon().start(() -> uploads.upload(clients)));
    }
    return uploads;
  }

  /// The acknowledged keys, with the numbers from which [#body] makes their bodies.
  Map<String, Long> acknowledged() {
    return acknowledged;
  }

  private void upload(Clients clients) {
    try (S3Client s3 = clients.s3()) {
      while (running.get()) {
        int number = numbers.getAndIncrement();
        String key = prefixes.get(number % prefixes.size()) + "object-" + number;
        long content = seed ^ number;
        try {
          s3.putObject(r -> r.bucket(bucket).key(key), RequestBody.fromBytes(body(content)));
          acknowledged.put(key, content);
        } catch (SdkException _) {
          pause(); // the server is down, or died before it answered: not acknowledged
        }
      }
    }
  }

  /// A body of every size class: empty, small, as large as fits into a row, and a blob.
  static byte[] body(long number) {
    Random random = new Random(number);
    int size =
        switch (random.nextInt(20)) {
          case 0 -> 0;
          case 1, 2 -> 100_000 + random.nextInt(200_000);
          case 3, 4, 5, 6, 7 -> 20_000 + random.nextInt(44_000);
          default -> 1 + random.nextInt(8_192);
        };
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }

  private static void pause() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  void awaitAcknowledged(int count) throws InterruptedException {
    Instant deadline = Instant.now().plus(TIMEOUT);
    while (acknowledged.size() < count) {
      if (Instant.now().isAfter(deadline)) {
        throw new AssertionError(
            "only " + acknowledged.size() + " of " + count + " uploads were acknowledged");
      }
      Thread.sleep(10);
    }
  }

  /// Stops and waits for outstanding responses.
  @Override
  public void close() {
    stop();
  }

  void stop() {
    running.set(false);
    try {
      for (Thread thread : threads) {
        thread.join(Duration.ofMinutes(1));
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
