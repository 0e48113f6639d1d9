package io.carillon.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A text of a policy that may contain variables: `${aws:username}`, `${aws:PrincipalTag/team,
/// 'nobody'}`, and `${*}`, `${?}`, `${$}` for the characters themselves.
///
/// Values of variables are literal, stars included; otherwise users could widen a policy by
/// choosing a name. If a variable has neither exactly one value nor a default, the text matches
/// nothing.
///
/// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
final class Template {

  private sealed interface Part {
    /// As written, wildcards included.
    record Literal(String text) implements Part {}

    /// An escaped character: `${*}`.
    record Escaped(String text) implements Part {}

    record Variable(String key, @Nullable String defaultValue) implements Part {}
  }

  private final String source;
  private final List<Part> parts;
  private final @Nullable String fixedText;
  private final @Nullable Glob fixedGlob;

  private Template(String source, List<Part> parts) {
    this.source = source;
    this.parts = parts;
    boolean fixed = parts.stream().noneMatch(Part.Variable.class::isInstance);
    this.fixedText = fixed ? bindText(Context.EMPTY) : null;
    this.fixedGlob = fixed ? bindGlob(Context.EMPTY) : null;
  }

  /// @param variables whether the policy's version supports variables; otherwise `${` is plain text
  /// @throws IllegalArgumentException if a variable is not closed or has no name
  static Template of(String source, boolean variables) {
    if (!variables || !source.contains("${")) {
      return new Template(source, List.of(new Part.Literal(source)));
    }
    List<Part> parts = new ArrayList<>();
    int from = 0;
    for (int open = source.indexOf("${"); open >= 0; open = source.indexOf("${", from)) {
      int close = source.indexOf('}', open);
      if (close < 0) {
        throw new IllegalArgumentException("The policy variable in " + source + " is not closed");
      }
      parts.add(new Part.Literal(source.substring(from, open)));
      parts.add(variable(source.substring(open + 2, close)));
      from = close + 1;
    }
    parts.add(new Part.Literal(source.substring(from)));
    return new Template(source, List.copyOf(parts));
  }

  private static Part variable(String inside) {
    if (inside.equals("*") || inside.equals("?") || inside.equals("$")) {
      return new Part.Escaped(inside);
    }
    int comma = inside.indexOf(',');
    String key = (comma < 0 ? inside : inside.substring(0, comma)).strip();
    if (key.isEmpty()) {
      throw new IllegalArgumentException("The policy variable ${" + inside + "} has no name");
    }
    String lower = key.toLowerCase(Locale.ROOT);
    if (comma < 0) {
      return new Part.Variable(lower, null);
    }
    String defaultValue = inside.substring(comma + 1).strip();
    if (defaultValue.length() < 2 || !defaultValue.startsWith("'") || !defaultValue.endsWith("'")) {
      throw new IllegalArgumentException(
          "The default of the policy variable ${" + inside + "} is not in single quotes");
    }
    return new Part.Variable(lower, defaultValue.substring(1, defaultValue.length() - 1));
  }

  String source() {
    return source;
  }

  boolean isFixed() {
    return fixedText != null;
  }

  /// The text, not as a pattern; null if a variable has no value.
  @Nullable String text(Context context) {
    return fixedText != null ? fixedText : bindText(context);
  }

  /// The text as a pattern; null if a variable has no value.
  @Nullable Glob glob(Context context) {
    return fixedGlob != null ? fixedGlob : bindGlob(context);
  }

  private @Nullable String bindText(Context context) {
    StringBuilder text = new StringBuilder();
    for (Part part : parts) {
      String value = value(part, context);
      if (value == null) {
        return null;
      }
      text.append(value);
    }
    return text.toString();
  }

  private @Nullable Glob bindGlob(Context context) {
    Glob.Builder glob = new Glob.Builder();
    for (Part part : parts) {
      String value = value(part, context);
      if (value == null) {
        return null;
      }
      if (part instanceof Part.Literal) {
        glob.pattern(value);
      } else {
        glob.literal(value);
      }
    }
    return glob.build();
  }

  private static @Nullable String value(Part part, Context context) {
    return switch (part) {
      case Part.Literal(String text) -> text;
      case Part.Escaped(String text) -> text;
      case Part.Variable(String key, String defaultValue) -> {
        List<String> values = context.values(key);
        yield values.size() == 1 ? values.getFirst() : defaultValue;
      }
    };
  }
}
