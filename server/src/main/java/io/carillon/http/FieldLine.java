package io.carillon.http;

import java.nio.charset.StandardCharsets;

/// The strict grammar of header and trailer fields (RFC 9112 §5): a line that two parsers could
/// read differently is rejected, for a proxy in front may be the other parser.
final class FieldLine {
  private static final boolean[] TOKEN = new boolean[256];

  static {
    for (char c = '0'; c <= '9'; c++) {
      TOKEN[c] = true;
    }
    for (char c = 'A'; c <= 'Z'; c++) {
      TOKEN[c] = true;
      TOKEN[c | 0x20] = true;
    }
    for (char c : "!#$%&'*+-.^_`|~".toCharArray()) {
      TOKEN[c] = true;
    }
  }

  private FieldLine() {}

  /// Adds the field in `bytes[from, to)`, a line without its CR LF.
  static void parse(byte[] bytes, int from, int to, Headers into) throws Refusal {
    int colon = from;
    while (colon < to && isToken(bytes[colon])) {
      colon++;
    }
    // Also catches a continuation line (obs-fold) and a space before the colon.
    if (colon == from || colon == to || bytes[colon] != ':') {
      throw new Refusal(400, "Malformed header field name");
    }
    int start = colon + 1;
    int end = to;
    while (start < end && isBlank(bytes[start])) {
      start++;
    }
    while (end > start && isBlank(bytes[end - 1])) {
      end--;
    }
    for (int i = start; i < end; i++) {
      int b = bytes[i] & 0xFF;
      if ((b < 0x20 && b != '\t') || b == 0x7F) {
        throw new Refusal(400, "Control character in a header field");
      }
    }
    into.add(latin1(bytes, from, colon), latin1(bytes, start, end));
  }

  static boolean isToken(byte b) {
    return TOKEN[b & 0xFF];
  }

  static boolean isTokenChar(char c) {
    return c < 256 && TOKEN[c];
  }

  static String latin1(byte[] bytes, int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t';
  }
}
