package io.carillon.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A text of a policy that may hold variables: `${aws:username}`, `${aws:PrincipalTag/team,
/// 'nobody'}`, and `${*}`, `${?}`, `${$}` for the characters themselves.
///
/// What a variable stands for is taken literally, stars included, or a user could widen a policy by
/// choosing a name. A variable without exactly one value and without default leaves the text
/// without a meaning: it then matches nothing.
///
/// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
final class Template {

  private sealed interface Part {
    /// As written, wildcards included.
    record Written(String text) implements Part {}

    /// An escaped character: `${*}`.
    record Escaped(String text) implements Part {}

    record Variable(String key, @Nullable String otherwise) implements Part {}
  }

  private final String source;
  private final List<Part> parts;
  private final @Nullable String fixedText;
  private final @Nullable Glob fixedGlob;

  private Template(String source, List<Part> parts) {
    this.source = source;
    this.parts = parts;
    boolean fixed = parts.stream().noneMatch(Part.Variable.class::isInstance);
    this.fixedText = fixed ? bindText(Context.NOTHING) : null;
    this.fixedGlob = fixed ? bindGlob(Context.NOTHING) : null;
  }

  /// @param variables whether the policy's version knows variables; otherwise `${` is just text
  /// @throws IllegalArgumentException where a variable is not closed or has no name
  static Template of(String source, boolean variables) {
    if (!variables || !source.contains("${")) {
      return new Template(source, List.of(new Part.Written(source)));
    }
    List<Part> parts = new ArrayList<>();
    int from = 0;
    for (int open = source.indexOf("${"); open >= 0; open = source.indexOf("${", from)) {
      int close = source.indexOf('}', open);
      if (close < 0) {
        throw new IllegalArgumentException("The policy variable in " + source + " is not closed");
      }
      parts.add(new Part.Written(source.substring(from, open)));
      parts.add(variable(source.substring(open + 2, close)));
      from = close + 1;
    }
    parts.add(new Part.Written(source.substring(from)));
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
    String otherwise = inside.substring(comma + 1).strip();
    if (otherwise.length() < 2 || !otherwise.startsWith("'") || !otherwise.endsWith("'")) {
      throw new IllegalArgumentException(
          "The default of the policy variable ${" + inside + "} is not in single quotes");
    }
    return new Part.Variable(lower, otherwise.substring(1, otherwise.length() - 1));
  }

  String source() {
    return source;
  }

  boolean isFixed() {
    return fixedText != null;
  }

  /// The text without wildcards in mind; null where a variable has no value.
  @Nullable String text(Context context) {
    return fixedText != null ? fixedText : bindText(context);
  }

  /// The text as a pattern; null where a variable has no value.
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
      if (part instanceof Part.Written) {
        glob.pattern(value);
      } else {
        glob.literal(value);
      }
    }
    return glob.build();
  }

  private static @Nullable String value(Part part, Context context) {
    return switch (part) {
      case Part.Written(String text) -> text;
      case Part.Escaped(String text) -> text;
      case Part.Variable(String key, String otherwise) -> {
        List<String> values = context.values(key);
        yield values.size() == 1 ? values.getFirst() : otherwise;
      }
    };
  }
}
