package io.carillon.lambda.runtime;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// AWS's deprecation schedule of runtimes, read from `runtimes.txt`, which names its sources.
///
/// A deprecated runtime still runs on AWS. Some months later AWS blocks creating functions with it,
/// and a month after that updating them, except to another runtime.
///
/// @param successor the runtime that AWS recommends instead
public record RuntimeLifecycle(
    String runtime,
    LocalDate deprecated,
    LocalDate blockCreate,
    LocalDate blockUpdate,
    String successor) {

  private static final Map<String, RuntimeLifecycle> ALL = read();

  /// The operation that uses a runtime.
  public enum Use {
    CREATION,
    UPDATE
  }

  /// Empty for a runtime that AWS has not scheduled for deprecation.
  public static Optional<RuntimeLifecycle> of(String runtime) {
    return Optional.ofNullable(ALL.get(runtime));
  }

  /// AWS's error message, if the operation is blocked on this day. Source:
  /// https://github.com/aws-samples/amazon-dynamodb-labs/pull/117
  public Optional<String> refusal(Use use, LocalDate today) {
    LocalDate end = use == Use.CREATION ? blockCreate : blockUpdate;
    return today.isBefore(end)
        ? Optional.empty()
        : Optional.of(
            "The runtime parameter of %s is no longer supported for creating or updating AWS Lambda functions. We recommend you use the new runtime (%s) while creating or updating functions."
                .formatted(runtime, successor));
  }

  /// The warning for the function's log; empty before the deprecation.
  Optional<String> warning(LocalDate today) {
    return today.isBefore(deprecated)
        ? Optional.empty()
        : Optional.of(
            "%s is deprecated on AWS since %s: no new function may have it from %s, and none that has it may be changed from %s."
                .formatted(runtime, deprecated, blockCreate, blockUpdate));
  }

  private static Map<String, RuntimeLifecycle> read() {
    Map<String, RuntimeLifecycle> all = new HashMap<>();
    try (InputStream in =
        RuntimeLifecycle.class.getResourceAsStream("/io/carillon/lambda/runtimes.txt")) {
      if (in == null) {
        throw new IllegalStateException("Not in the build: runtimes.txt");
      }
      new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .map(RuntimeLifecycle::parse)
          .forEach(one -> all.put(one.runtime(), one));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Map.copyOf(all);
  }

  private static RuntimeLifecycle parse(String line) {
    String[] word = line.split(" +", 5);
    return new RuntimeLifecycle(
        word[0],
        LocalDate.parse(word[1]),
        LocalDate.parse(word[2]),
        LocalDate.parse(word[3]),
        word[4]);
  }
}
