package io.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.http.HttpEngine.Platform;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/// Starts an engine for each test and counts its buffers, so that a test fails where one is not
/// released.
abstract class EngineTest {
  static final InetSocketAddress LOOPBACK =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  private final TrackingAllocator allocator = new TrackingAllocator();
  private @Nullable HttpEngine engine;

  Platform platform() {
    return new Platform(Platform.standard().transport(), allocator, InstantSource.system());
  }

  HttpEngine start(Handler handler) throws IOException {
    return start(Limits.standard(), handler);
  }

  HttpEngine start(Limits limits, Handler handler) throws IOException {
    HttpEngine started = HttpEngine.start(LOOPBACK, limits, handler, platform());
    engine = started;
    return started;
  }

  RawClient connect() throws IOException {
    return RawClient.connect(engine().port());
  }

  HttpEngine engine() {
    return Objects.requireNonNull(engine);
  }

  /// The memory that the engine's buffers occupy now.
  long bufferedBytes() {
    return allocator.live().stream().mapToLong(each -> each.buffer().capacity()).sum();
  }

  /// Polls for a condition at short intervals.
  static ConditionFactory await() {
    return Awaitility.with().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(2)).await();
  }

  @AfterEach
  void stopAndCountBuffers() {
    HttpEngine started = engine;
    if (started != null) {
      started.close();
      await().until(() -> started.requests() == 0);
      await().untilAsserted(() -> assertThat(allocator.live()).isEmpty());
    }
  }

  /// Limits with short time-outs, for tests about time.
  static Limits shortTimeouts() {
    Duration brief = Duration.ofMillis(100);
    return Limits.standard().withTimes(new Limits.Times(brief, brief, brief, brief, brief));
  }

  /// Limits under which nothing times out.
  static Limits longTimeouts() {
    Duration hour = Duration.ofHours(1);
    return Limits.standard().withTimes(new Limits.Times(hour, hour, hour, hour, hour));
  }

  /// Answers with the request line's parts and the body.
  static Response echo(Request request) throws IOException {
    byte[] body = request.body().readAll(1 << 20);
    return Response.of(200, "application/octet-stream", body)
        .header("X-Method", request.method())
        .header("X-Path", request.rawPath())
        .header("X-Query", request.rawQuery());
  }

  static String get(String target) {
    return "GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n";
  }
}
