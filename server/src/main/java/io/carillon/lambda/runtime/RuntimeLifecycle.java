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

/// When AWS ends its runtimes: the table is data, in `runtimes.txt`, with its sources.
///
/// A deprecated runtime goes on running on AWS. Some months later no new function may have it, and
/// a month after that those that have it may not be changed, except to another runtime.
///
/// @param successor what AWS names instead
public record RuntimeLifecycle(
    String runtime,
    LocalDate deprecated,
    LocalDate noCreation,
    LocalDate noUpdate,
    String successor) {

  private static final Map<String, RuntimeLifecycle> ALL = read();

  /// What is asked of a runtime.
  public enum Use {
    CREATION,
    UPDATE
  }

  /// Empty for a runtime whose end AWS has not announced.
  public static Optional<RuntimeLifecycle> of(String runtime) {
    return Optional.ofNullable(ALL.get(runtime));
  }

  /// AWS's refusal, where it refuses by now. Source of the words:
  /// https://github.com/aws-samples/amazon-dynamodb-labs/pull/117
  public Optional<String> refusal(Use use, LocalDate today) {
    LocalDate end = use == Use.CREATION ? noCreation : noUpdate;
    return today.isBefore(end)
        ? Optional.empty()
        : Optional.of(
            "The runtime parameter of %s is no longer supported for creating or updating AWS Lambda functions. We recommend you use the new runtime (%s) while creating or updating functions."
                .formatted(runtime, successor));
  }

  /// What a function's log says; empty before the day.
  Optional<String> warning(LocalDate today) {
    return today.isBefore(deprecated)
        ? Optional.empty()
        : Optional.of(
            "%s is deprecated on AWS since %s: no new function may have it from %s, and none that has it may be changed from %s."
                .formatted(runtime, deprecated, noCreation, noUpdate));
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
