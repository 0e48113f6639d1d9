package io.carillon.sns.smpp;

import java.io.ByteArrayOutputStream;
import java.util.Optional;

/// The default alphabet of SMS (3GPP TS 23.038), with one octet for each septet, as in SMPP.
final class Gsm7 {
  private static final int ESCAPE = 0x1B;

  private static final String BASIC =
      "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001BÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
          + "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

  /// The characters that need an escape, and the codes after the escape.
  private static final String EXTENDED = "\f^{}\\[~]|€";

  private static final byte[] EXTENDED_CODES = {
    0x0A, 0x14, 0x28, 0x29, 0x2F, 0x3C, 0x3D, 0x3E, 0x40, 0x65
  };

  private Gsm7() {}

  /// The one or two codes of a character; empty if the alphabet lacks it.
  static Optional<byte[]> encode(int character) {
    int code = character == ESCAPE ? -1 : BASIC.indexOf(character);
    if (code >= 0) {
      return Optional.of(new byte[] {(byte) code});
    }
    int extended = EXTENDED.indexOf(character);
    return extended < 0
        ? Optional.empty()
        : Optional.of(new byte[] {ESCAPE, EXTENDED_CODES[extended]});
  }

  static boolean canEncode(String text) {
    return text.codePoints().allMatch(character -> encode(character).isPresent());
  }

  /// @throws IllegalArgumentException if the alphabet lacks a character
  static byte[] encode(String text) {
    ByteArrayOutputStream codes = new ByteArrayOutputStream(text.length());
    text.codePoints()
        .forEach(
            character ->
                codes.writeBytes(
                    encode(character)
                        .orElseThrow(
                            () -> new IllegalArgumentException("Not in GSM 7: " + character))));
    return codes.toByteArray();
  }

  /// Undefined codes become a space, as on phones.
  static String decode(byte[] codes, int from) {
    StringBuilder text = new StringBuilder(codes.length - from);
    for (int i = from; i < codes.length; i++) {
      if (codes[i] == ESCAPE && i + 1 < codes.length) {
        i++;
        text.append(extended(codes[i]));
      } else {
        text.append(codes[i] >= 0 && codes[i] != ESCAPE ? BASIC.charAt(codes[i]) : ' ');
      }
    }
    return text.toString();
  }

  private static char extended(byte code) {
    for (int i = 0; i < EXTENDED_CODES.length; i++) {
      if (EXTENDED_CODES[i] == code) {
        return EXTENDED.charAt(i);
      }
    }
    return ' ';
  }
}
