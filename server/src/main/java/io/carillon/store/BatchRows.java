package io.carillon.store;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// The rows that a batch of the write-ahead log changes, for operators. The batch may be damaged;
/// it is read as far as possible.
final class BatchRows {
  /// @param key the row's table and key
  record Row(boolean deleted, String key) {}

  private static final byte DELETION = 0;
  private static final byte VALUE = 1;

  private BatchRows() {}

  /// The rows up to the first that cannot be read.
  static List<Row> of(byte[] batch) {
    List<Row> rows = new ArrayList<>();
    if (batch.length < LoggedBatch.CHANGES_START) {
      return rows;
    }
    ByteBuffer in = ByteBuffer.wrap(batch);
    in.position(LoggedBatch.CHANGES_START);
    try {
      while (in.hasRemaining()) {
        switch (in.get()) {
          case DELETION -> rows.add(new Row(true, describe(bytes(in))));
          case VALUE -> {
            byte[] key = bytes(in);
            rows.add(new Row(false, describe(key)));
            bytes(in);
          }
          case LoggedBatch.LOG_DATA -> bytes(in);
          default -> {
            return rows;
          }
        }
      }
    } catch (BufferUnderflowException | IllegalArgumentException | IndexOutOfBoundsException _) {
      return rows; // the damage
    }
    return rows;
  }

  private static String describe(byte[] key) {
    List<Object> elements = Tuple.parse(key).elements();
    return elements.getFirst() + " " + elements.subList(1, elements.size());
  }

  private static byte[] bytes(ByteBuffer in) {
    int length = 0;
    int shift = 0;
    byte b;
    do {
      b = in.get();
      length |= (b & 0x7F) << shift;
      shift += 7;
    } while (b < 0 && shift < Integer.SIZE);
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }
}
