package io.carillon.lambda.runtime;

import java.time.Instant;
import java.util.List;

/// Keeps what functions print; CloudWatch Logs, in `Server`'s wiring. Group and stream come to be
/// when they are first written to.
@FunctionalInterface
public interface LogSink {
  void append(String account, String region, String group, String stream, List<Line> lines);

  record Line(Instant time, String message) {}
}
