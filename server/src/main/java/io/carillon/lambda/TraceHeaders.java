package io.carillon.lambda;

import io.carillon.base.Ids;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/// The X-Ray trace headers of invocations, which SDKs in functions pass on.
final class TraceHeaders {
  private final InstantSource clock;
  private final Ids ids;

  TraceHeaders(InstantSource clock, Ids ids) {
    this.clock = clock;
    this.ids = ids;
  }

  /// The sender's header, or a new one that is not sampled.
  String of(@Nullable String sent) {
    if (sent != null) {
      return sent;
    }
    String digits = ids.uuid().replace("-", "") + ids.uuid().replace("-", "");
    return "Root=1-%08x-%s;Parent=%s;Sampled=0"
        .formatted(
            clock.instant().getEpochSecond(), digits.substring(0, 24), digits.substring(24, 40));
  }
}
