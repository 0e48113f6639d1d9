package io.carillon.events;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A target of a rule. At most one of `input`, `inputPath` and `transformer` is set.
///
/// @param input JSON that the target gets in place of the event
/// @param inputPath a JSON path to the part of the event that it gets
/// @param retries how many retries; null for the default
/// @param maxAgeSeconds how long to retry; null for the default
/// @param deadLetterQueue an ARN; null for none
record RuleTarget(
    String id,
    String arn,
    @Nullable String input,
    @Nullable String inputPath,
    @Nullable Transformer transformer,
    @Nullable Integer retries,
    @Nullable Integer maxAgeSeconds,
    @Nullable String deadLetterQueue) {

  /// @param paths JSON paths by the names of variables; null for none
  record Transformer(@Nullable Map<String, String> paths, String template) {
    Map<String, String> variables() {
      return paths == null ? Map.of() : paths;
    }
  }
}
