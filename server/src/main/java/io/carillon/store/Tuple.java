package io.carillon.store;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// A key as a list of strings and whole numbers whose bytes sort as the values do, element by
/// element.
///
/// A string is its UTF-8 bytes with `00` written as `00 FF`, ended by `00 01`; a number is eight
/// bytes, sign bit flipped. A leading tag byte keeps the kinds apart.
public record Tuple(List<Object> elements) {
  private static final byte STRING = 2;
  private static final byte NUMBER = 3;

  public Tuple {
    elements = List.copyOf(elements);
  }

  /// @param elements each a [String], [Long], [Integer] or [Instant] (kept to the millisecond)
  public static Tuple of(Object... elements) {
    List<Object> list = new ArrayList<>(elements.length);
    for (Object element : elements) {
      list.add(
          switch (element) {
            case String text -> text;
            case Long number -> number;
            case Integer number -> (long) number;
            case Instant instant -> instant.toEpochMilli();
            default -> throw new IllegalArgumentException("Not a key element: " + element);
          });
    }
    return new Tuple(list);
  }

  /// This tuple and more elements behind it.
  public Tuple and(Object... more) {
    List<Object> all = new ArrayList<>(elements);
    all.addAll(of(more).elements);
    return new Tuple(all);
  }

  public int size() {
    return elements.size();
  }

  public String string(int index) {
    return (String) elements.get(index);
  }

  public long number(int index) {
    return (Long) elements.get(index);
  }

  public Instant instant(int index) {
    return Instant.ofEpochMilli(number(index));
  }

  public byte[] toBytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream(64);
    for (Object element : elements) {
      if (element instanceof String text) {
        out.write(STRING);
        writeEscaped(out, text);
        out.write(0);
        out.write(1);
      } else {
        out.write(NUMBER);
        long flipped = (Long) element ^ Long.MIN_VALUE;
        for (int shift = 56; shift >= 0; shift -= 8) {
          out.write((int) (flipped >>> shift));
        }
      }
    }
    return out.toByteArray();
  }

  /// The bytes that begin every key whose next element is a string beginning with `prefix`.
  byte[] toBytesWithOpenString(String prefix) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(64);
    out.writeBytes(toBytes());
    out.write(STRING);
    writeEscaped(out, prefix);
    return out.toByteArray();
  }

  private static void writeEscaped(ByteArrayOutputStream out, String text) {
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      out.write(b);
      if (b == 0) {
        out.write(0xFF);
      }
    }
  }

  public static Tuple parse(byte[] bytes) {
    List<Object> elements = new ArrayList<>();
    int at = 0;
    while (at < bytes.length) {
      byte tag = bytes[at++];
      if (tag == STRING) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        while (bytes[at] != 0 || bytes[at + 1] == (byte) 0xFF) {
          text.write(bytes[at]);
          at += bytes[at] == 0 ? 2 : 1;
        }
        at += 2;
        elements.add(text.toString(StandardCharsets.UTF_8));
      } else if (tag == NUMBER) {
        long number = 0;
        for (int i = 0; i < 8; i++) {
          number = number << 8 | (bytes[at++] & 0xFF);
        }
        elements.add(number ^ Long.MIN_VALUE);
      } else {
        throw new IllegalArgumentException("Not a tuple: tag " + tag + " at " + (at - 1));
      }
    }
    return new Tuple(elements);
  }
}
