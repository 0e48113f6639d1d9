package io.carillon.aws.protocol;

import io.carillon.aws.ServiceSpec;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The constraints of a service's model on values: lengths, patterns, ranges, keys of maps. They
/// are in a list beside this class, generated from botocore's model with the patterns of AWS's
/// pages where those are newer (`eusc-`); the messages are those of AWS's validator. Enums are not
/// included: the services validate those.
final class Constraints {
  static final Constraints NONE = new Constraints(Map.of());

  private enum Subject {
    TEXT,
    NUMBER,
    KEY
  }

  /// @param least and `most`: bounds of a length or a number; absent for no bound
  /// @param secret whether the value must not be repeated in messages
  private record Rule(
      String member,
      Subject subject,
      @Nullable Integer least,
      @Nullable Integer most,
      boolean secret,
      @Nullable Pattern pattern) {

    static Rule parse(String[] column) {
      return new Rule(
          column[1],
          Subject.valueOf(column[2].toUpperCase(Locale.ROOT)),
          column[3].isEmpty() ? null : Integer.valueOf(column[3]),
          column[4].isEmpty() ? null : Integer.valueOf(column[4]),
          column[5].equals("secret"),
          column[6].isEmpty() ? null : Pattern.compile(column[6]));
    }

    /// The constraints that the value violates, in the validator's order.
    List<String> violated(Object value) {
      List<String> violated = new ArrayList<>(0);
      switch (subject) {
        case TEXT -> text(String.valueOf(value), violated);
        case NUMBER -> bounds(((Number) value).longValue(), "value", violated);
        case KEY -> {
          for (Object key : ((Map<?, ?>) value).keySet()) {
            if (violated.isEmpty()) {
              text(String.valueOf(key), violated);
            }
          }
          if (!violated.isEmpty()) {
            violated.clear();
            violated.add(
                "Map keys must satisfy constraint: [%s, Member must not be null]"
                    .formatted(String.join(", ", all())));
          }
        }
      }
      return violated;
    }

    private void text(String text, List<String> violated) {
      if (pattern != null && !pattern.matcher(text).matches()) {
        violated.add(patternMessage());
      }
      bounds(text.length(), "length", violated);
    }

    private void bounds(long size, String what, List<String> violated) {
      if (most != null && size > most) {
        violated.add("Member must have %s less than or equal to %d".formatted(what, most));
      }
      if (least != null && size < least) {
        violated.add("Member must have %s greater than or equal to %d".formatted(what, least));
      }
    }

    private List<String> all() {
      List<String> all = new ArrayList<>();
      if (most != null) {
        all.add("Member must have length less than or equal to " + most);
      }
      if (least != null) {
        all.add("Member must have length greater than or equal to " + least);
      }
      if (pattern != null) {
        all.add(patternMessage());
      }
      return all;
    }

    private String patternMessage() {
      return "Member must satisfy regular expression pattern: " + pattern;
    }
  }

  private final Map<String, List<Rule>> byStructure;

  private Constraints(Map<String, List<Rule>> byStructure) {
    this.byStructure = byStructure;
  }

  static Constraints of(ServiceSpec service) {
    String file = service.name() + ".constraints";
    try (InputStream in = service.model().getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalArgumentException("No list of the constraints of " + service.name());
      }
      return new Constraints(
          new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))
              .lines()
              .map(line -> line.split("\t", -1))
              .collect(
                  Collectors.groupingBy(
                      column -> column[0],
                      Collectors.mapping(Rule::parse, Collectors.toUnmodifiableList()))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Reports the constraints that a member's value violates.
  ///
  /// @param structure the simple name of the model class, such as `InvokeRequest`
  /// @param path of the member, in the validator's notation
  void check(
      String structure, Member member, String path, Object value, Consumer<String> violations) {
    for (Rule rule : byStructure.getOrDefault(structure, List.of())) {
      if (rule.member().equals(member.field().memberName())) {
        for (String violated : rule.violated(value)) {
          violations.accept(
              "Value %sat '%s' failed to satisfy constraint: %s"
                  .formatted(rule.secret() ? "" : "'" + value + "' ", path, violated));
        }
      }
    }
  }

  boolean hasRules(String structure) {
    return byStructure.containsKey(structure);
  }
}
