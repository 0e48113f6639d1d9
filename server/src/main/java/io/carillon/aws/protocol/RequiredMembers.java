package io.carillon.aws.protocol;

import io.carillon.aws.ServiceSpec;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// The required members of a service's model. The SDK's classes declare them for S3 only; for the
/// others they are in a list in the service's package, which a script generates from botocore's
/// models and a test compares with them.
public final class RequiredMembers {
  static final RequiredMembers FROM_MODEL_CLASSES = new RequiredMembers(Map.of());

  private final Map<String, Set<String>> byStructure;

  private RequiredMembers(Map<String, Set<String>> byStructure) {
    this.byStructure = byStructure;
  }

  public static RequiredMembers of(ServiceSpec service) {
    String file = service.name() + ".required";
    try (InputStream in = service.model().getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalArgumentException("No list of the required members of " + service.name());
      }
      return new RequiredMembers(
          new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))
              .lines()
              .map(line -> line.split("\t", -1))
              .collect(
                  Collectors.toUnmodifiableMap(
                      column -> column[0], column -> Set.of(column[1].split(",")))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Set<String> in(Class<?> structure) {
    return in(structure.getSimpleName());
  }

  /// @param structure the simple name of the model class, such as `PublishRequest`
  Set<String> in(String structure) {
    return byStructure.getOrDefault(structure, Set.of());
  }
}
