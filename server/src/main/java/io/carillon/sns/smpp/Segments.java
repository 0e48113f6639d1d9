package io.carillon.sns.smpp;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Splits a text into short messages of 140 bytes, less a header if there are several, never within
/// a character.
///
/// Source: 3GPP TS 23.040 §9.2.3.24.1, concatenated short messages
///
/// @param alphabet of all segments
/// @param bodies of the segments, header included
record Segments(Alphabet alphabet, List<byte[]> bodies) {

  /// The encoding of characters.
  enum Alphabet {
    /// 160 characters; 153 for each of several segments.
    GSM7(160, 153),
    /// Every phone reads it as UTF-16. 140 bytes; 134 for each of several segments.
    UCS2(140, 134);

    private final int alone;
    private final int amongOthers;

    Alphabet(int alone, int amongOthers) {
      this.alone = alone;
      this.amongOthers = amongOthers;
    }
  }

  private static final int MAX_SEGMENTS = 255;

  /// @param reference tells the parts of one text from those of another
  static Segments of(String text, int reference) {
    Alphabet alphabet = Gsm7.canEncode(text) ? Alphabet.GSM7 : Alphabet.UCS2;
    byte[] whole = encode(text, alphabet);
    if (whole.length <= alphabet.alone) {
      return new Segments(alphabet, List.of(whole));
    }
    List<byte[]> pieces = cut(text, alphabet);
    if (pieces.size() > MAX_SEGMENTS) {
      throw new IllegalArgumentException("A text of " + pieces.size() + " segments");
    }
    List<byte[]> bodies = new ArrayList<>(pieces.size());
    for (int i = 0; i < pieces.size(); i++) {
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      body.writeBytes(new byte[] {5, 0, 3, (byte) reference, (byte) pieces.size(), (byte) (i + 1)});
      body.writeBytes(pieces.get(i));
      bodies.add(body.toByteArray());
    }
    return new Segments(alphabet, bodies);
  }

  boolean several() {
    return bodies.size() > 1;
  }

  private static List<byte[]> cut(String text, Alphabet alphabet) {
    List<byte[]> pieces = new ArrayList<>();
    ByteArrayOutputStream piece = new ByteArrayOutputStream();
    text.codePoints()
        .mapToObj(Character::toString)
        .forEach(
            character -> {
              byte[] bytes = encode(character, alphabet);
              if (piece.size() + bytes.length > alphabet.amongOthers) {
                pieces.add(piece.toByteArray());
                piece.reset();
              }
              piece.writeBytes(bytes);
            });
    pieces.add(piece.toByteArray());
    return pieces;
  }

  private static byte[] encode(String text, Alphabet alphabet) {
    return switch (alphabet) {
      case GSM7 -> Gsm7.encode(text);
      case UCS2 -> text.getBytes(StandardCharsets.UTF_16BE);
    };
  }
}
