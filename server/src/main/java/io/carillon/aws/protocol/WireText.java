package io.carillon.aws.protocol;

import io.carillon.aws.CommonError;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// Text in request lines, header fields and forms.
final class WireText {
  private WireText() {}

  /// Decodes `%XX`, and `+` for a space in forms and queries.
  ///
  /// @throws io.carillon.aws.AwsException [CommonError#INVALID_URI] for a `%` without two
  ///   hexadecimal digits, and for bytes that are not UTF-8
  static String decode(CharSequence raw, boolean plusIsSpace) {
    int length = raw.length();
    boolean plain = true;
    for (int i = 0; plain && i < length; i++) {
      char c = raw.charAt(i);
      plain = c != '%' && c < 0x80 && !(c == '+' && plusIsSpace);
    }
    if (plain) {
      return raw.toString();
    }
    byte[] bytes = new byte[length];
    int count = 0;
    for (int i = 0; i < length; i++) {
      char c = raw.charAt(i);
      if (c == '%') {
        bytes[count++] = (byte) (digit(raw, i + 1) << 4 | digit(raw, i + 2));
        i += 2;
      } else {
        bytes[count++] = (byte) (c == '+' && plusIsSpace ? ' ' : c);
      }
    }
    return utf8(bytes, count);
  }

  private static int digit(CharSequence raw, int at) {
    int value = at < raw.length() ? Character.digit(raw.charAt(at), 16) : -1;
    if (value < 0) {
      throw CommonError.INVALID_URI.exception();
    }
    return value;
  }

  private static String utf8(byte[] bytes, int count) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes, 0, count))
          .toString();
    } catch (CharacterCodingException _) {
      throw CommonError.INVALID_URI.exception();
    }
  }

  /// Decodes a header field's value, whose chars are bytes.
  static String headerText(String value) {
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) >= 0x80) {
        byte[] bytes = value.getBytes(StandardCharsets.ISO_8859_1);
        return utf8(bytes, bytes.length);
      }
    }
    return value;
  }

  /// Encodes text as a header field's value. Characters that could end the field become spaces.
  static String headerValue(String text) {
    boolean plain = true;
    for (int i = 0; plain && i < text.length(); i++) {
      plain = text.charAt(i) >= ' ' && text.charAt(i) < 0x7F;
    }
    if (plain) {
      return text;
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < bytes.length; i++) {
      if ((bytes[i] >= 0 && bytes[i] < ' ') || bytes[i] == 0x7F) {
        bytes[i] = ' ';
      }
    }
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
