package io.carillon.aws.sigv4;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/// The value of `x-amz-content-sha256`.
sealed interface Payload {
  Pattern HASH = Pattern.compile("[0-9a-fA-F]{64}");

  /// The body's hash.
  record Hashed(String hex) implements Payload {}

  /// Not covered by the signature.
  record Unsigned() implements Payload {}

  /// Framed in chunks.
  ///
  /// @param signed whether each chunk is signed
  /// @param trailer whether trailer fields follow the last chunk
  record Chunked(boolean signed, boolean trailer) implements Payload {}

  /// Empty where the text is not a length in bytes.
  static OptionalLong lengthOf(String text) {
    try {
      long length = Long.parseLong(text);
      return length < 0 ? OptionalLong.empty() : OptionalLong.of(length);
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  static Optional<Payload> tryParse(String value) {
    return switch (value) {
      case "UNSIGNED-PAYLOAD" -> Optional.of(new Unsigned());
      case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" -> Optional.of(new Chunked(true, false));
      case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" -> Optional.of(new Chunked(true, true));
      case "STREAMING-UNSIGNED-PAYLOAD-TRAILER" -> Optional.of(new Chunked(false, true));
      default -> HASH.matcher(value).matches() ? Optional.of(new Hashed(value)) : Optional.empty();
    };
  }
}
