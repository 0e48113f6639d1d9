package io.carillon.store;

import java.nio.ByteBuffer;
import java.util.Optional;

/// A batch's statement about the write-ahead log before it: all changes up to `through` had been
/// synced when the batch was written.
///
/// RocksDB writes it to the log only, as the log data at the head of each batch (22 bytes). It
/// covers earlier batches and never its own, whose sync may have failed; that is why it is
/// evidence. See [WalCheck].
///
/// @param run a random number of the process that wrote it, so that an object's body that looks
///   like a piece of a log is not taken for one
/// @param through the sequence number of the last change known to be synced
record SyncMark(long run, long through) {
  private static final int MAGIC = 0xCA21_5EA1;
  private static final int SIZE_BYTES = Integer.BYTES + 2 * Long.BYTES;

  byte[] toBytes() {
    return ByteBuffer.allocate(SIZE_BYTES).putInt(MAGIC).putLong(run).putLong(through).array();
  }

  static Optional<SyncMark> parse(byte[] bytes, int offset, int length) {
    if (length != SIZE_BYTES || offset + length > bytes.length) {
      return Optional.empty();
    }
    ByteBuffer in = ByteBuffer.wrap(bytes, offset, length);
    return in.getInt() == MAGIC
        ? Optional.of(new SyncMark(in.getLong(), in.getLong()))
        : Optional.empty();
  }
}
