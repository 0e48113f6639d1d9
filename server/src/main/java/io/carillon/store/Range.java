package io.carillon.store;

import java.util.Arrays;

/// A half-open range of a table's keys.
///
/// @param from the first key's bytes, without the table's own prefix
/// @param to the bytes of the first key after the range
/// @param parent what all its keys begin with
public record Range(byte[] from, byte[] to, Tuple parent) {

  public static Range all() {
    return within(Tuple.of());
  }

  /// Every key that begins with these elements.
  public static Range within(Tuple prefix) {
    byte[] start = prefix.toBytes();
    return new Range(start, successor(start), prefix);
  }

  /// Every key that begins with `parent` and whose next element is a string beginning with
  /// `prefix`.
  public static Range withPrefix(Tuple parent, String prefix) {
    byte[] start = parent.toBytesWithOpenString(prefix);
    return new Range(start, successor(start), parent);
  }

  /// The same range from `key` on.
  public Range from(Tuple key) {
    return startingAt(key.toBytes());
  }

  /// The same range after `key` and after every key that begins with it.
  public Range after(Tuple key) {
    return startingAt(successor(key.toBytes()));
  }

  /// The same range after every key that begins with `parent` and a string beginning with `prefix`.
  public Range afterPrefix(Tuple parent, String prefix) {
    return startingAt(successor(parent.toBytesWithOpenString(prefix)));
  }

  /// The same range up to, not including, `key`.
  public Range before(Tuple key) {
    byte[] end = key.toBytes();
    return Arrays.compareUnsigned(end, to) < 0 ? new Range(from, end, parent) : this;
  }

  private Range startingAt(byte[] start) {
    return Arrays.compareUnsigned(start, from) > 0 ? new Range(start, to, parent) : this;
  }

  /// The least byte string greater than every one that begins with `prefix`. No element begins with
  /// FF, so an empty prefix ends at FF.
  static byte[] successor(byte[] prefix) {
    for (int i = prefix.length - 1; i >= 0; i--) {
      if (prefix[i] != (byte) 0xFF) {
        byte[] next = Arrays.copyOf(prefix, i + 1);
        next[i]++;
        return next;
      }
    }
    return new byte[] {(byte) 0xFF};
  }
}
