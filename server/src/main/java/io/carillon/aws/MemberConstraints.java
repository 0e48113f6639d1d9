package io.carillon.aws;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Validates single members of requests, with AWS's messages.
///
/// @param error the error for values that violate a constraint
public record MemberConstraints(ErrorCode error) {

  public String length(String member, @Nullable String value, int min, int max) {
    if (value == null) {
      throw missing(member);
    }
    if (value.length() < min) {
      throw unsatisfied(member, value, "Member must have length greater than or equal to " + min);
    }
    if (value.length() > max) {
      throw unsatisfied(member, value, "Member must have length less than or equal to " + max);
    }
    return value;
  }

  /// A text within a length that matches a pattern.
  public String text(String member, @Nullable String value, int min, int max, Pattern grammar) {
    String text = length(member, value, min, max);
    if (!grammar.matcher(text).matches()) {
      throw unsatisfied(
          member, text, "Member must satisfy regular expression pattern: " + grammar.pattern());
    }
    return text;
  }

  public int range(String member, int value, int min, int max) {
    String text = Integer.toString(value);
    if (value < min) {
      throw unsatisfied(member, text, "Member must have value greater than or equal to " + min);
    }
    if (value > max) {
      throw unsatisfied(member, text, "Member must have value less than or equal to " + max);
    }
    return value;
  }

  /// A value of an SDK enumeration; SDK classes have null or `unknown` for other values.
  public <E extends Enum<E>> E oneOf(
      String member, @Nullable String text, @Nullable E value, E unknown, String choices) {
    if (text == null || value == null || value == unknown) {
      throw unsatisfied(
          member, String.valueOf(text), "Member must satisfy enum value set: [" + choices + "]");
    }
    return value;
  }

  public AwsException missing(String member) {
    return error.because(
        "1 validation error detected: Value null at '"
            + member
            + "' failed to satisfy constraint: Member must not be null");
  }

  public AwsException unsatisfied(String member, String value, String constraint) {
    return error.because(
        "1 validation error detected: Value '"
            + value
            + "' at '"
            + member
            + "' failed to satisfy constraint: "
            + constraint);
  }
}
