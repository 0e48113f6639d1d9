package io.carillon.http;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/// What tests of the engine share: an engine for each test, and short patience where a test is
/// about time.
abstract class EngineTest {
  private @Nullable HttpEngine engine;

  HttpEngine start(Handler handler) throws IOException {
    return start(Limits.standard(), handler);
  }

  HttpEngine start(Limits limits, Handler handler) throws IOException {
    HttpEngine started =
        HttpEngine.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), limits, handler);
    engine = started;
    return started;
  }

  RawClient connect() throws IOException {
    return RawClient.connect(engine().port());
  }

  HttpEngine engine() {
    return Objects.requireNonNull(engine);
  }

  @AfterEach
  void stop() {
    if (engine != null) {
      engine.close();
    }
  }

  static Limits impatient() {
    Duration brief = Duration.ofMillis(100);
    return Limits.standard().withTimes(new Limits.Times(brief, brief, brief, brief, brief));
  }

  /// Answers with the request line's parts and the body.
  static Response echo(Request request) throws IOException {
    byte[] body = request.body().readAll(1 << 20);
    return Response.of(200, "application/octet-stream", body)
        .header("X-Method", request.method())
        .header("X-Path", request.rawPath())
        .header("X-Query", request.rawQuery());
  }
}
