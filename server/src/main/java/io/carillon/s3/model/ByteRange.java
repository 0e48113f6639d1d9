package io.carillon.s3.model;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A range of an object's bytes.
///
/// @param offset of the first byte
public record ByteRange(long offset, long lengthBytes) {
  private static final Pattern GRAMMAR = Pattern.compile("bytes=\\s*([0-9]*)\\s*-\\s*([0-9]*)\\s*");

  /// The range that a `Range` header selects of an object of `sizeBytes`. Empty if there is no
  /// header, or one that HTTP says to ignore: another unit, several ranges (which S3 does not
  /// serve), or bad syntax.
  ///
  /// @throws io.carillon.aws.AwsException InvalidRange if it contains no byte of the object
  public static Optional<ByteRange> parse(@Nullable String header, long sizeBytes) {
    if (header == null) {
      return Optional.empty();
    }
    Matcher matcher = GRAMMAR.matcher(header);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String first = matcher.group(1);
    String last = matcher.group(2);
    if (first.isEmpty() && last.isEmpty()) {
      return Optional.empty();
    }
    if (first.isEmpty()) {
      long length = Math.min(number(last), sizeBytes);
      if (length == 0) {
        throw unsatisfiable(header, sizeBytes);
      }
      return Optional.of(new ByteRange(sizeBytes - length, length));
    }
    long from = number(first);
    long to = last.isEmpty() ? Long.MAX_VALUE : number(last);
    if (to < from) {
      return Optional.empty();
    }
    if (from >= sizeBytes) {
      throw unsatisfiable(header, sizeBytes);
    }
    return Optional.of(new ByteRange(from, Math.min(to, sizeBytes - 1) - from + 1));
  }

  /// The value of `Content-Range`.
  public String contentRange(long sizeBytes) {
    return "bytes " + offset + "-" + (offset + lengthBytes - 1) + "/" + sizeBytes;
  }

  private static long number(String digits) {
    return digits.length() > 18 ? Long.MAX_VALUE : Long.parseLong(digits);
  }

  private static RuntimeException unsatisfiable(String header, long sizeBytes) {
    return S3Error.INVALID_RANGE
        .with("RangeRequested", header)
        .with("ActualObjectSize", String.valueOf(sizeBytes))
        .withHeader("Content-Range", "bytes */" + sizeBytes);
  }
}
