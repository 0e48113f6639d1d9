package io.carillon.aws.protocol;

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

/// What a service's model lets values be: lengths, patterns, ranges, keys of maps. It stands in a
/// list beside this class, written from botocore's model with the patterns of AWS's pages where
/// those are newer (`eusc-`), and is said in the words of AWS's validator. What a list may hold
/// ("enum") is not here: the services say that themselves.
final class Constraints {
  static final Constraints NONE = new Constraints(Map.of());

  private enum Subject {
    TEXT,
    NUMBER,
    KEY
  }

  /// @param least and `most`: of a length or of a number; absent for no bound
  /// @param secret whether the value is not to be repeated
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

    /// What the value breaks, in the validator's order.
    List<String> broken(Object value) {
      List<String> broken = new ArrayList<>(0);
      switch (subject) {
        case TEXT -> text(String.valueOf(value), broken);
        case NUMBER -> bounds(((Number) value).longValue(), "value", broken);
        case KEY -> {
          for (Object key : ((Map<?, ?>) value).keySet()) {
            if (broken.isEmpty()) {
              text(String.valueOf(key), broken);
            }
          }
          if (!broken.isEmpty()) {
            broken.clear();
            broken.add(
                "Map keys must satisfy constraint: [%s, Member must not be null]"
                    .formatted(String.join(", ", all())));
          }
        }
      }
      return broken;
    }

    private void text(String text, List<String> broken) {
      if (pattern != null && !pattern.matcher(text).matches()) {
        broken.add(ofPattern());
      }
      bounds(text.length(), "length", broken);
    }

    private void bounds(long size, String what, List<String> broken) {
      if (most != null && size > most) {
        broken.add("Member must have %s less than or equal to %d".formatted(what, most));
      }
      if (least != null && size < least) {
        broken.add("Member must have %s greater than or equal to %d".formatted(what, least));
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
        all.add(ofPattern());
      }
      return all;
    }

    private String ofPattern() {
      return "Member must satisfy regular expression pattern: " + pattern;
    }
  }

  private final Map<String, List<Rule>> byStructure;

  private Constraints(Map<String, List<Rule>> byStructure) {
    this.byStructure = byStructure;
  }

  /// @param service the name of the service in signatures, such as `lambda`
  static Constraints of(String service) {
    String file = service + ".constraints";
    try (InputStream in = Constraints.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalArgumentException("No list of what " + service + " lets values be");
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

  /// Says what a member's value breaks.
  ///
  /// @param structure the simple name of the model class, such as `InvokeRequest`
  /// @param spelled the path of the member, as the validator spells it
  void check(
      String structure, Member member, String spelled, Object value, Consumer<String> violations) {
    for (Rule rule : byStructure.getOrDefault(structure, List.of())) {
      if (rule.member().equals(member.field().memberName())) {
        for (String broken : rule.broken(value)) {
          violations.accept(
              "Value %sat '%s' failed to satisfy constraint: %s"
                  .formatted(rule.secret() ? "" : "'" + value + "' ", spelled, broken));
        }
      }
    }
  }

  boolean knows(String structure) {
    return byStructure.containsKey(structure);
  }
}
