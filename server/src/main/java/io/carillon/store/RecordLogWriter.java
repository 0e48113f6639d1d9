package io.carillon.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Writes a file in RocksDB's log format (see [RecordLog]), for a log without its damaged records.
final class RecordLogWriter implements AutoCloseable {
  private final FileChannel file;
  private int at;

  private RecordLogWriter(FileChannel file) {
    this.file = file;
  }

  static RecordLogWriter create(Path path) throws IOException {
    return new RecordLogWriter(
        FileChannel.open(
            path,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE));
  }

  void write(byte[] record) throws IOException {
    int from = 0;
    boolean first = true;
    do {
      int room = RecordLog.BLOCK - at;
      if (room < RecordLog.HEAD) {
        put(ByteBuffer.allocate(room));
        continue;
      }
      int length = Math.min(record.length - from, room - RecordLog.HEAD);
      boolean last = from + length == record.length;
      put(fragment(record, from, length, typeOf(first, last)));
      from += length;
      first = false;
    } while (first || from < record.length);
  }

  private static int typeOf(boolean first, boolean last) {
    if (first) {
      return last ? RecordLog.FULL : RecordLog.FIRST;
    }
    return last ? RecordLog.LAST : RecordLog.MIDDLE;
  }

  private static ByteBuffer fragment(byte[] record, int from, int length, int type) {
    ByteBuffer out =
        ByteBuffer.allocate(RecordLog.HEAD + length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(0)
            .putShort((short) length)
            .put((byte) type)
            .put(record, from, length);
    out.putInt(0, RecordLog.checkOf(out.array(), RecordLog.HEAD - 1, 1 + length));
    return out.flip();
  }

  private void put(ByteBuffer bytes) throws IOException {
    at = (at + bytes.remaining()) % RecordLog.BLOCK;
    while (bytes.hasRemaining()) {
      file.write(bytes);
    }
  }

  /// Syncs and closes the file.
  void finish() throws IOException {
    file.force(true);
    file.close();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
