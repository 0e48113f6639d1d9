package io.carillon.policy;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Base64;
import java.util.function.Function;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// One value of a condition, compiled to be compared with the request's values. A request value
/// that is not of the operator's type does not match.
@FunctionalInterface
interface Operand {
  boolean matches(String actual, Context context);

  static Operand equalTo(Template value) {
    return (actual, context) -> actual.equals(value.text(context));
  }

  static Operand equalIgnoringCase(Template value) {
    return (actual, context) -> actual.equalsIgnoreCase(value.text(context));
  }

  static Operand like(Template value) {
    return (actual, context) -> {
      Glob glob = value.glob(context);
      return glob != null && glob.matches(actual);
    };
  }

  static Operand arn(Template value) {
    Glob fixed = value.isFixed() ? value.glob(Context.EMPTY) : null;
    if (fixed != null) {
      ArnPattern pattern = new ArnPattern(fixed);
      return (actual, _) -> pattern.matches(actual);
    }
    return (actual, context) -> {
      Glob glob = value.glob(context);
      return glob != null && new ArnPattern(glob).matches(actual);
    };
  }

  static Operand bool(Template value) {
    boolean expected =
        switch (value.source()) {
          case String s when s.equalsIgnoreCase("true") -> true;
          case String s when s.equalsIgnoreCase("false") -> false;
          default -> throw new IllegalArgumentException("Not true or false: " + value.source());
        };
    String text = Boolean.toString(expected);
    return (actual, _) -> actual.equalsIgnoreCase(text);
  }

  static Operand bytes(Template value) {
    byte[] expected = Base64.getDecoder().decode(value.source());
    return (actual, _) -> {
      try {
        return Arrays.equals(expected, Base64.getDecoder().decode(actual));
      } catch (IllegalArgumentException notBase64) {
        return false;
      }
    };
  }

  static Operand inNetwork(Template value) {
    Network network = Network.parse(value.source());
    return (actual, _) -> network.contains(actual);
  }

  /// @param expected tests the result of comparing the request's value with the policy's
  static Function<Template, Operand> number(IntPredicate expected) {
    return value -> {
      BigDecimal bound = new BigDecimal(value.source());
      return (actual, _) -> {
        try {
          return expected.test(new BigDecimal(actual).compareTo(bound));
        } catch (NumberFormatException notNumber) {
          return false;
        }
      };
    };
  }

  static Function<Template, Operand> date(IntPredicate expected) {
    return value -> {
      Instant bound = instant(value.source());
      if (bound == null) {
        throw new IllegalArgumentException("Not a date: " + value.source());
      }
      return (actual, _) -> {
        Instant then = instant(actual);
        return then != null && expected.test(then.compareTo(bound));
      };
    };
  }

  /// The W3C's profile of ISO 8601, from years to fractions of seconds, or seconds since 1970. Four
  /// digits are a year.
  private static @Nullable Instant instant(String text) {
    try {
      if (text.length() > 4 && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
        return Instant.ofEpochSecond(Long.parseLong(text));
      }
      return switch (text.length()) {
        case 4 -> Year.parse(text).atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant();
        case 7 -> YearMonth.parse(text).atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant();
        case 10 -> LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
        default -> OffsetDateTime.parse(text).toInstant();
      };
    } catch (DateTimeException | NumberFormatException notDate) {
      return null;
    }
  }
}
