package io.carillon.http;

import io.carillon.http.HttpEngine.Ground;
import io.carillon.http.HttpEngine.Transport;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/// Where Netty's native transport is not to be had, the other one must do: the tests in which the
/// transports differ most, once more.
@Tag("slow")
class NioTransportTest {
  private static Ground nio(Ground ground) {
    return new Ground(Transport.NIO, ground.allocator(), ground.clock());
  }

  @Nested
  class HalfClosed extends HalfClosedTest {
    @Override
    Ground ground() {
      return nio(super.ground());
    }
  }

  @Nested
  class BackPressure extends BackPressureTest {
    @Override
    Ground ground() {
      return nio(super.ground());
    }
  }

  @Nested
  class SlowClient extends SlowClientTest {
    @Override
    Ground ground() {
      return nio(super.ground());
    }
  }

  @Nested
  class EarlyRefusal extends EarlyRefusalTest {
    @Override
    Ground ground() {
      return nio(super.ground());
    }
  }
}
