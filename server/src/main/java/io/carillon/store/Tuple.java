package io.carillon.store;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A key as a list of strings and integers whose bytes sort as the values do, element by element.
///
/// A string is its UTF-8 bytes with `00` written as `00 FF`, ended by `00 01`; a number is eight
/// bytes, sign bit flipped. A leading tag byte separates the types.
public record Tuple(List<Object> elements) {
  private static final byte STRING = 2;
  private static final byte NUMBER = 3;

  public Tuple {
    elements = List.copyOf(elements);
  }

  /// @param elements each a [String], [Long], [Integer] or [Instant] (in milliseconds)
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

  /// This tuple with more elements at its end.
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
    return write(new Out()).toBytes();
  }

  /// The bytes that begin every key whose next element is a string beginning with `prefix`.
  byte[] toBytesWithOpenString(String prefix) {
    Out out = write(new Out());
    out.put(STRING);
    out.putEscaped(prefix);
    return out.toBytes();
  }

  private Out write(Out out) {
    for (Object element : elements) {
      if (element instanceof String text) {
        out.put(STRING);
        out.putEscaped(text);
        out.put((byte) 0);
        out.put((byte) 1);
      } else {
        out.put(NUMBER);
        out.putLong((Long) element ^ Long.MIN_VALUE);
      }
    }
    return out;
  }

  /// A growing array. Keys are encoded several times for every row, so this is a hot path.
  private static final class Out {
    private byte[] bytes = new byte[96];
    private int length;

    void put(byte b) {
      ensure(1);
      bytes[length++] = b;
    }

    void putLong(long number) {
      ensure(Long.BYTES);
      for (int shift = 56; shift >= 0; shift -= 8) {
        bytes[length++] = (byte) (number >>> shift);
      }
    }

    void putEscaped(String text) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      ensure(2 * utf8.length);
      if (text.indexOf('\0') < 0) {
        System.arraycopy(utf8, 0, bytes, length, utf8.length);
        length += utf8.length;
      } else {
        for (byte b : utf8) {
          bytes[length++] = b;
          if (b == 0) {
            bytes[length++] = (byte) 0xFF;
          }
        }
      }
    }

    byte[] toBytes() {
      return Arrays.copyOf(bytes, length);
    }

    private void ensure(int more) {
      if (length + more > bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
      }
    }
  }

  public static Tuple parse(byte[] bytes) {
    List<Object> elements = new ArrayList<>();
    int at = 0;
    while (at < bytes.length) {
      byte tag = bytes[at++];
      if (tag == STRING) {
        int from = at;
        boolean isEscaped = false;
        while (bytes[at] != 0 || bytes[at + 1] == (byte) 0xFF) {
          isEscaped |= bytes[at] == 0;
          at += bytes[at] == 0 ? 2 : 1;
        }
        elements.add(
            isEscaped
                ? unescape(bytes, from, at)
                : new String(bytes, from, at - from, StandardCharsets.UTF_8));
        at += 2;
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

  private static String unescape(byte[] bytes, int from, int to) {
    ByteArrayOutputStream text = new ByteArrayOutputStream(to - from);
    for (int at = from; at < to; at += bytes[at] == 0 ? 2 : 1) {
      text.write(bytes[at]);
    }
    return text.toString(StandardCharsets.UTF_8);
  }
}
