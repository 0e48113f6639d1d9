package io.carillon.store;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/// A batch of changes in the write-ahead log: the sequence number of the first (8), how many they
/// are (4), then each with a tag. This record holds its head and the [SyncMark] after it.
///
/// @param sequence the number of its first change, or of the next one if it is empty
record LoggedBatch(long sequence, int count, Optional<SyncMark> mark) {
  /// The most bytes that the head and mark of a batch take.
  static final int HEAD_BYTES = 64;

  static final int CHANGES_START = Long.BYTES + Integer.BYTES;
  static final byte LOG_DATA = 3;

  /// Empty if the bytes are too few for a batch.
  static Optional<LoggedBatch> parse(byte[] bytes) {
    if (bytes.length < CHANGES_START) {
      return Optional.empty();
    }
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long sequence = in.getLong();
    int count = in.getInt();
    if (sequence < 0 || count < 0) {
      return Optional.empty();
    }
    boolean hasData = in.remaining() >= 2 && in.get() == LOG_DATA;
    int length = hasData ? in.get() : 0; // a varint, in one byte for as few as ours
    return Optional.of(
        new LoggedBatch(
            sequence,
            count,
            hasData ? SyncMark.parse(bytes, in.position(), length) : Optional.empty()));
  }

  /// The number of the first change after it.
  long next() {
    return sequence + count;
  }
}
