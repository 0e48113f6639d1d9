package io.carillon.sns.smtp;

import java.util.Random;

/// Random texts: letters of several scripts, symbols outside the basic plane, characters with a
/// meaning in mail formats.
final class Texts {
  private static final String[] PIECES = {
    "a",
    "Z",
    "7",
    " ",
    ".",
    "=",
    "?",
    "_",
    "\"",
    "<",
    ">",
    ",",
    ";",
    "(",
    "\\",
    "@",
    ":",
    "é",
    "ß",
    "ü",
    "Ж",
    "鐘",
    "語",
    "👍",
    "💌",
    "€",
    "=?UTF-8?Q?x?=",
    "word",
    "  ",
    "%",
    "&"
  };
  private static final String[] BREAKS = {"\n", "\r\n", "\n.\n", "\n..", "\nFrom ", "\t", " \n"};

  private Texts() {}

  /// A line without line breaks, and without a space at its ends.
  static String line(Random random, int maxChars) {
    StringBuilder text = new StringBuilder();
    int length = 1 + random.nextInt(maxChars - 1);
    while (text.length() < length) {
      String piece = PIECES[random.nextInt(PIECES.length)];
      if (text.length() + piece.length() > maxChars) {
        break;
      }
      text.append(piece);
    }
    return text.toString().strip();
  }

  static String body(Random random, int maxChars) {
    StringBuilder text = new StringBuilder("b");
    int length = random.nextInt(maxChars);
    int breaking = 3 + random.nextInt(200);
    while (text.length() < length) {
      text.append(
          random.nextInt(breaking) == 0
              ? BREAKS[random.nextInt(BREAKS.length)]
              : PIECES[random.nextInt(PIECES.length)]);
    }
    return text.toString();
  }
}
