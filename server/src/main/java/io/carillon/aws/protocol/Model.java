package io.carillon.aws.protocol;

import io.carillon.aws.ServiceSpec;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// All operations of a service, implemented or not, so that NotImplemented can name the operation.
/// Read from a list in the service's package, which a test compares with the SDK's marshallers:
/// loading those classes at start would take seconds.
public final class Model {

  /// @param name on the wire, such as `CreateOpenIDConnectProvider`
  /// @param input the simple name of the request class without `Request`, such as
  ///   `CreateOpenIdConnectProvider`, which operation tables use
  /// @param verb the HTTP method
  /// @param template the path with `{Label}`s, and the constant query
  /// @param needs names of the query parameters, and after a colon the header fields, that
  ///   distinguish this operation from others of the same path
  public record Entry(String name, String input, String verb, String template, List<String> needs) {

    static Entry parse(String line) {
      String[] column = line.split("\t", -1);
      List<String> needs = column[4].isEmpty() ? List.of() : List.of(column[4].split(","));
      return new Entry(column[0], column[1], column[2], column[3], needs);
    }

    @Override
    public String toString() {
      return String.join("\t", name, input, verb, template, String.join(",", needs));
    }
  }

  private Model() {}

  public static List<Entry> of(ServiceSpec service) {
    String file = service.name() + ".operations";
    try (InputStream in = service.model().getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalArgumentException("No list of the operations of " + service.name());
      }
      return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))
          .lines()
          .map(Entry::parse)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
