package io.carillon.s3.event;

import java.nio.charset.StandardCharsets;

/// How keys and filter values are spelled where S3 compares them: the key is URL-encoded as in
/// events, the filter value is taken as it was put. So a filter must spell a space as `+` and other
/// special characters with percent signs; one that has them as they are matches no key.
///
/// The user guide counts `! ' ( )` among the characters that need no encoding, while events encode
/// them. Both spellings match here, as do both of a slash.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
final class FilterEncoding {
  private static final String SAFE_SIGNS = "/-_.*!'()";
  private static final char[] HEX = "0123456789ABCDEF".toCharArray();

  private FilterEncoding() {}

  /// A key as filters are compared with.
  static String ofKey(String key) {
    int plain = 0;
    while (plain < key.length() && isSafe(key.charAt(plain))) {
      plain++;
    }
    if (plain == key.length()) {
      return key;
    }
    StringBuilder spelled = new StringBuilder(key.length() + 16);
    spelled.append(key, 0, plain);
    encode(spelled, key.substring(plain));
    return spelled.toString();
  }

  /// A filter value as it is compared: percent signs before characters that need none are undone,
  /// and nothing else.
  static String ofFilter(String value) {
    return respell(value, false);
  }

  /// A filter value as its author should have written it. One that differs from [#ofFilter] matches
  /// no key.
  static String corrected(String value) {
    return respell(value, true);
  }

  private static String respell(String value, boolean correcting) {
    StringBuilder spelled = new StringBuilder(value.length() + 16);
    int at = 0;
    while (at < value.length()) {
      char c = value.charAt(at);
      int octet = c == '%' ? octet(value, at + 1) : -1;
      if (octet >= 0) {
        if (isSafe((char) octet)) {
          spelled.append((char) octet);
        } else if (correcting) {
          encode(spelled, octet);
        } else {
          spelled.append(value, at, at + 3);
        }
        at += 3;
      } else {
        int end = at + Character.charCount(value.codePointAt(at));
        if (correcting && c != '+') {
          encode(spelled, value.substring(at, end));
        } else {
          spelled.append(value, at, end);
        }
        at = end;
      }
    }
    return spelled.toString();
  }

  /// The byte that two hexadecimal digits spell; negative where there are none.
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
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c >= '0' && c <= '9'
        || SAFE_SIGNS.indexOf(c) >= 0;
  }
}
