package io.carillon.http;

import io.carillon.http.HttpEngine.Platform;
import io.carillon.http.HttpEngine.Transport;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/// Without Netty's native transport, NIO is used: the tests in which the transports differ most,
/// repeated.
@Tag("slow")
class NioTransportTest {
  private static Platform nio(Platform platform) {
    return new Platform(Transport.NIO, platform.allocator(), platform.clock());
  }

  @Nested
  class HalfClosed extends HalfClosedTest {
    @Override
    Platform platform() {
      return nio(super.platform());
    }
  }

  @Nested
  class BackPressure extends BackPressureTest {
    @Override
    Platform platform() {
      return nio(super.platform());
    }
  }

  @Nested
  class SlowClient extends SlowClientTest {
    @Override
    Platform platform() {
      return nio(super.platform());
    }
  }

  @Nested
  class EarlyRefusal extends EarlyRefusalTest {
    @Override
    Platform platform() {
      return nio(super.platform());
    }
  }
}
