package io.carillon.sts;

import io.carillon.aws.AwsException;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// AWS's validation of request members, with AWS's messages.
final class StsConstraints {
  private StsConstraints() {}

  static String length(String member, @Nullable String value, int min, int max) {
    if (value == null) {
      throw StsError.VALIDATION.because(
          "1 validation error detected: Value null at '"
              + member
              + "' failed to satisfy constraint: Member must not be null");
    }
    if (value.length() < min) {
      throw unsatisfied(member, value, "Member must have length greater than or equal to " + min);
    }
    if (value.length() > max) {
      throw unsatisfied(member, value, "Member must have length less than or equal to " + max);
    }
    return value;
  }

  static String text(String member, @Nullable String value, int min, int max, Pattern grammar) {
    String text = length(member, value, min, max);
    if (!grammar.matcher(text).matches()) {
      throw unsatisfied(
          member, text, "Member must satisfy regular expression pattern: " + grammar.pattern());
    }
    return text;
  }

  static Duration duration(int seconds, Duration min, Duration max) {
    String value = Integer.toString(seconds);
    if (seconds < min.toSeconds()) {
      throw unsatisfied(
          "durationSeconds",
          value,
          "Member must have value greater than or equal to " + min.toSeconds());
    }
    if (seconds > max.toSeconds()) {
      throw unsatisfied(
          "durationSeconds",
          value,
          "Member must have value less than or equal to " + max.toSeconds());
    }
    return Duration.ofSeconds(seconds);
  }

  private static AwsException unsatisfied(String member, String value, String constraint) {
    return StsError.VALIDATION.because(
        "1 validation error detected: Value '"
            + value
            + "' at '"
            + member
            + "' failed to satisfy constraint: "
            + constraint);
  }
}
