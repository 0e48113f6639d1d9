package io.carillon.lambda.runtime;

import java.time.Instant;
import java.util.List;

/// Stores the output of functions, in CloudWatch Logs (wired in `Server`). Creates group and stream
/// at the first write.
@FunctionalInterface
public interface LogSink {
  void append(String account, String region, String group, String stream, List<Line> lines);

  record Line(Instant time, String message) {}
}
