package io.carillon.s3.event;

import java.nio.charset.StandardCharsets;

/// The encoding in which S3 compares keys with filter values: the key is URL-encoded as in events,
/// the filter value is used unchanged. So a filter must write a space as `+` and percent-encode
/// other special characters; a filter with unencoded ones matches no key.
///
/// The user guide counts `! ' ( )` among the characters that need no encoding, while events encode
/// them. Here both forms match, and both forms of a slash.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
final class FilterEncoding {
  private static final String SAFE_SIGNS = "/-_.*!'()";
  private static final char[] HEX = "0123456789ABCDEF".toCharArray();

  private FilterEncoding() {}

  /// A key in the encoding that filters are compared with.
  static String ofKey(String key) {
    int plain = 0;
    while (plain < key.length() && isSafe(key.charAt(plain))) {
      plain++;
    }
    if (plain == key.length()) {
      return key;
    }
    StringBuilder encoded = new StringBuilder(key.length() + 16);
    encoded.append(key, 0, plain);
    encode(encoded, key.substring(plain));
    return encoded.toString();
  }

  /// A filter value for the comparison: only the percent-encoding of safe characters is decoded.
  static String ofFilter(String value) {
    return normalize(value, false);
  }

  /// A filter value in the correct encoding. If it differs from [#ofFilter], the filter matches no
  /// key.
  static String corrected(String value) {
    return normalize(value, true);
  }

  private static String normalize(String value, boolean correcting) {
    StringBuilder encoded = new StringBuilder(value.length() + 16);
    int at = 0;
    while (at < value.length()) {
      char c = value.charAt(at);
      int octet = c == '%' ? octet(value, at + 1) : -1;
      if (octet >= 0) {
        if (isSafe((char) octet)) {
          encoded.append((char) octet);
        } else if (correcting) {
          encode(encoded, octet);
        } else {
          encoded.append(value, at, at + 3);
        }
        at += 3;
      } else {
        int end = at + Character.charCount(value.codePointAt(at));
        if (correcting && c != '+') {
          encode(encoded, value.substring(at, end));
        } else {
          encoded.append(value, at, end);
        }
        at = end;
      }
    }
    return encoded.toString();
  }

  /// The byte of two hexadecimal digits; negative if there are none.
  private static int octet(String value, int at) {
    if (at + 2 > value.length()) {
      return -1;
    }
    int high = Character.digit(value.charAt(at), 16);
    int low = Character.digit(value.charAt(at + 1), 16);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
  }

  private static void encode(StringBuilder into, String text) {
    for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
      encode(into, octet & 0xFF);
    }
  }

  private static void encode(StringBuilder into, int octet) {
    if (octet == ' ') {
      into.append('+');
    } else if (isSafe((char) octet)) {
      into.append((char) octet);
    } else {
      into.append('%').append(HEX[octet >> 4]).append(HEX[octet & 0xF]);
    }
  }

  private static boolean isSafe(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || SAFE_SIGNS.indexOf(c) >= 0;
  }
}
