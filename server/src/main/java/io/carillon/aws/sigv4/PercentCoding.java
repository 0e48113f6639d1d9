package io.carillon.aws.sigv4;

/// URI encoding for Signature Version 4: every character but letters, digits and `-._~` becomes
/// `%XX` in capitals. Strings here hold the bytes of the wire, one `char` each.
final class PercentCoding {
  private static final String HEX = "0123456789ABCDEF";

  private PercentCoding() {}

  static String encode(String bytes) {
    return encode(bytes, false);
  }

  static String encodePath(String bytes) {
    return encode(bytes, true);
  }

  private static String encode(String bytes, boolean keepSlash) {
    int plain = 0;
    while (plain < bytes.length() && isPlain(bytes.charAt(plain), keepSlash)) {
      plain++;
    }
    if (plain == bytes.length()) {
      return bytes;
    }
    StringBuilder text = new StringBuilder(bytes.length() + 16).append(bytes, 0, plain);
    for (int i = plain; i < bytes.length(); i++) {
      char c = bytes.charAt(i);
      if (isPlain(c, keepSlash)) {
        text.append(c);
      } else {
        text.append('%').append(HEX.charAt(c >> 4 & 0xF)).append(HEX.charAt(c & 0xF));
      }
    }
    return text.toString();
  }

  /// Decodes `%XX`; a `%` without two hexadecimal digits is literal.
  static String decode(String text) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    StringBuilder bytes = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '%' && i + 2 < text.length()) {
        int high = Character.digit(text.charAt(i + 1), 16);
        int low = Character.digit(text.charAt(i + 2), 16);
        if (high >= 0 && low >= 0) {
          bytes.append((char) (high << 4 | low));
          i += 2;
          continue;
        }
      }
      bytes.append(c);
    }
    return bytes.toString();
  }

  private static boolean isPlain(char c, boolean keepSlash) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '-'
        || c == '.'
        || c == '_'
        || c == '~'
        || (c == '/' && keepSlash);
  }
}
