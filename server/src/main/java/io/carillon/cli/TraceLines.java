package io.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;

/// The steps of an event as lines of text, each with the time since the first.
final class TraceLines {
  private TraceLines() {}

  /// @param life an event as `/_carillon/trace` answers it: `cause` and `steps`
  static String of(JsonNode life) {
    StringBuilder text =
        new StringBuilder("event ").append(life.path("cause").asText()).append('\n');
    Instant first = null;
    for (JsonNode step : life.path("steps")) {
      Instant at = Instant.parse(step.path("time").asText());
      first = first == null ? at : first;
      text.append(line(Duration.between(first, at), step)).append('\n');
    }
    return text.toString();
  }

  static String line(Duration since, JsonNode step) {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            "%9.1f ms  %-10s",
            since.toNanos() / 1e6, step.path("step").asText().toLowerCase(java.util.Locale.ROOT)));
    step.path("details")
        .properties()
        .forEach(
            detail ->
                text.append("  ")
                    .append(detail.getKey())
                    .append('=')
                    .append(detail.getValue().asText()));
    return text.toString();
  }
}
