package io.carillon.logs;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/// The unstructured filter patterns of CloudWatch Logs: every plain term must occur, at least one
/// of the `?optional` ones, none of the `-excluded` ones; `"a phrase"` is one term. Matching is
/// case-sensitive.
///
/// Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
record FilterPattern(List<String> required, List<String> optional, List<String> excluded)
    implements Predicate<String> {

  static FilterPattern parse(String pattern) {
    String text = pattern.strip();
    if (text.startsWith("{") || text.startsWith("[") || text.startsWith("%")) {
      throw LogsError.INVALID_PARAMETER.because(
          "Carillon does not support JSON, space-delimited and regular-expression filter patterns;"
              + " use terms, \"phrases\", ?optional and -excluded terms.");
    }
    List<String> required = new ArrayList<>();
    List<String> optional = new ArrayList<>();
    List<String> excluded = new ArrayList<>();
    int position = 0;
    while (position < text.length()) {
      char c = text.charAt(position);
      if (Character.isWhitespace(c)) {
        position++;
        continue;
      }
      List<String> terms = required;
      if (c == '?' || c == '-') {
        terms = c == '?' ? optional : excluded;
        position++;
      }
      int end;
      if (position < text.length() && text.charAt(position) == '"') {
        end = text.indexOf('"', position + 1);
        if (end < 0) {
          throw LogsError.INVALID_PARAMETER.because(
              "Invalid filter pattern: a quotation mark is not closed.");
        }
        terms.add(text.substring(position + 1, end));
        position = end + 1;
      } else {
        end = position;
        while (end < text.length() && !Character.isWhitespace(text.charAt(end))) {
          end++;
        }
        if (end > position) {
          terms.add(text.substring(position, end));
        }
        position = end;
      }
    }
    return new FilterPattern(List.copyOf(required), List.copyOf(optional), List.copyOf(excluded));
  }

  @Override
  public boolean test(String message) {
    return required.stream().allMatch(message::contains)
        && (optional.isEmpty()
            || !required.isEmpty()
            || optional.stream().anyMatch(message::contains))
        && excluded.stream().noneMatch(message::contains);
  }
}
