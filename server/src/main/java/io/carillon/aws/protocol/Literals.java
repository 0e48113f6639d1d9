package io.carillon.aws.protocol;

import io.carillon.aws.protocol.MemberType.Scalar;
import io.carillon.aws.protocol.MemberType.Time;
import io.carillon.base.Timestamps;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Locale;
import java.util.regex.Pattern;
import software.amazon.awssdk.core.SdkBytes;

/// Converts scalar values to text and back. Parsing is strict: anything but an exact literal of the
/// type is rejected, since a partially parsed number would act on something the client never sent.
final class Literals {
  private static final Pattern WHOLE = Pattern.compile("-?[0-9]{1,19}");
  private static final Pattern FRACTION =
      Pattern.compile("-?[0-9]{1,100}(\\.[0-9]{1,100})?([eE][-+]?[0-9]{1,3})?");
  private static final DateTimeFormatter HTTP =
      DateTimeFormatter.ofPattern("EEE, dd MMM uuuu HH:mm:ss 'GMT'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);
  private static final BigDecimal NANOS = BigDecimal.valueOf(1_000_000_000);
  private static final BigDecimal LATEST = BigDecimal.valueOf(253_402_300_799L); // year 9999

  private Literals() {}

  /// @throws IllegalArgumentException with the expected form of a literal of this type
  static Object read(Scalar type, String text) {
    return switch (type) {
      case STRING -> text;
      case BOOLEAN -> readBoolean(text);
      case SHORT -> (short) readWhole(text, Short.MIN_VALUE, Short.MAX_VALUE);
      case INTEGER -> (int) readWhole(text, Integer.MIN_VALUE, Integer.MAX_VALUE);
      case LONG -> readWhole(text, Long.MIN_VALUE, Long.MAX_VALUE);
      case FLOAT -> (float) readFraction(text).doubleValue();
      case DOUBLE -> readFraction(text).doubleValue();
      case DECIMAL -> readFraction(text);
      case BLOB -> SdkBytes.fromByteArrayUnsafe(readBase64(text));
    };
  }

  private static Boolean readBoolean(String text) {
    if (text.equalsIgnoreCase("true")) {
      return true;
    }
    if (text.equalsIgnoreCase("false")) {
      return false;
    }
    throw new IllegalArgumentException("must be true or false");
  }

  private static long readWhole(String text, long least, long most) {
    if (WHOLE.matcher(text).matches()) {
      try {
        long value = Long.parseLong(text);
        if (value >= least && value <= most) {
          return value;
        }
      } catch (NumberFormatException _) {
        // nineteen digits may still overflow
      }
    }
    throw new IllegalArgumentException("must be a whole number from " + least + " to " + most);
  }

  private static BigDecimal readFraction(String text) {
    if (!FRACTION.matcher(text).matches()) {
      throw new IllegalArgumentException("must be a number");
    }
    return new BigDecimal(text);
  }

  private static byte[] readBase64(String text) {
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException _) {
      throw new IllegalArgumentException("must be base64");
    }
  }

  static String write(Scalar type, Object value) {
    return type == Scalar.BLOB
        ? Base64.getEncoder().encodeToString(((SdkBytes) value).asByteArrayUnsafe())
        : String.valueOf(value);
  }

  /// @throws IllegalArgumentException with the expected form of a timestamp
  static Instant readTime(Time.Form form, String text) {
    try {
      return switch (form) {
        case DEFAULT, ISO -> DateTimeFormatter.ISO_OFFSET_DATE_TIME.parse(text, Instant::from);
        case HTTP -> DateTimeFormatter.RFC_1123_DATE_TIME.parse(text, Instant::from);
        case EPOCH_SECONDS -> ofEpoch(readFraction(text));
      };
    } catch (DateTimeException _) {
      throw new IllegalArgumentException(
          switch (form) {
            case DEFAULT, ISO -> "must be a timestamp such as 2026-01-31T13:45:00Z";
            case HTTP -> "must be a timestamp such as Sat, 31 Jan 2026 13:45:00 GMT";
            case EPOCH_SECONDS -> "must be seconds since 1970";
          });
    }
  }

  /// @throws IllegalArgumentException beyond the year 9999
  static Instant ofEpoch(BigDecimal seconds) {
    if (seconds.abs().compareTo(LATEST) > 0 || seconds.scale() < -20) {
      throw new IllegalArgumentException("must be seconds since 1970");
    }
    long whole = seconds.longValue();
    BigDecimal rest = seconds.subtract(BigDecimal.valueOf(whole));
    return Instant.ofEpochSecond(whole, rest.multiply(NANOS).longValue());
  }

  static BigDecimal toEpoch(Instant time) {
    return BigDecimal.valueOf(time.toEpochMilli(), 3);
  }

  /// @param millis whether ISO timestamps have milliseconds: S3's do, those of the query services
  ///   do not
  static String writeTime(Time.Form form, Instant time, boolean millis) {
    return switch (form) {
      case DEFAULT, ISO ->
          millis ? Timestamps.millis(time) : time.truncatedTo(ChronoUnit.SECONDS).toString();
      case HTTP -> HTTP.format(time);
      case EPOCH_SECONDS -> toEpoch(time).toPlainString();
    };
  }
}
