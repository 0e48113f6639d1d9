package io.carillon.sts;

import io.carillon.aws.AwsException;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What AWS checks of request members before anything else, with AWS's messages.
final class StsConstraints {
  private StsConstraints() {}

  static String length(String member, @Nullable String value, int least, int most) {
    if (value == null) {
      throw StsError.VALIDATION.because(
          "1 validation error detected: Value null at '"
              + member
              + "' failed to satisfy constraint: Member must not be null");
    }
    if (value.length() < least) {
      throw unsatisfied(member, value, "Member must have length greater than or equal to " + least);
    }
    if (value.length() > most) {
      throw unsatisfied(member, value, "Member must have length less than or equal to " + most);
    }
    return value;
  }

  static String text(String member, @Nullable String value, int least, int most, Pattern grammar) {
    String text = length(member, value, least, most);
    if (!grammar.matcher(text).matches()) {
      throw unsatisfied(
          member, text, "Member must satisfy regular expression pattern: " + grammar.pattern());
    }
    return text;
  }

  static Duration duration(int seconds, Duration least, Duration most) {
    String value = Integer.toString(seconds);
    if (seconds < least.toSeconds()) {
      throw unsatisfied(
          "durationSeconds",
          value,
          "Member must have value greater than or equal to " + least.toSeconds());
    }
    if (seconds > most.toSeconds()) {
      throw unsatisfied(
          "durationSeconds",
          value,
          "Member must have value less than or equal to " + most.toSeconds());
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
