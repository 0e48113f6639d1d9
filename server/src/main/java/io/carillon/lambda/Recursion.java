package io.carillon.lambda;

import io.carillon.base.Arn;
import io.carillon.trace.Cause;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/// Detects functions that invoke themselves, directly or through a bucket, a topic or another
/// function. The [Cause] of the work holds how often each function has run in the chain of events.
///
/// AWS counts with a header that its SDKs propagate. Here the access key of the request identifies
/// the function, so any client is counted.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
final class Recursion {
  /// How often a function may run in one chain; the next invocation is dropped.
  static final int MAX_RUNS = 16;

  static final String REASON =
      "RecursiveInvocationException: Lambda has detected your function being invoked in a recursive"
          + " loop with other AWS resources and stopped your function's invocation";

  /// In a longer chain the functions that ran least recently are dropped.
  private static final int MAX_FUNCTIONS = 64;

  private Recursion() {}

  /// The cause of everything that the function does in this run.
  static Cause countRun(Cause cause, Arn function) {
    if (cause.id().isEmpty()) {
      return cause;
    }
    Map<String, Integer> runs = runs(cause);
    String name = shortName(function);
    int count = runs.getOrDefault(name, 0) + 1;
    runs.remove(name); // reinserted at the end: most recently run
    if (runs.size() >= MAX_FUNCTIONS) {
      runs.remove(runs.keySet().iterator().next());
    }
    runs.put(name, count);
    return cause.withChain(
        runs.entrySet().stream()
            .map(run -> run.getKey() + ":" + run.getValue())
            .collect(Collectors.joining(".")));
  }

  /// Whether the function has reached the limit in this chain.
  static boolean isLoop(Cause cause, Arn function) {
    return runs(cause).getOrDefault(shortName(function), 0) >= MAX_RUNS;
  }

  private static Map<String, Integer> runs(Cause cause) {
    Map<String, Integer> runs = new LinkedHashMap<>();
    if (!cause.chain().isEmpty()) {
      for (String run : cause.chain().split("\\.", -1)) {
        int colon = run.indexOf(':');
        runs.put(run.substring(0, colon), Integer.parseInt(run.substring(colon + 1)));
      }
    }
    return runs;
  }

  private static String shortName(Arn function) {
    return "%08x".formatted(function.toString().hashCode());
  }
}
