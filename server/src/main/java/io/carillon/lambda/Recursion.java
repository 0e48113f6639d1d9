package io.carillon.lambda;

import io.carillon.base.Arn;
import io.carillon.trace.Cause;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/// Finds functions that invoke themselves, by way of a bucket, a topic or one another: how often
/// each has run in a chain of events travels in the [Cause] of the chain's work.
///
/// AWS counts by a header that its SDKs hand on. Here a function is known by the key it signs with,
/// so it is counted whatever client it calls with.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
final class Recursion {
  /// How often a function runs in one chain; the next time is dropped.
  static final int PASSES = 16;

  static final String REASON =
      "RecursiveInvocationException: Lambda has detected your function being invoked in a recursive"
          + " loop with other AWS resources and stopped your function's invocation";

  /// A chain of more functions than this forgets those that ran first.
  private static final int REMEMBERED = 64;

  private Recursion() {}

  /// The cause for what the function does in this run.
  static Cause pass(Cause cause, Arn function) {
    if (cause.id().isEmpty()) {
      return cause;
    }
    Map<String, Integer> passes = passes(cause);
    String name = shortName(function);
    int count = passes.getOrDefault(name, 0) + 1;
    passes.remove(name); // it ran last
    if (passes.size() >= REMEMBERED) {
      passes.remove(passes.keySet().iterator().next());
    }
    passes.put(name, count);
    return cause.withChain(
        passes.entrySet().stream()
            .map(pass -> pass.getKey() + ":" + pass.getValue())
            .collect(Collectors.joining(".")));
  }

  /// Whether the function has run in this chain as often as it may.
  static boolean isLoop(Cause cause, Arn function) {
    return passes(cause).getOrDefault(shortName(function), 0) >= PASSES;
  }

  private static Map<String, Integer> passes(Cause cause) {
    Map<String, Integer> passes = new LinkedHashMap<>();
    if (!cause.chain().isEmpty()) {
      for (String pass : cause.chain().split("\\.")) {
        int colon = pass.indexOf(':');
        passes.put(pass.substring(0, colon), Integer.parseInt(pass.substring(colon + 1)));
      }
    }
    return passes;
  }

  private static String shortName(Arn function) {
    return "%08x".formatted(function.toString().hashCode());
  }
}
